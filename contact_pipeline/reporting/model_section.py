"""What there is to show of a model: sentences, tables and pictures, for the report and the dashboard alike.

Belongs here: which parts a card has, ready for a template. Does not belong: what figures mean in words (`model_quality`),
drawing (`model_charts`), layout (the templates).
"""

from __future__ import annotations

from markupsafe import Markup

from contact_pipeline.reporting import model_charts
from contact_pipeline.reporting.chance import lift_band, lift_by_tenth
from contact_pipeline.reporting.model_quality import (
    baseline,
    candidate_name,
    drift_in_words,
    horizon_in_words,
    kept_out,
    model_findings,
)
from contact_pipeline.scoring.card import Metrics, ModelCard

_IN_FOLDS = "All candidates on leads they had not seen"
_FORWARD = "Learned from the earlier leads, measured on the latest"
_ENGAGEMENT = "Engagement propensity, on contacts it had not seen"
_CALIBRATION = (
    "On the dashed line a 20% chance converts 20% of the time. Shaded: where the dots of an honest model fall by chance, "
    "19 times of 20."
)
_GAINS = "The dashed line is calling in random order; shaded is how far chance takes that, 19 times of 20."
_LIFT = (
    "How many times as often each tenth converts as the average lead. Shaded: where a tenth drawn at random falls, {low:.1f} "
    "to {high:.1f}, 19 times of 20."
)


def model_section(card: ModelCard | None, *, width: int) -> dict[str, object]:
    """Values for a template; pictures are `width` wide, and None where the card tells nothing to draw."""
    if card is None:
        return {"card": None, "tables": [], "findings": [], "kept_out": [], "drift": "", "average": None}
    return {
        "card": card,
        "findings": model_findings(card),
        "average": baseline(card),
        "tables": measures(card),
        "kept_out": kept_out(card),
        "drift": drift_in_words(card),
        "horizon": horizon_in_words(card),
        "candidate_name": candidate_name,
        "pictures": [(title, Markup(drawn), words) for title, drawn, words in pictures(card, width=width)],  # noqa: S704  (svg escapes every text)
    }


def pictures(card: ModelCard, *, width: int) -> list[tuple[str, str, str]]:
    """Title, SVG and a sentence on how to read it, of all that the card has figures for."""
    found = []
    if card.calibration:
        found.append(("Predicted and real", model_charts.calibration_plot(card, width=width), _CALIBRATION))
    if lift_by_tenth(card):
        chance = lift_band(card)
        words = _LIFT.format(low=chance.low, high=chance.high)
        found.append(("Lift by tenth", model_charts.lift_bars(card, width=width), words))
    if card.gains:
        found.append(("Conversions found", model_charts.gains_curve(card, width=width), _GAINS))
    return found


def measures(card: ModelCard) -> list[tuple[str, list[Metrics]]]:
    """Measures of the candidates, under what they were measured on; in folds beside the average for all."""
    average = baseline(card)
    in_folds = [*card.candidates, *([average] if average else [])]
    engagement = [card.engagement] if card.engagement else []
    tables = [(_IN_FOLDS, in_folds), (_FORWARD, [*card.forward]), (_ENGAGEMENT, engagement)]
    return [(title, rows) for title, rows in tables if rows]

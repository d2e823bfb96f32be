"""What the model card means, in words.

Belongs here: sentences and reference values derived from a card. Does not belong: measuring (`scoring`), layout.
"""

from __future__ import annotations

import math

from contact_pipeline.reporting.chance import outside
from contact_pipeline.scoring.card import Drift, Metrics, ModelCard
from contact_pipeline.scoring.drift import ALARM_FROM, SCORE, WATCH_FROM

_NAMES = {
    "points": "Points",
    "regression": "Regression",
    "xgboost": "XGBoost",
    "blend": "Blend",
    "engagement": "Engagement",
}
_EFFORT = 0.2  # the share of leads that a team calls first, for the sentence on gains


def candidate_name(name: str) -> str:
    """A candidate as users read it."""
    return _NAMES.get(name, name)


def baseline(card: ModelCard) -> Metrics | None:
    """What guessing their average for all held-out leads would reach; None where nothing was measured."""
    leads = sum(one.leads for one in card.calibration)
    rate = sum(one.observed * one.leads for one in card.calibration) / max(leads, 1)
    if not 0 < rate < 1:
        return None
    entropy = -rate * math.log(rate) - (1 - rate) * math.log(1 - rate)
    return Metrics(
        name="Guessing the average",
        roc_auc=0.5,
        pr_auc=rate,
        log_loss=entropy,
        brier=rate * (1 - rate),
        ece=0.0,
        ece_floor=0.0,
        lift_top_decile=1.0,
    )


def model_findings(card: ModelCard) -> list[str]:
    """Plain sentences on how far the scores can be trusted; empty where nothing was measured."""
    chosen = next((one for one in card.candidates if one.name == card.chosen), None)
    found = [_gain_sentence(card)] if card.gains else []
    if chosen:
        found.append(
            f"The best tenth of the leads converts {chosen.lift_top_decile:.1f} times as often as the average lead."
        )
        found.append(_calibration_sentence(chosen))
    if card.calibration:
        found.append(_band_sentence(card))
    if card.engagement:
        found.append(_engagement_sentence(card.engagement))
    return found


def horizon_in_words(card: ModelCard) -> str:
    """Within which time a lead must have converted to count as one that did."""
    return "none: a conversion counts whenever it was" if card.horizon_days is None else f"{card.horizon_days} days"


def told_of_drift(card: ModelCard) -> tuple[Drift, ...]:
    """Drift of the score, and of the columns that are to be watched."""
    return tuple(one for one in card.drift if one.column == SCORE or one.psi >= WATCH_FROM)


def drift_in_words(card: ModelCard) -> str:
    """How far the latest leads differ, in a sentence or two; empty where that was not measured."""
    told = told_of_drift(card)
    of_score = [
        f"The scores of the latest leads lie as those of the earlier ones to a PSI of {one.psi:.2f} ({level(one.psi)})."
        for one in told
        if one.column == SCORE
    ]
    columns = ", ".join(f"{one.column} {one.psi:.2f} ({level(one.psi)})" for one in told if one.column != SCORE)
    of_columns = [f"Columns in which they differ: {columns}."] if columns else ["No column differs."]
    return " ".join([*of_score, *of_columns]) if told else ""


def level(psi: float) -> str:
    """What a population stability index means."""
    return "alarm" if psi >= ALARM_FROM else "watch" if psi >= WATCH_FROM else "quiet"


def kept_out(card: ModelCard) -> list[tuple[str, str]]:
    """The columns that are kept out, those with the same reason together, and why."""
    by_reason: dict[str, list[str]] = {}
    for one in card.excluded:
        by_reason.setdefault(one.reason, []).append(one.column)
    return [(", ".join(columns), reason) for reason, columns in by_reason.items()]


def _gain_sentence(card: ModelCard) -> str:
    point = min(card.gains, key=lambda one: abs(one.leads_share - _EFFORT))
    return (
        f"Calling the best {point.leads_share:.0%} of the leads finds {point.conversions_share:.0%} of the conversions."
    )


def _calibration_sentence(chosen: Metrics) -> str:
    off, chance = chosen.ece * 100, chosen.ece_floor * 100
    return (
        f"Predicted chances are off by {off:.1f} points on average; by chance alone the best possible predictions would be "
        f"off by {chance:.1f}."
    )


def _band_sentence(card: ModelCard) -> str:
    bins, off = len(card.calibration), len(outside(card))
    return (
        f"{bins - off} of {bins} groups of leads convert as predicted, as far as chance lets one tell"
        f"{'.' if not off else f'; {off} do not: do not read their chances to the point.'}"
    )


def _engagement_sentence(engagement: Metrics) -> str:
    return (
        f"Who engages is told apart with an AUC of {engagement.roc_auc:.2f} (0.50 by chance): the tenth most likely to engage "
        f"does so {engagement.lift_top_decile:.1f} times as often as the average."
    )

"""What the model card means, in words.

Belongs here: sentences and reference values derived from a card. Does not belong: measuring (`scoring`), layout.
"""

from __future__ import annotations

import math

from contact_pipeline.scoring.card import Metrics, ModelCard

_NAMES = {"points": "Points", "regression": "Regression", "xgboost": "XGBoost", "blend": "Blend"}
_EFFORT = 0.2  # the share of leads that a team calls first, for the sentence on gains


def candidate_name(name: str) -> str:
    """A candidate as users read it."""
    return _NAMES.get(name, name)


def baseline(card: ModelCard) -> Metrics | None:
    """What guessing the base rate for everybody would reach; None without a base rate between 0 and 1."""
    rate = card.base_rate
    if rate is None or not 0 < rate < 1:
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
    return found


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

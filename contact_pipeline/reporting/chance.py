"""What chance alone would show: the noise floor of each picture of a model.

Belongs here: bands in which the figures of an honest model, or of a blind one, would fall 19 times of 20. Does not belong:
measuring a model (`scoring.metrics`) and drawing (`model_charts`).

A past lead is looked at several times while it is open, and its looks agree with each other; so it counts once here.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from contact_pipeline.scoring.card import CalibrationBin, ModelCard

_TENTHS = 10
_TWO_SIDED = 1.96  # standard deviations, for 19 of 20


class Band(NamedTuple):
    """Where a figure falls by chance: at `at` between `low` and `high`."""

    at: float
    low: float
    high: float


def calibration_bands(card: ModelCard) -> list[Band]:
    """For each bin of the card the conversion that leads with exactly the predicted chance would show."""
    looks_a_lead = max(_looks(card) / max(card.leads, 1), 1.0)
    return [_of_rate(one.predicted, one.leads / looks_a_lead) for one in card.calibration]


def outside(card: ModelCard) -> list[CalibrationBin]:
    """The bins that chance does not explain."""
    banded = zip(card.calibration, calibration_bands(card), strict=True)
    return [one for one, band in banded if not band.low <= one.observed <= band.high]


def gain_bands(card: ModelCard) -> list[Band]:
    """The share of conversions that calling in random order finds, by the share of leads called."""
    return [
        Band(share, max(share - spread, 0.0), min(share + spread, 1.0))
        for share in (point.leads_share for point in card.gains)
        for spread in [_TWO_SIDED * _spread_of_share(card, share)]
    ]


def lift_band(card: ModelCard) -> Band:
    """The lift that a tenth of the leads, drawn at random, would show."""
    spread = _TWO_SIDED * _spread_of_share(card, 1 / _TENTHS) * _TENTHS
    return Band(1.0, max(1 - spread, 0.0), 1 + spread)


def lift_by_tenth(card: ModelCard) -> list[float]:
    """Conversion of each tenth of the leads, best first, over that of all; empty where the card does not tell it."""
    found = {round(point.leads_share * _TENTHS, 6): point.conversions_share for point in card.gains}
    if not all(tenth in found for tenth in range(_TENTHS + 1)):
        return []
    return [(found[tenth + 1] - found[tenth]) * _TENTHS for tenth in range(_TENTHS)]


def _looks(card: ModelCard) -> int:
    return sum(one.leads for one in card.calibration)


def _of_rate(rate: float, leads: float) -> Band:
    """By the arcsine of the root, which spreads alike at every rate and stays between 0 and 1."""
    middle, reach = math.asin(math.sqrt(rate)), _TWO_SIDED / 2 / math.sqrt(max(leads, 1.0))
    low, high = max(middle - reach, 0.0), min(middle + reach, math.pi / 2)
    return Band(rate, math.sin(low) ** 2, math.sin(high) ** 2)


def _spread_of_share(card: ModelCard, share: float) -> float:
    """Standard deviation of the share of the conversions among `share` of the leads, drawn without putting back."""
    if not card.conversions:
        return 0.0
    lost = max(1 - card.conversions / max(card.leads, 1), 0.0)
    return math.sqrt(share * (1 - share) * lost / card.conversions)

"""What moves the score, over all leads: the contributions of each source column, averaged.

Belongs here: reading score breakdowns and averaging them. Does not belong: how a contribution is found (`scoring`).
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from contact_pipeline.fields import FIELD_BY_NAME
from contact_pipeline.reporting.aggregates import SMALLEST_GROUP
from contact_pipeline.scoring.card import ModelCard

_LEADS_READ = 20_000  # an even sample: its means are good to a tenth of a point
_LEAST_LOG_ODDS = 0.02  # half a point of score: below it, no bar to see


@dataclass(frozen=True, slots=True)
class Factor:
    """Mean change in the score of an average lead (50), in points, among the leads it raises and those it lowers.

    None where fewer than SMALLEST_GROUP leads stand behind it.
    """

    label: str
    raises: float | None
    lowers: float | None

    @property
    def reach(self) -> float:
        """The larger of both changes, without its sign."""
        return max(self.raises or 0.0, -(self.lowers or 0.0))


def key_factors(leads: pl.DataFrame, card: ModelCard | None, *, most: int = 10) -> list[Factor]:
    """The columns that move scores furthest, strongest first."""
    labels = {feature.name: feature.label for feature in card.features} if card else {}
    factors = [
        Factor(labels.get(name) or _field_label(name), _mean_points(values, 1), _mean_points(values, -1))
        for name, values in _contributions(leads).items()
    ]
    seen = [factor for factor in factors if factor.reach > 0]
    return sorted(seen, key=lambda factor: (-factor.reach, factor.label))[:most]


def score_points(log_odds: float) -> float:
    """Points that a contribution adds to the score of an average lead."""
    return 100 / (1 + math.exp(-log_odds)) - 50


def _contributions(leads: pl.DataFrame) -> dict[str, list[float]]:
    """Log-odds by source column, in an even sample of the leads."""
    texts = leads["score_breakdown"].drop_nulls()
    found: defaultdict[str, list[float]] = defaultdict(list)
    for text in texts.gather_every(max(1, math.ceil(texts.len() / _LEADS_READ))):
        for name, value in _parts(json.loads(text)).items():
            found[name].append(value)
    return found


def _parts(breakdown: Mapping[str, object]) -> dict[str, float]:
    return {name: float(v) for name, v in breakdown.items() if name != "base" and isinstance(v, int | float)}


def _mean_points(values: list[float], sign: int) -> float | None:
    same = [value for value in values if value * sign >= _LEAST_LOG_ODDS]
    return score_points(sum(same) / len(same)) if len(same) >= SMALLEST_GROUP else None


def _field_label(name: str) -> str:
    field = FIELD_BY_NAME.get(name)
    return field.label if field else name.replace("_", " ").capitalize()

"""What moves the score of some leads: the contributions of each source column, averaged.

Belongs here: reading score breakdowns and averaging them. Does not belong: how a contribution is found (`scoring`).
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from dataclasses import dataclass

import polars as pl

from contact_pipeline.scoring.card import SMALLEST_GROUP

OFTEN = 0.1  # a factor that moves a smaller share of the leads is no key to them
_LEADS_READ = 20_000  # an even sample: its means are good to a tenth of a point
_LEAST_LOG_ODDS = 0.02  # half a point of score: below it, no bar to see
HOT, BEST = "Hot leads", "The best tenth of the leads"  # which leads are high-scoring ones
TENTH = 10
_REST = "other"  # the group of the factor that sums up all small ones


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


def key_factors(leads: pl.DataFrame, *, most: int = 10, least_share: float = OFTEN) -> list[Factor]:
    """The columns that move scores furthest, strongest first; only effects on at least `least_share` of the leads."""
    texts = _sample(leads)
    fewest = max(SMALLEST_GROUP, math.ceil(least_share * texts.len()))
    factors = [
        Factor(label, _mean_points(effects, 1, fewest), _mean_points(effects, -1, fewest))
        for label, effects in _effects_by_label(texts).items()
    ]
    seen = [factor for factor in factors if factor.reach > 0]
    return sorted(seen, key=lambda factor: (-factor.reach, factor.label))[:most]


def score_points(log_odds: float) -> float:
    """Points that a contribution adds to the score of an average lead."""
    return 100 / (1 + math.exp(-log_odds)) - 50


def high_scoring(leads: pl.DataFrame) -> tuple[str, pl.DataFrame]:
    """Of leads in order, best first: what the high-scoring ones are called, and those: the Hot ones, or the best tenth
    where hardly anybody is Hot.
    """
    hot = leads.filter(pl.col("lead_category") == "Hot")
    if hot.height >= SMALLEST_GROUP:
        return HOT, hot
    known = leads.filter(pl.col("lead_score").is_not_null())
    return BEST, known.head(known.height // TENTH)


def _sample(leads: pl.DataFrame) -> pl.Series:
    texts = leads["score_breakdown"].drop_nulls()
    return texts.gather_every(max(1, math.ceil(texts.len() / _LEADS_READ)))


def _effects_by_label(texts: pl.Series) -> dict[str, list[float]]:
    """Log-odds by source column."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for text in texts:
        for factor in json.loads(text)["factors"]:
            if factor["group"] != _REST:
                found[factor["label"]].append(factor["effect"])
    return found


def _mean_points(values: list[float], sign: int, fewest: int) -> float | None:
    same = [value for value in values if value * sign >= _LEAST_LOG_ODDS]
    return score_points(sum(same) / len(same)) if len(same) >= fewest else None

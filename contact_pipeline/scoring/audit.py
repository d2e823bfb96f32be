"""Checking scores that were written: the promises of scoring, looked at from outside.

Belongs here: questions to a frame of scored contacts. Does not belong: computing scores.
"""

from __future__ import annotations

import polars as pl

from contact_pipeline.settings import ScoringSettings

_BREAKDOWN = pl.Struct({"base": pl.Float64, "factors": pl.List(pl.Struct({"effect": pl.Float64}))})
_HALF_A_STEP = 0.05  # the score is shown with one decimal
_TOLERANCE = 0.003  # 1e-4 log-odds are at most 0.0025 points of score


def not_scored(leads: pl.DataFrame, settings: ScoringSettings) -> int:
    """Number of contacts without a score, off the scale, or Hot or Warm below the threshold of their category."""
    score, category = pl.col("lead_score"), pl.col("lead_category")
    threshold = category.replace_strict(
        {"Hot": float(settings.hot_from), "Warm": float(settings.warm_from), "Cold": 0.0},
        default=None,
        return_dtype=pl.Float64,
    )
    fine = score.is_between(0, 100) & (score >= threshold)
    return leads.filter(~fine.fill_null(value=False)).height


def not_additive(leads: pl.DataFrame) -> int:
    """Number of contacts whose base and factors do not add up to the score as shown."""
    parts = leads.select("lead_score", parts=pl.col("score_breakdown").str.json_decode(_BREAKDOWN)).unnest("parts")
    log_odds = pl.col("base") + pl.col("factors").list.eval(pl.element().struct.field("effect")).list.sum()
    score = 100 / (1 + (-log_odds).exp())
    apart = (score - pl.col("lead_score")).abs() > _HALF_A_STEP + _TOLERANCE
    return parts.filter(apart.fill_null(value=True)).height

"""Checking scores that were written: the promises of scoring, looked at from outside.

Belongs here: questions to a frame of scored contacts. Does not belong: computing scores.
"""

from __future__ import annotations

import polars as pl

from contact_pipeline.settings import ScoringSettings

_BREAKDOWN = pl.Struct({"base": pl.Float64, "factors": pl.List(pl.Struct({"effect": pl.Float64}))})
_SLICE_ROWS = 50_000  # factors take more memory apart than as text
_HALF_A_STEP = 0.05  # the score is shown with one decimal
_TOLERANCE = 0.003  # 1e-4 log-odds are at most 0.0025 points of score


def not_scored(leads: pl.DataFrame, settings: ScoringSettings) -> int:
    """Number of contacts without a score, off the scale, or in a category that the policy does not allow.

    Nobody is Hot or Warm below the threshold less the hysteresis, Cold from the threshold of Warm on, Hot though opted out, a
    customer or a flagged twin, or Hot beyond the capacity.
    """
    score, category = pl.col("lead_score"), pl.col("lead_category")
    barred = pl.any_horizontal(
        pl.col(name).fill_null(value=False) for name in ("opted_out", "converted", "is_duplicate")
    )
    allowed = (
        pl.when(category == "Hot")
        .then((score >= settings.hot_from - settings.hysteresis) & ~barred)
        .when(category == "Warm")
        .then(score >= settings.warm_from - settings.hysteresis)
        .when(category == "Cold")
        .then(score < settings.warm_from)
    )
    wrong = leads.filter(~(score.is_between(0, 100) & allowed).fill_null(value=False)).height
    hot = leads.filter(category == "Hot").height
    return wrong + (0 if settings.hot_capacity is None else max(0, hot - settings.hot_capacity))


def not_additive(leads: pl.DataFrame) -> int:
    """Number of contacts whose base and factors do not add up to the score as shown."""
    return sum(_not_additive(part) for part in leads.iter_slices(_SLICE_ROWS))


def _not_additive(leads: pl.DataFrame) -> int:
    parts = leads.select("lead_score", parts=pl.col("score_breakdown").str.json_decode(_BREAKDOWN)).unnest("parts")
    log_odds = pl.col("base") + pl.col("factors").list.eval(pl.element().struct.field("effect")).list.sum()
    score = 100 / (1 + (-log_odds).exp())
    apart = (score - pl.col("lead_score")).abs() > _HALF_A_STEP + _TOLERANCE
    return parts.filter(apart.fill_null(value=True)).height

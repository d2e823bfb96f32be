"""Scores of contacts: every column that scoring writes, from contacts and a lead model.

Belongs here: putting the parts together, in slices so that memory stays flat. Does not belong: any of the parts.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from contact_pipeline.fields import SCORE_FIELD_NAMES
from contact_pipeline.scoring.actions import ActionRule, action_table, recommended_action
from contact_pipeline.scoring.calibration import sigmoid
from contact_pipeline.scoring.categories import category, lead_score, model_confidence, never_hot, points_confidence
from contact_pipeline.scoring.engagement import engagement_propensity
from contact_pipeline.scoring.explanation import key_factors, score_breakdown
from contact_pipeline.scoring.model import Effects, LeadModel
from contact_pipeline.settings import ScoringSettings

_SLICE_ROWS = 50_000


def score_contacts(
    contacts: pl.DataFrame, model: LeadModel, settings: ScoringSettings, as_of: datetime
) -> pl.DataFrame:
    """One row a contact in the order given: contact_id and the columns of `fields.SCORE_FIELDS`.

    contacts: as for `training.train`. score_percentile ranks among the contacts given. A contact with no factor to show
    has an empty key_factors.
    """
    table = action_table()
    slices = [
        _score_slice(contacts.slice(start, _SLICE_ROWS), model, settings, as_of, table)
        for start in range(0, max(contacts.height, 1), _SLICE_ROWS)
    ]
    scored = pl.concat(slices)
    percentile = (pl.col("lead_score").rank("max") / pl.len() * 100).round(1)
    return scored.with_columns(score_percentile=percentile).select("contact_id", *SCORE_FIELD_NAMES)


def _score_slice(
    contacts: pl.DataFrame,
    model: LeadModel,
    settings: ScoringSettings,
    as_of: datetime,
    table: tuple[ActionRule, ...],
) -> pl.DataFrame:
    found = model.effects(contacts, as_of)
    score = pl.Series("lead_score", lead_score(found.log_odds), dtype=pl.Float64)
    by_score = category(pl.col("lead_score"), settings)
    return (
        contacts.with_columns(
            score,
            _probability(model, found),
            key_factors(model, found).alias("key_factors"),
            score_breakdown(model.attributes, found).alias("score_breakdown"),
            _confidence(found, contacts, settings),
            engagement_propensity=engagement_propensity(as_of, settings.decay_half_life_days),
            score_method=pl.lit(model.method),
            model_version=pl.lit(model.version),
            scored_at=pl.lit(as_of, dtype=pl.Datetime("us")),
        )
        .with_columns(lead_category=pl.when(never_hot() & (by_score == "Hot")).then(pl.lit("Warm")).otherwise(by_score))
        .with_columns(recommended_action=recommended_action(table), score_percentile=pl.lit(None, dtype=pl.Float64))
        .select("contact_id", *SCORE_FIELD_NAMES)
    )


def _probability(model: LeadModel, found: Effects) -> pl.Series:
    """Calibrated chance; null where scores come from points."""
    if model.learned is None:
        return pl.Series("conversion_probability", [None] * len(found.effects), dtype=pl.Float64)
    chance = sigmoid(found.log_odds + model.learned.base_log_odds)
    return pl.Series("conversion_probability", chance, dtype=pl.Float64)


def _confidence(found: Effects, contacts: pl.DataFrame, settings: ScoringSettings) -> pl.Series:
    if found.shifts is None:
        return contacts.select(confidence=points_confidence()).to_series()
    return pl.Series("confidence", model_confidence(found.log_odds, found.shifts, settings), dtype=pl.String)

"""Scores of contacts: every column that scoring writes, from contacts and a lead model.

Belongs here: putting the parts together, in slices so that memory stays flat. Does not belong: any of the parts.

The reasons of a million contacts take a gigabyte of memory as text and a tenth of it packed; nothing but writing needs them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from contact_pipeline.fields import SCORE_FIELD_NAMES
from contact_pipeline.scoring.actions import action_table, recommended_action
from contact_pipeline.scoring.calibration import sigmoid
from contact_pipeline.scoring.categories import lead_score, model_confidence, points_confidence, with_categories
from contact_pipeline.scoring.conditions import with_asked
from contact_pipeline.scoring.explanation import key_factors, score_breakdown
from contact_pipeline.scoring.model import Effects, LeadModel
from contact_pipeline.scoring.movement import score_change
from contact_pipeline.scoring.overrides import with_overrides
from contact_pipeline.settings import ScoringSettings

_SLICE_ROWS = 50_000
_PROBABILITY_DECIMALS = 8  # as fine as the promise that factors add up to 1e-4 needs for one chance in 10,000
_LONG = ("key_factors", "score_breakdown")
_STATES_ON_RECORD = {"is_duplicate": pl.Boolean, "lead_category": pl.String}


@dataclass(frozen=True, slots=True)
class Scores:
    """One row a contact. `brief` has contact_id and the columns of `fields.SCORE_FIELDS` but the long texts, packed by slice."""

    brief: pl.DataFrame
    packed: tuple[bytes, ...]

    def slices(self) -> Iterator[pl.DataFrame]:
        """All columns, slice by slice."""
        for start, texts in zip(_starts(self.brief), self.packed, strict=True):
            whole = self.brief.slice(start, _SLICE_ROWS).hstack(pl.read_ipc(io.BytesIO(texts)))
            yield whole.select("contact_id", *SCORE_FIELD_NAMES)


def score_contacts(
    contacts: pl.DataFrame,
    model: LeadModel,
    settings: ScoringSettings,
    as_of: datetime,
    *,
    activities: pl.DataFrame | None = None,
    others: pl.DataFrame | None = None,
) -> Scores:
    """The scores of contacts in the order given.

    contacts: as for `training.train`, with is_duplicate and the scores on record where there are any. activities: contact_id,
    kind, at, times. others: contact_id, lead_score, lead_category of the contacts that are not scored now; they count for
    percentile and capacity. A contact with no factor to show has an empty key_factors.
    """
    absent = {name: kind for name, kind in _STATES_ON_RECORD.items() if name not in contacts.columns}
    known = contacts.with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in absent.items())
    slices, packed = [], []
    for part, done in _slices(known, activities):
        scored = _score_slice(part, model, settings, as_of, done)
        slices.append(scored.drop(_LONG))
        packed.append(_packed(scored.select(_LONG)))
    decided = _decided(known, pl.concat(slices), settings, others)
    return Scores(decided.drop("was", "bounced", "never_hot", "held_back"), tuple(packed))


def _decided(
    contacts: pl.DataFrame, scored: pl.DataFrame, settings: ScoringSettings, others: pl.DataFrame | None
) -> pl.DataFrame:
    """With what depends on the other contacts, and the action that follows."""
    hot_elsewhere = 0 if others is None else others.filter(pl.col("lead_category") == "Hot").height
    decided = with_categories(scored, settings, hot_elsewhere)
    action = pl.concat(_actions(contacts, decided, settings))
    return decided.with_columns(action, score_percentile=_percentile(scored["lead_score"], others))


def _packed(texts: pl.DataFrame) -> bytes:
    target = io.BytesIO()
    texts.write_ipc(target, compression="lz4")
    return target.getvalue()


def _starts(rows: pl.DataFrame) -> range:
    """Where each slice begins; there is always one."""
    return range(0, max(rows.height, 1), _SLICE_ROWS)


def _slices(
    contacts: pl.DataFrame, activities: pl.DataFrame | None
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame | None]]:
    """Slices of contacts, each with the activities of its contacts."""
    starts = _starts(contacts)
    if activities is None or len(starts) == 1:
        yield from ((contacts.slice(start, _SLICE_ROWS), activities) for start in starts)
        return
    places = contacts.select("contact_id", place=pl.int_range(pl.len()) // _SLICE_ROWS)
    parts = activities.join(places, on="contact_id").partition_by("place", as_dict=True, include_key=False)
    for place, start in enumerate(starts):
        yield contacts.slice(start, _SLICE_ROWS), parts.get((place,), activities.clear())


def _score_slice(
    contacts: pl.DataFrame,
    model: LeadModel,
    settings: ScoringSettings,
    as_of: datetime,
    activities: pl.DataFrame | None,
) -> pl.DataFrame:
    """All that depends on nobody else: the score columns, and what the category needs."""
    found = model.effects(contacts, as_of, activities)
    score = pl.Series("lead_score", lead_score(found.log_odds), dtype=pl.Float64)
    states = with_overrides(contacts, settings, as_of, activities)
    return contacts.select(
        "contact_id",
        score,
        score_change(contacts, score, as_of),
        _probability(model, found),
        key_factors(model, found).alias("key_factors"),
        score_breakdown(model.attributes, found).alias("score_breakdown"),
        _confidence(found, contacts, settings),
        states["bounced"],
        states["never_hot"],
        was=pl.col("lead_category"),
        engagement_propensity=pl.Series(found.propensity, dtype=pl.Float64).round(3),
        score_method=pl.lit(model.method),
        model_version=pl.lit(model.version),
        scored_at=pl.lit(as_of, dtype=pl.Datetime("us")),
    )


def _actions(contacts: pl.DataFrame, decided: pl.DataFrame, settings: ScoringSettings) -> Iterator[pl.Series]:
    """recommended_action, slice by slice."""
    table = action_table(settings.actions)
    fields, action = {rule.field for rule in table}, recommended_action(table).alias("recommended_action")
    news = decided.drop("contact_id")
    for start in _starts(contacts):
        known = with_asked(contacts.slice(start, _SLICE_ROWS), fields)
        yield known.with_columns(news.slice(start, _SLICE_ROWS).get_columns()).select(action).to_series()


def _percentile(scores: pl.Series, others: pl.DataFrame | None) -> pl.Series:
    """Share of all contacts, those that are not scored now included, with a lower or equal score."""
    parts = [scores] if others is None else [scores, others["lead_score"].cast(pl.Float64).drop_nulls()]
    everybody = pl.concat(parts)
    return (everybody.rank("max") / everybody.len() * 100).round(1).head(scores.len())


def _probability(model: LeadModel, found: Effects) -> pl.Series:
    """Calibrated chance; null where scores come from points."""
    if model.learned is None:
        return pl.Series("conversion_probability", [None] * len(found.effects), dtype=pl.Float64)
    chance = sigmoid(found.log_odds + model.learned.base_log_odds)
    return pl.Series("conversion_probability", chance, dtype=pl.Float64).round(_PROBABILITY_DECIMALS)


def _confidence(found: Effects, contacts: pl.DataFrame, settings: ScoringSettings) -> pl.Series:
    if found.shifts is None:
        return contacts.select(confidence=points_confidence()).to_series()
    return model_confidence(found.log_odds, found.shifts, settings)

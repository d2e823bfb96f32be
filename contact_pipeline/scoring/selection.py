"""Which columns of past leads a model may use, and why the others not.

Belongs here: gathering the past leads, trying every attribute and custom field. Does not belong: the tests themselves
(`columns`, `leakage`) and the model (`training`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from contact_pipeline.fields import FIELD_BY_NAME
from contact_pipeline.scoring.card import ExcludedColumn
from contact_pipeline.scoring.columns import Column, custom_attribute, encode, learn_column
from contact_pipeline.scoring.features import (
    ATTRIBUTES,
    CUSTOM_PREFIX,
    Attribute,
    attribute_frame,
    custom_field_names,
    newest_sign,
)
from contact_pipeline.scoring.leakage import HELD_FIELDS, leak_reason, stratified_folds
from contact_pipeline.settings import ScoringSettings

FloatArray = npt.NDArray[np.float64]

# More history than this makes no better model of 120 small trees, only a slower one.
_MOST_LEADS = 100_000


@dataclass(frozen=True, slots=True)
class PastLeads:
    """Contacts with a known outcome by contact_id, a seeded sample of at most 100,000, and how they are looked at.

    `known` and `conversions` count all of them. `clock` is the newest moment in the history: seen from there, waiting does
    not change what is learned. Without any date nothing decays.
    """

    leads: pl.DataFrame
    outcome: FloatArray
    known: int
    conversions: int
    clock: datetime
    decay: bool


@dataclass(frozen=True, slots=True)
class Selection:
    """The columns that may be used, the attributes of the same leads, and what was left out."""

    columns: tuple[Column, ...]
    frame: pl.DataFrame
    excluded: tuple[ExcludedColumn, ...]


def past_leads(contacts: pl.DataFrame, settings: ScoringSettings, as_of: datetime) -> PastLeads:
    """The contacts that may teach; an unknown outcome never does."""
    known = contacts.filter(pl.col("converted").is_not_null()).sort("contact_id")
    leads = known
    if known.height > _MOST_LEADS:
        leads = known.sample(_MOST_LEADS, seed=settings.seed).sort("contact_id")
    newest = newest_sign(leads, as_of)
    return PastLeads(
        leads=leads,
        outcome=leads["converted"].cast(pl.Float64).to_numpy(),
        known=known.height,
        conversions=int(known["converted"].sum()),
        clock=newest or as_of,
        decay=newest is not None,
    )


def select_columns(past: PastLeads, settings: ScoringSettings) -> Selection:
    """Learn every usable attribute; those that know the outcome are held until a person confirms them."""
    excluded = _held_fields(past)
    names = custom_field_names(past.leads)
    frame = attribute_frame(past.leads, past.clock, settings.decay_half_life_days, names, decay=past.decay)
    folds = stratified_folds(past.outcome, settings.seed)
    columns: list[Column] = []
    for attribute in (*ATTRIBUTES, *(custom_attribute(name, frame[CUSTOM_PREFIX + name]) for name in names)):
        column = _usable(attribute, frame, past, folds, settings)
        if isinstance(column, Column):
            columns.append(column)
        elif frame[attribute.name].null_count() < frame.height:
            excluded.append(ExcludedColumn(column=attribute.label, reason=column))
    return Selection(tuple(columns), frame, tuple(excluded))


def is_named(name: str, label: str, listed: tuple[str, ...]) -> bool:
    """Whether a setting lists a column, by its name, its label or its header; case ignored."""
    wanted = {entry.strip().lower() for entry in listed}
    return not wanted.isdisjoint({name.lower(), name.removeprefix(CUSTOM_PREFIX).lower(), label.lower()})


def _usable(
    attribute: Attribute, frame: pl.DataFrame, past: PastLeads, folds: npt.NDArray[np.intp], settings: ScoringSettings
) -> Column | str:
    """The column, or the reason why it is left out."""
    if is_named(attribute.name, attribute.label, settings.exclude):
        return "excluded by a setting"
    column = learn_column(attribute, frame[attribute.name], past.outcome, settings.decay_half_life_days)
    if isinstance(column, str) or is_named(attribute.name, attribute.label, settings.confirmed):
        return column
    return leak_reason(column, encode((column,), frame), past.outcome, folds) or column


def _held_fields(past: PastLeads) -> list[ExcludedColumn]:
    """Canonical fields that are filled but never used."""
    return [
        ExcludedColumn(column=FIELD_BY_NAME[name].label, reason=reason)
        for name, reason in HELD_FIELDS.items()
        if past.leads[name].null_count() < past.leads.height
    ]

"""Which columns of past leads a model may use, and why the others not.

Belongs here: trying every attribute and custom field. Does not belong: who teaches (`past`), the tests themselves (`columns`,
`leakage`) and the model (`training`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from contact_pipeline.fields import FIELD_BY_NAME
from contact_pipeline.scoring.attribute import Attribute
from contact_pipeline.scoring.card import ExcludedColumn
from contact_pipeline.scoring.columns import Column, custom_attribute, encode, learn_column
from contact_pipeline.scoring.examples import lead_folds
from contact_pipeline.scoring.features import ATTRIBUTES, CUSTOM_PREFIX, attribute_frame, custom_field_names
from contact_pipeline.scoring.leakage import HELD_FIELDS, leak_reason, leak_warning
from contact_pipeline.scoring.naming import is_named
from contact_pipeline.scoring.past import PastLeads
from contact_pipeline.settings import ScoringSettings


@dataclass(frozen=True, slots=True)
class Selection:
    """The columns that may be used, the attributes of the same rows, what was left out, and what looks suspicious."""

    columns: tuple[Column, ...]
    frame: pl.DataFrame
    excluded: tuple[ExcludedColumn, ...]
    warnings: tuple[str, ...]


def select_columns(past: PastLeads, settings: ScoringSettings, activities: pl.DataFrame | None) -> Selection:
    """Learn every usable attribute; those that know the outcome are held until a person confirms them."""
    excluded, warnings, columns = _held_fields(past), [], []
    names = custom_field_names(past.leads)
    frame = attribute_frame(
        past.leads, past.clock, settings.decay_half_life_days, names, decay=past.decay, activities=activities
    )
    folds = lead_folds(past.outcome, past.lead, settings.seed)
    for attribute in (*ATTRIBUTES, *(custom_attribute(name, frame[CUSTOM_PREFIX + name]) for name in names)):
        column = _usable(attribute, frame, past, folds, settings)
        if isinstance(column, Column):
            columns.append(column)
            warnings.append(_warning(column, frame, past, folds, settings))
        elif frame[attribute.name].null_count() < frame.height:
            excluded.append(ExcludedColumn(column=attribute.label, reason=column))
    return Selection(tuple(columns), frame, tuple(excluded), tuple(filter(None, warnings)))


def _usable(
    attribute: Attribute, frame: pl.DataFrame, past: PastLeads, folds: npt.NDArray[np.intp], settings: ScoringSettings
) -> Column | str:
    """The column, or the reason why it is left out."""
    if is_named(attribute.name, attribute.label, settings.exclude):
        return "excluded by a setting"
    column = learn_column(
        attribute,
        frame[attribute.name],
        past.outcome,
        settings.decay_half_life_days,
        decay=past.decay,
        lead=past.lead,
    )
    if isinstance(column, str) or is_named(attribute.name, attribute.label, settings.confirmed):
        return column
    return leak_reason(column, encode((column,), frame), past.outcome, folds) or column


def _warning(
    column: Column, frame: pl.DataFrame, past: PastLeads, folds: npt.NDArray[np.intp], settings: ScoringSettings
) -> str | None:
    if is_named(column.name, column.label, settings.confirmed):
        return None
    return leak_warning(column, encode((column,), frame), past.outcome, folds)


def _held_fields(past: PastLeads) -> list[ExcludedColumn]:
    """Canonical fields that are filled but never used."""
    return [
        ExcludedColumn(column=FIELD_BY_NAME[name].label, reason=reason)
        for name, reason in HELD_FIELDS.items()
        if past.leads[name].null_count() < past.leads.height
    ]

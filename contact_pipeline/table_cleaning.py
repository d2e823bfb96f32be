"""One mapped table, cleaned as its kind is.

Belongs here: which cleaner a table goes to. Does not belong: cleaning (`contacts`, `activities`, `outcomes`) and choosing tables
(`mapping.selection`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from contact_pipeline.cleaning.activities import clean_activities
from contact_pipeline.cleaning.contacts import clean_contacts
from contact_pipeline.cleaning.outcomes import clean_outcomes
from contact_pipeline.cleaning.signs import Signs, signs_of, signs_together, telling_fields
from contact_pipeline.intake.tables import TextTable
from contact_pipeline.mapping.apply import apply_plan
from contact_pipeline.mapping.kinds import TableKind
from contact_pipeline.mapping.outcomes import CONTACT, OUTCOME
from contact_pipeline.mapping.plan import TablePlan
from contact_pipeline.mapping.selection import MappedTable
from contact_pipeline.settings import ImportOptions, ImportSettings
from contact_pipeline.slices import in_order


def clean_table(one: MappedTable, options: ImportOptions, settings: ImportSettings) -> pl.DataFrame:
    """What `clean_contacts`, or for another kind of table its own cleaner, makes of it."""
    return pl.concat(clean_in_slices(one, options, settings), rechunk=True)


def clean_in_slices(one: MappedTable, options: ImportOptions, settings: ImportSettings) -> Iterator[pl.DataFrame]:
    """The rows of `clean_table` in their order, a large table of contacts slice by slice, so that it never is in memory whole."""
    if one.kind is TableKind.WORKBOOK:
        yield read_outcome_rows(one.table, settings)
    elif one.is_of_activities:
        yield clean_activities(apply_plan(one.table, one.plan), options, settings)
    else:
        yield from _clean_contacts(one, options, settings)


def _clean_contacts(one: MappedTable, options: ImportOptions, settings: ImportSettings) -> Iterator[pl.DataFrame]:
    parts = list(one.table.slices())
    signs = _signs(parts, one.plan, settings) if len(parts) > 1 else None

    def clean(part: TextTable) -> pl.DataFrame:
        return clean_contacts(apply_plan(part, one.plan, settings.clear_token), options, settings, signs)

    return in_order(clean, parts)


def _signs(parts: Sequence[TextTable], plan: TablePlan, settings: ImportSettings) -> Signs:
    """What the columns say over all parts of a table; only those that may say something are read."""
    telling = telling_fields(settings)
    columns = tuple(column for column in plan.columns if column.field in telling or column.dates_the_record)
    narrow = replace(plan, columns=columns)
    return signs_together(
        in_order(lambda part: signs_of(apply_plan(part, narrow, settings.clear_token), settings), parts)
    )


def read_outcome_rows(table: TextTable, settings: ImportSettings) -> pl.DataFrame:
    """What `clean_outcomes` makes of a table that `mapping.outcomes` left."""
    return clean_outcomes(table.rows.rename({CONTACT: "told_of", OUTCOME: "outcome"}), settings)

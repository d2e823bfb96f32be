"""One mapped table, cleaned as its kind is.

Belongs here: which cleaner a table goes to. Does not belong: cleaning (`contacts`, `activities`, `outcomes`) and choosing tables
(`mapping.selection`).
"""

from __future__ import annotations

import polars as pl

from contact_pipeline.cleaning.activities import clean_activities
from contact_pipeline.cleaning.contacts import clean_contacts
from contact_pipeline.cleaning.outcomes import clean_outcomes
from contact_pipeline.intake.tables import TextTable
from contact_pipeline.mapping.apply import apply_plan
from contact_pipeline.mapping.kinds import TableKind
from contact_pipeline.mapping.outcomes import CONTACT, OUTCOME
from contact_pipeline.mapping.selection import MappedTable
from contact_pipeline.settings import ImportOptions, ImportSettings


def clean_table(one: MappedTable, options: ImportOptions, settings: ImportSettings) -> pl.DataFrame:
    """What `clean_contacts`, or for another kind of table its own cleaner, makes of it."""
    if one.kind is TableKind.WORKBOOK:
        return read_outcome_rows(one.table, settings)
    if one.is_of_activities:
        return clean_activities(apply_plan(one.table, one.plan), options, settings)
    return clean_contacts(apply_plan(one.table, one.plan, settings.clear_token), options, settings)


def read_outcome_rows(table: TextTable, settings: ImportSettings) -> pl.DataFrame:
    """What `clean_outcomes` makes of a table that `mapping.outcomes` left."""
    return clean_outcomes(table.rows.rename({CONTACT: "told_of", OUTCOME: "outcome"}), settings)

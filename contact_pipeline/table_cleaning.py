"""One mapped table, cleaned as its kind is.

Belongs here: which cleaner a table goes to. Does not belong: cleaning (`contacts`, `activities`) and choosing tables
(`mapping.selection`).
"""

from __future__ import annotations

import polars as pl

from contact_pipeline.cleaning.activities import clean_activities
from contact_pipeline.cleaning.contacts import clean_contacts
from contact_pipeline.mapping.apply import apply_plan
from contact_pipeline.mapping.selection import MappedTable
from contact_pipeline.settings import ImportOptions, ImportSettings


def clean_table(one: MappedTable, options: ImportOptions, settings: ImportSettings) -> pl.DataFrame:
    """What `clean_contacts`, or for a table of activities `clean_activities`, makes of it."""
    if one.is_of_activities:
        return clean_activities(apply_plan(one.table, one.plan), options, settings)
    return clean_contacts(apply_plan(one.table, one.plan, settings.clear_token), options, settings)

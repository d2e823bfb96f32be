"""Which tables of a file are imported, each with its mapping.

Belongs here: choosing among the tables of a file. Does not belong: mapping the columns of one table (`headers`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contact_pipeline.errors import FileRefused
from contact_pipeline.intake.tables import SourceFile, TextTable
from contact_pipeline.mapping.headers import has_email, plan_table
from contact_pipeline.mapping.plan import TablePlan


@dataclass(frozen=True, slots=True)
class MappedTable:
    """A table with its mapping."""

    table: TextTable
    plan: TablePlan


def map_tables(source: SourceFile, overrides: Mapping[str, str]) -> list[MappedTable]:
    """Every table of the file with its mapping; `overrides` are the operator's (header -> field)."""
    return [MappedTable(table, plan_table(table, overrides)) for table in source.tables]


def usable_tables(source: SourceFile, overrides: Mapping[str, str]) -> list[MappedTable]:
    """The tables that can be imported: those with an e-mail column. Raises FileRefused where there is none."""
    usable = [one for one in map_tables(source, overrides) if has_email(one.plan)]
    if not usable:
        columns = sum(len(table.headers) for table in source.tables)
        raise FileRefused(
            "no_email_column",
            f"{source.name}: none of its {columns} columns is an e-mail column, and e-mail is the key of a contact. "
            'Name it in settings.toml ([imports.mapping] "your header" = "email"), or add the addresses.',
        )
    return usable

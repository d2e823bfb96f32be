"""Which tables of a file are imported, each with its mapping.

Belongs here: choosing among the tables of a file. Does not belong: mapping the columns of one table (`headers`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contact_pipeline.errors import FileRefused
from contact_pipeline.intake.refusals import refusal
from contact_pipeline.intake.tables import RowKind, SourceFile, TextTable
from contact_pipeline.mapping.activities import activity_plan, find_activity_columns, may_be_activities
from contact_pipeline.mapping.headers import has_email, plan_table
from contact_pipeline.mapping.kinds import REFUSALS, TableKind, is_of_people, kind_of
from contact_pipeline.mapping.learned import LearnedMapping
from contact_pipeline.mapping.plan import TablePlan


@dataclass(frozen=True, slots=True)
class MappedTable:
    """A table with its mapping and the kind that its columns make it."""

    table: TextTable
    plan: TablePlan
    kind: TableKind = TableKind.CONTACTS

    @property
    def is_of_activities(self) -> bool:
        """Does it tell of what people did, not of people?"""
        return self.kind is TableKind.ACTIVITIES


def map_tables(
    source: SourceFile, overrides: Mapping[str, str], learned: Sequence[LearnedMapping] = ()
) -> list[MappedTable]:
    """Every table of the file with its mapping.

    `overrides` are the operator's (header -> field), `learned` the mappings of earlier imports, the newest first.
    """
    return [_mapped(table, overrides, learned) for table in source.tables]


def usable_tables(
    source: SourceFile, overrides: Mapping[str, str], learned: Sequence[LearnedMapping] = ()
) -> list[MappedTable]:
    """The tables that can be imported, all of one kind: contacts (and mended rows of ours) or activities, with an e-mail column,
    or decisions or outcomes in files of ours. Where a file has contacts, activities beside them are passed over.

    Raises FileRefused: activities_file (without addresses) where the file is one of those and holds nothing to
    import beside, no_email_column (people without addresses), no_emails (the column is there and blank),
    other_file (companies, deals, products and the like).
    """
    return choose(map_tables(source, overrides, learned), source.name)


def holds_activities(source: SourceFile, overrides: Mapping[str, str], learned: Sequence[LearnedMapping] = ()) -> bool:
    """Would a file be imported as one of activities?"""
    if not any(may_be_activities(table.headers, overrides) for table in source.tables):
        return False
    try:
        return all(one.is_of_activities for one in usable_tables(source, overrides, learned))
    except FileRefused:
        return False


def choose(mapped: list[MappedTable], name: str) -> list[MappedTable]:
    """What `usable_tables` does, for tables that are mapped already."""
    kinds = {one.kind for one in mapped}
    for ours in (TableKind.DECISIONS, TableKind.WORKBOOK):  # what else stands in that workbook explains them
        if ours in kinds:
            return [one for one in mapped if one.kind is ours]
    usable = [one for one in mapped if one.kind in _IMPORTED and has_email(one.plan)]
    for is_of_activities in (False, True):
        filled = [one for one in usable if one.is_of_activities is is_of_activities and _has_an_email(one)]
        if filled:
            return filled
    if usable:
        raise refusal(
            name, "no_emails", _NO_EMAILS.format(rows=sum(one.table.kinds().get(RowKind.DATA, 0) for one in usable))
        )
    for kind in REFUSALS:
        if kind in kinds:
            raise _refused_kind(kind, name)
    columns = sum(len(one.table.headers) for one in mapped)
    people = any(is_of_people(one.plan) for one in mapped)
    raise refusal(name, "no_email_column" if people else "other_file", _NO_EMAIL_COLUMN.format(columns=columns))


_IMPORTED = frozenset({TableKind.CONTACTS, TableKind.MENDED, TableKind.ACTIVITIES})
_NO_EMAIL_COLUMN = (
    "is not a table of contacts: none of its {columns} columns is an e-mail column, and e-mail is the key of a contact. "
    'Name it in settings.toml ([imports.mapping] "your header" = "email"), or add the addresses.'
)
_NO_EMAILS = (
    "its Email column is blank in all {rows:,} rows, and e-mail is the key of a contact. Add the addresses, or name "
    'another column in settings.toml ([imports.mapping] "your header" = "email").'
)


def _mapped(table: TextTable, overrides: Mapping[str, str], learned: Sequence[LearnedMapping]) -> MappedTable:
    plan = plan_table(table, overrides, learned)
    kind = kind_of(table, plan)
    columns = find_activity_columns(table, plan, overrides) if kind in _MAY_BE_ACTIVITIES else None
    if columns is None:
        return MappedTable(table, plan, kind)
    return MappedTable(table, activity_plan(plan, columns), TableKind.ACTIVITIES)


_MAY_BE_ACTIVITIES = frozenset({TableKind.CONTACTS, TableKind.OTHER})


def _has_an_email(one: MappedTable) -> bool:
    """Whether any row fills any column of addresses; rows that could not be read may hold one too."""
    columns = [f"c{c.index}" for c in one.plan.columns if c.field in {"email", "secondary_email"}]
    return RowKind.BROKEN in one.table.kinds() or any(one.table.cells(column).count() for column in columns)


def _refused_kind(kind: TableKind, name: str) -> FileRefused:
    return refusal(name, f"{kind.value}_file", REFUSALS[kind])

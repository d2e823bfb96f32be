"""What kind of table a table is, told from its columns: contacts, or one of the others that people drop.

Belongs here: the kinds, the signs of our own files, and the words that refuse a table that cannot be imported. Does not belong:
mapping the columns (`headers`, `activities`) and choosing among the tables of a file (`selection`).
"""

from __future__ import annotations

from enum import StrEnum

from contact_pipeline.intake.tables import TextTable
from contact_pipeline.mapping.activities import OF_A_PERSON
from contact_pipeline.mapping.normalise import normalise_header
from contact_pipeline.mapping.outcomes import tells_outcomes
from contact_pipeline.mapping.plan import TablePlan
from contact_pipeline.matching.decisions import is_decisions
from contact_pipeline.validation.quarantine import LINE, REASONS

# Headers, in plain form, that only a file of ours has; held to those files by a test.
_OURS_MENDED = frozenset({normalise_header(LINE), normalise_header(REASONS)})


class TableKind(StrEnum):
    """What a table holds. Contacts and mended rows become contacts; decisions say what becomes of rows."""

    CONTACTS = "contacts"
    ACTIVITIES = "activities"  # who, what, when
    DECISIONS = "decisions"  # our duplicate report, filled in
    MENDED = "mended"  # rows that we set aside, corrected
    WORKBOOK = "workbook"  # our own workbook coming back: outcomes of contacts that are there
    OTHER = "other"


# Why a file is refused that has no table to import but one of these, in this order.
REFUSALS: dict[TableKind, str] = {
    TableKind.ACTIVITIES: "is a list of activities (who, what, when), but none of its columns is an e-mail column, which tells whose "
    'they are. Name it in settings.toml ([imports.mapping] "your header" = "email"), or export it with the addresses.',
}


def kind_of(table: TextTable, plan: TablePlan) -> TableKind:
    """The kind of a table that is no list of activities. `plan` is the mapping of its columns as a list of contacts."""
    if is_decisions(table):
        return TableKind.DECISIONS
    if {normalise_header(header) for header in table.headers} >= _OURS_MENDED:
        return TableKind.MENDED
    if tells_outcomes(table):
        return TableKind.WORKBOOK
    return TableKind.CONTACTS if plan.column_of("email") else TableKind.OTHER


def is_of_people(plan: TablePlan) -> bool:
    """Whether the columns tell of persons, be it without their addresses."""
    return bool(OF_A_PERSON & set(plan.fields))

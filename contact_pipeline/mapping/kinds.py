"""What kind of table a table is, told from its columns: contacts, or one of the others that people drop.

Belongs here: the kinds, their signs, and the words that refuse one that cannot be imported. Does not belong: mapping the
columns (`headers`) and choosing among the tables of a file (`selection`).
"""

from __future__ import annotations

import re
from enum import StrEnum

from contact_pipeline.intake.profiling import looks_like_dates
from contact_pipeline.intake.tables import TextTable
from contact_pipeline.mapping.normalise import normalise_header
from contact_pipeline.mapping.plan import TablePlan
from contact_pipeline.matching.decisions import is_decisions
from contact_pipeline.validation.quarantine import LINE, REASONS

# Headers, in plain form, that only a file of ours has; held to those files by a test.
_OURS_MENDED = frozenset({normalise_header(LINE), normalise_header(REASONS)})
_OURS_WORKBOOK = frozenset({"contact id", "outcome"})

_WHAT = re.compile(
    r"^(?:activity|action|event|interaction|engagement|touchpoint)(?: (?:type|name|kind|title|action|category))?$|^type of (?:activity|event)$"
)
_WHEN = re.compile(
    r"^(?:timestamp|date|time|datetime|date time|when|(?:activity|action|event|interaction|engagement|touchpoint) (?:date|time|timestamp|at|on)"
    r"|(?:occurred|happened|performed|logged|created|recorded|received|sent)(?: (?:at|on|date|time))?|created date)$"
)
_ID_OF_WHO = re.compile(r"^(?:contact|lead|person|customer|subscriber|user|prospect) ?id$")
# What a list of people says of each of them, and a log of what they did does not.
_OF_A_PERSON = frozenset(
    {"first_name", "last_name", "full_name", "salutation", "phone", "mobile_phone", "job_title", "street_address"}
    | {"postal_code", "company_size", "annual_revenue", "lead_status", "lifecycle_stage", "linkedin_url", "converted"}
)


class TableKind(StrEnum):
    """What a table holds. Contacts and mended rows become contacts; decisions say what becomes of rows."""

    CONTACTS = "contacts"
    ACTIVITIES = "activities"  # who, what, when
    DECISIONS = "decisions"  # our duplicate report, filled in
    MENDED = "mended"  # rows that we set aside, corrected
    WORKBOOK = "workbook"  # our own workbook coming back
    OTHER = "other"


# Why a file is refused that has no table to import but one of these, in this order.
REFUSALS: dict[TableKind, str] = {
    TableKind.WORKBOOK: "is our own workbook coming back, and reading its Outcome column is not supported yet. "
    "Import the file that the contacts came from.",
    TableKind.ACTIVITIES: "is a list of activities (who, what, when), not of contacts, and importing those is not "
    "supported yet. Drop in the contacts themselves.",
}


def kind_of(table: TextTable, plan: TablePlan) -> TableKind:
    """The kind of a table. `plan` is the mapping of its columns."""
    if is_decisions(table):
        return TableKind.DECISIONS
    plain = [normalise_header(header) for header in table.headers]
    for signs, kind in (
        (_OURS_MENDED, TableKind.MENDED),
        (_OURS_WORKBOOK, TableKind.WORKBOOK),
    ):
        if signs <= set(plain):
            return kind
    if _is_activities(table, plan, plain):
        return TableKind.ACTIVITIES
    return TableKind.CONTACTS if plan.column_of("email") else TableKind.OTHER


def is_of_people(plan: TablePlan) -> bool:
    """Whether the columns tell of persons, be it without their addresses."""
    return bool(_OF_A_PERSON & set(plan.fields))


def _is_activities(table: TextTable, plan: TablePlan, plain: list[str]) -> bool:
    """Who, what and when have a column each, and nothing else is said of the person."""
    who = plan.column_of("email") is not None or any(map(_ID_OF_WHO.match, plain))
    if not who or is_of_people(plan) or not any(map(_WHAT.match, plain)):
        return False
    when = [index for index, header in enumerate(plain) if _WHEN.match(header)]
    return any(looks_like_dates(table.data[f"c{index}"]) for index in when)

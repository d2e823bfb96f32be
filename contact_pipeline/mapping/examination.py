"""Each column of a table read in the light of the others: what its header says, and whether its values allow that.

Belongs here: hearing tool, dictionary, words, neighbours and values of a column, in this order. Does not belong: who gets a
field that several columns claim (`contest`) and the wording of the outcome (`conclusions`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from contact_pipeline.intake.tables import TextTable
from contact_pipeline.mapping.claims import GUARDED_FIELDS, SURE_ENOUGH_GUARDED, Claim, Place, label_of
from contact_pipeline.mapping.consent import is_about_consent, speaks_plainly
from contact_pipeline.mapping.context import Neighbours, settle, sure_fields
from contact_pipeline.mapping.evidence import Evidence, look_at, objection
from contact_pipeline.mapping.grammar import read_header
from contact_pipeline.mapping.normalise import normalise_header
from contact_pipeline.mapping.outcome import is_outcome
from contact_pipeline.mapping.spellings import known_header
from contact_pipeline.mapping.tools import Tool
from contact_pipeline.mapping.units import unit_fits, unit_of

_NAMES_READ = 1_000
_EMAIL_SHARE = 0.8  # of the values, for a column to be one of addresses whatever its header
_BY_TOOL = 0.97
_SOMEBODY_ELSE = re.compile(
    r"\b(owner|assistant|asst|manager|parent|mother|father|mum|mom|dad|spouse|partner|emergency|referr?er|referred|created"
    r"|modified|by|rep|agent|sender|from|cc|bcc|reply|supervisor|boss|guardian|sister|brother|team|support|assigned)\b"
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column under examination."""

    index: int
    header: str
    plain: str
    evidence: Evidence
    claim: Claim | None = None
    refusal: str | None = None  # why a claim was given up

    @property
    def unit(self) -> str:
        """The unit that the header gives for all its numbers."""
        return unit_of(self.header)


def examine(table: TextTable, tool: Tool | None) -> list[Column]:
    """All columns with their values seen and their headers read in the light of each other."""
    plain = [normalise_header(header) for header in table.headers]
    evidence = [look_at(table.cells(name)) for name in table.cell_columns]
    claims = [_claim(text, tool) if text else None for text in plain]
    neighbours = Neighbours(sure_fields(claims), tuple(plain))
    columns = []
    for index, claim in enumerate(claims):
        if claim is not None and len(claim.fields) > 1:
            claim = settle(claim, index, neighbours, evidence[index])
        columns.append(_veto(Column(index, table.headers[index], plain[index], evidence[index], claim)))
    checked = [_check_full_name(_consent(column), columns, table.lazy_data) for column in columns]
    return [_outcome(column) for column in checked] if not _claimed("converted", checked) else checked


def with_email(columns: list[Column]) -> list[Column]:
    """Where no header names the e-mail, the one column of addresses is it, unless its header says whose else."""
    if any(c.claim is not None and c.claim.field == "email" and c.claim.ordinal == 1 for c in columns):
        return columns
    found = [c for c in columns if holds_addresses(c) and not _SOMEBODY_ELSE.search(c.plain)]
    if len(found) != 1:
        return columns
    claim = Claim(("email",), SURE_ENOUGH_GUARDED, "is not known, but its values are e-mail addresses, so it names")
    return [replace(c, claim=claim) if c is found[0] else c for c in columns]


def holds_addresses(column: Column) -> bool:
    """Whether nearly all values of a column without a reading are e-mail addresses."""
    unclaimed = column.claim is None or column.claim.field is None
    return unclaimed and column.evidence.share("email") >= _EMAIL_SHARE


def looks_like_email(evidence: Evidence) -> bool:
    """Whether the values support that a column is one of e-mail addresses."""
    return evidence.share("email") >= _EMAIL_SHARE


def _claim(plain: str, tool: Tool | None) -> Claim | None:
    if tool is not None and plain in tool.fields:
        field = tool.fields[plain]
        fields = (field,) if field else ()
        known = known_header(plain) or read_header(plain)
        place, ordinal = (known.place, known.ordinal) if known is not None else (Place.PLAIN, 1)
        return Claim(fields, _BY_TOOL, "means", place, ordinal, source=tool.name)
    return known_header(plain) or read_header(plain)


def _consent(column: Column) -> Column:
    """Read a column that says who may be written to, where its values say it plainly."""
    claimed = column.claim is not None and column.claim.field is not None
    if claimed or not is_about_consent(column.plain):
        return column
    if not speaks_plainly(column.evidence.values):
        refusal = f"header '{column.header}' tells who may be written to, but its values do not say it plainly"
        return replace(column, claim=None, refusal=refusal)
    why = "and its values tell who may be written to, so it is the contrary of"
    return replace(column, claim=Claim(("opted_out",), 0.9, why, inverted=True))


def _claimed(field: str, columns: Sequence[Column]) -> bool:
    return any(column.claim is not None and column.claim.field == field for column in columns)


def _outcome(column: Column) -> Column:
    """Read a column without a reading as the outcome, where header and values say so together."""
    unread = column.refusal is None and (column.claim is None or column.claim.field is None)
    if not unread or not is_outcome(column.plain, column.evidence.values):
        return column
    return replace(column, claim=Claim(("converted",), 0.85, "and its values tell who became a customer, so it is"))


def _veto(column: Column) -> Column:
    """Drop the reading that the values or the unit contradict; a further reading that they allow takes its place.

    Answers to a question, which hardly vary, get no further reading: they would fit many.
    """
    if column.claim is None or column.claim.field is None:
        return column
    against = _objection(column.claim.field, column)
    if against is None:
        return column
    further = () if column.evidence.hardly_varies else column.claim.fields[1:]
    others = tuple(f for f in further if _objection(f, column) is None)
    label = label_of(column.claim.field)
    if not others or others[0] in GUARDED_FIELDS:
        return replace(column, claim=None, refusal=f"header '{column.header}' reads as {label}, but {against}")
    claim = replace(column.claim, fields=others, confidence=0.7, reason=f"reads as {label}, but {against}; so it names")
    return replace(column, claim=claim)


def _objection(field: str, column: Column) -> str | None:
    if not unit_fits(column.unit, field):
        return f"it is counted in {column.unit}"
    return objection(field, column.evidence)


def _check_full_name(column: Column, columns: Sequence[Column], data: pl.LazyFrame) -> Column:
    """Give up the full name where it mostly lacks the last name beside it: the name of a deal, say ("Lead name")."""
    last = next((c for c in columns if c.claim is not None and c.claim.field == "last_name"), None)
    if last is None or column.claim is None or column.claim.field != "full_name":
        return column
    names = (
        data.select(full=pl.col(f"c{column.index}"), last=pl.col(f"c{last.index}"))
        .drop_nulls()
        .head(_NAMES_READ)
        .collect()
    )
    folded = names.select(pl.all().str.to_lowercase().str.strip_chars())
    agreeing = folded.select(pl.col("full").str.contains(pl.col("last"), literal=True).mean()).item()
    if agreeing is None or agreeing >= 0.5:
        return column
    reason = f"header '{column.header}' reads as Full Name, but its values lack the last names in '{last.header}'"
    return replace(column, claim=None, refusal=reason)

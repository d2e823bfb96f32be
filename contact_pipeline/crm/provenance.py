"""Where each value of a contact comes from: file, table, line and raw text, and what its other records say.

Belongs here: which record the fold took a value from, and telling so. Does not belong: the fold itself (`fold`), the cells
behind a record (`source_cells`) and how it is shown (`display`). Nothing is stored for this: the records tell.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import duckdb
import polars as pl

from contact_pipeline.cleaning.emails import read_emails
from contact_pipeline.crm.scores import past_scores
from contact_pipeline.crm.source_cells import Found, SourceCells
from contact_pipeline.crm.traced import Said, TracedContact, TracedValue
from contact_pipeline.errors import UsageError
from contact_pipeline.fields import FIELD_BY_NAME, FIELDS, Survivorship
from contact_pipeline.home import Home

Row = Mapping[str, Any]

RULES_IN_WORDS: Final[dict[Survivorship, str]] = {
    Survivorship.NEWEST: "the newest value",
    Survivorship.FILL: "the first known value",
    Survivorship.NEVER: "set by the first record alone",
    Survivorship.MIN: "the smallest value",
    Survivorship.MAX: "the largest value",
    Survivorship.UNION: "all values together",
    Survivorship.FORWARD: "the furthest stage",
    Survivorship.RATCHET: "once yes, always yes",
}
BY_NAME: Final = "the name of the file or sheet"
BY_RECEIPT: Final = "the day on which the outcome came in"
LASTING: Final = "an opt-out, which outlives its import"
BY_DECISION: Final = "the address of a row that was decided to be the same person"
CLEARED_LATER: Final = "cleared by a newer record"
_CUSTOM = "custom_fields"


def trace(
    home: Home, connection: duckdb.DuckDBPyConnection, address: str, field: str | None = None
) -> list[TracedContact]:
    """Every contact that has `address` or holds a record of it, twins too, the oldest first.

    `field` is a field's name or label, or the name of a custom field: only that one is told. Raises UsageError where there
    is no such contact or field.
    """
    email = read_emails(pl.Series([address]))["value"][0] or address
    records = _rows(connection, _RECORDS, [email])
    contacts = _rows(connection, _CONTACTS, [email])
    if not contacts:
        raise UsageError(f"No contact has the address '{address}'. {_why_not(records)}")
    wanted = _field_name(field, contacts)
    tracer = _Tracer(home, connection, records)
    return [tracer.contact(contact, wanted) for contact in contacts]


def trace_contact(home: Home, connection: duckdb.DuckDBPyConnection, contact_id: str) -> TracedContact | None:
    """One contact with every value that it shows; None where there is none of that id."""
    found = connection.execute("SELECT email FROM contacts WHERE contact_id = ?", [contact_id]).fetchall()
    if not found:
        return None
    near = _rows(connection, _CONTACTS, [found[0][0]])
    tracer = _Tracer(home, connection, _rows(connection, _RECORDS, [found[0][0]]))
    return next(tracer.contact(one, None) for one in near if one["contact_id"] == contact_id)


_AS_TEXT = "REPLACE (custom_fields::VARCHAR AS custom_fields)"
# One condition a scan: several in one, joined by OR, would read every column of every record.
_NEAR = """
    WITH named AS (SELECT sequence, contact_id FROM records WHERE email = $1
                   UNION SELECT sequence, contact_id FROM records WHERE match_key = $1),
    own AS (SELECT contact_id FROM named UNION SELECT contact_id FROM contacts WHERE email = $1)"""
_RECORDS = f"""{_NEAR}, near AS (
        SELECT sequence FROM named UNION SELECT sequence FROM records SEMI JOIN own USING (contact_id))
    SELECT r.* {_AS_TEXT}, i.file_name, i.received_at, coalesce((i.options->>'opted_out')::BOOLEAN, false) AS of_opted_out
    FROM records AS r SEMI JOIN near USING (sequence) JOIN imports AS i USING (import_id) ORDER BY sequence"""
_CONTACTS = f"""{_NEAR}, founders AS (
        SELECT contact_id, min(sequence) AS founded
        FROM records SEMI JOIN own USING (contact_id) WHERE contributes GROUP BY contact_id)
    SELECT contacts.* {_AS_TEXT} FROM contacts JOIN founders USING (contact_id) ORDER BY founded"""

_LASTING = """
    SELECT match_key, since, import_id, file_name FROM opt_outs LEFT JOIN imports USING (import_id)
    WHERE match_key IN (SELECT unnest($1::VARCHAR[])) ORDER BY since"""


def _rows(connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[object]) -> list[Row]:
    return list(connection.sql(query, params=list(parameters)).pl().iter_rows(named=True))


def _why_not(records: Iterable[Row]) -> str:
    reasons = sorted({record["reason"] for record in records if record["reason"]})
    if reasons:
        return f"Rows with it were left out: {', '.join(reasons)}."
    return "Check its spelling; an address of nobody who was imported cannot be traced."


def _field_name(asked: str | None, contacts: Sequence[Row]) -> str | None:
    """The name of the field that was asked for. Raises UsageError."""
    if asked is None:
        return None
    known = {name for contact in contacts for name in json.loads(contact[_CUSTOM] or "{}")}
    named = {name.casefold(): name for name in known}
    named |= {spelling.casefold(): one.name for one in FIELDS for spelling in (one.label, one.name)}
    if asked.casefold() not in named:
        raise UsageError(
            f"There is no field '{asked}'. docs/fields.md lists them; a custom field has the name of its column."
        )
    return str(named[asked.casefold()])


class _Tracer:
    """Traces contacts over the records that concern them."""

    def __init__(self, home: Home, connection: duckdb.DuckDBPyConnection, records: Sequence[Row]) -> None:
        self._connection = connection
        self._rules = home.settings.imports.survivorship
        self._records = records
        self._cells = SourceCells(home, connection, records)
        self._lasting = _rows(connection, _LASTING, [[one["email"] for one in records if one["email"]]])

    def contact(self, contact: Row, wanted: str | None) -> TracedContact:
        """Every value of one contact, or the wanted one."""
        own = [one for one in self._records if one["contact_id"] == contact["contact_id"]]
        # Left out by decision: no contact, but a word on this one's address.
        own += [one for one in self._records if one["contact_id"] is None and one["email"] == contact["email"]]
        family = _Family(own)
        custom = json.loads(contact[_CUSTOM] or "{}")
        shown = [name for name in FIELD_BY_NAME if contact[name] is not None and wanted in (None, name)]
        values = [self._field(contact, family, name) for name in shown]
        values += [self._custom(family, name, custom[name]) for name in custom if wanted in (None, name)]
        scores = () if wanted else tuple(past_scores(self._connection, contact["contact_id"]))
        return TracedContact(contact["contact_id"], contact["email"], contact["is_duplicate"], tuple(values), scores)

    def _field(self, contact: Row, family: _Family, name: str) -> TracedValue:
        field, value = FIELD_BY_NAME[name], contact[name]
        rule = self._rules.get(name, field.survivorship)
        sources = family.sources(name, rule, value)
        lasting = self._outliving(family) if name == "opted_out" and not sources else []
        told = [self._said(one, name, family.value(one, name), None) for one in sources]
        others = [
            self._said(one, name, family.value(one, name), family.left_out(one, name, rule))
            for one in family.records
            if one not in sources and family.value(one, name) is not None
        ]
        return TracedValue(name, field.label, value, RULES_IN_WORDS[rule], (*told, *lasting), tuple(others))

    def _outliving(self, family: _Family) -> list[Said]:
        """The opt-outs on record of the addresses of a contact."""
        addresses = {one["email"] for one in family.records if one["contributes"]}
        return [_lasting(one) for one in self._lasting if one["match_key"] in addresses]

    def _said(self, record: Row, name: str, value: object, left_out: str | None) -> Said:
        if record["told_of"] is not None:
            made_of = BY_RECEIPT if name == "converted_at" else None
            return _said(record, value, self._cells.of_outcome(record), made_of, left_out)
        if name == "secondary_email" and record["secondary_email"] is None:
            return _said(record, value, self._cells.of_field(record, "email", value), BY_DECISION, left_out)
        found = self._cells.of_field(record, name, value)
        made_of = " and ".join(FIELD_BY_NAME[one].label for one in found.fields)
        if name == "opted_out" and value and record["of_opted_out"] and not found.cells and not found.missing:
            made_of = BY_NAME
        return _said(record, value, found, made_of or None, left_out)

    def _custom(self, family: _Family, name: str, value: str) -> TracedValue:
        """A custom field shows the newest value."""
        saying = [one for one in family.records if _custom_value(one, name) is not None]
        counting = [one for one in saying if one["contributes"]]
        source = max(counting, key=family.recency)
        others = [one for one in saying if one is not source]
        told = [
            _said(
                one,
                _custom_value(one, name),
                self._cells.of_custom(one, name),
                None,
                None if one["contributes"] else one["reason"],
            )
            for one in (source, *others)
        ]
        return TracedValue(name, name, value, RULES_IN_WORDS[Survivorship.NEWEST], (told[0],), tuple(told[1:]))


class _Family:
    """The records of one contact, in sequence, some of which are left out."""

    def __init__(self, records: Sequence[Row]) -> None:
        self.records = records
        self._counting = [one for one in records if one["contributes"]]
        newest: dict[str, datetime] = {}
        for one in self._counting:  # rows of one file are as new as the newest of them
            newest[one["import_id"]] = max(one["as_of"], newest.get(one["import_id"], one["as_of"]))
        self._moment = newest

    def recency(self, record: Row) -> tuple[datetime, int]:
        """What makes a record that counts newer than another."""
        return self._moment[record["import_id"]], record["sequence"]

    def value(self, record: Row, name: str) -> Any:  # noqa: ANN401  a value of any field
        """What a record says of a field. The address of a row that decisions brought in is one more of the person."""
        value = record[name]
        if record["told_of"] is not None:  # it tells an outcome of somebody whose address it does not bring
            return None if name == "email" else value
        came_over = name == "secondary_email" and record["email"] != record["match_key"] and len(self._counting) > 1
        return record["email"] if value is None and came_over else value

    def left_out(self, record: Row, name: str, rule: Survivorship) -> str | None:
        """Why what a record says of a field does not count, if it does not."""
        if not record["contributes"]:
            return str(record["reason"])
        return None if self._stands(record, name, rule) else CLEARED_LATER

    def sources(self, name: str, rule: Survivorship, shown: object) -> list[Row]:
        """The records that the fold took a value from, in sequence; several where it unites what they say."""
        standing = [
            one for one in self._counting if self.value(one, name) is not None and self._stands(one, name, rule)
        ]
        if rule is Survivorship.UNION:
            firsts: dict[object, Row] = {}
            for one in standing:
                firsts.setdefault(self.value(one, name), one)
            return list(firsts.values())
        saying = [one for one in standing if self.value(one, name) == shown]
        return [_PICKS[rule](self, saying)] if saying else []

    def _stands(self, record: Row, name: str, rule: Survivorship) -> bool:
        """Is a record newer than the latest that cleared the field, or that one itself?"""
        if rule in (Survivorship.NEVER, Survivorship.RATCHET):
            return True
        clearing = [self.recency(one) for one in self._counting if name in (one["cleared"] or ())]
        return not clearing or self.recency(record) >= max(clearing)


def _newest(family: _Family, saying: Sequence[Row]) -> Row:
    return max(saying, key=family.recency)


def _first(_: _Family, saying: Sequence[Row]) -> Row:
    return saying[0]


# Which of the records that say the value shown is the one that was taken.
_PICKS: dict[Survivorship, Callable[[_Family, Sequence[Row]], Row]] = {
    Survivorship.NEWEST: _newest,
    Survivorship.FORWARD: _newest,
    Survivorship.FILL: _first,
    Survivorship.NEVER: _first,
    Survivorship.MIN: _first,
    Survivorship.MAX: _first,
    Survivorship.RATCHET: _first,
}


def _said(record: Row, value: object, found: Found, made_of: str | None, left_out: str | None) -> Said:
    return Said(
        value,
        record["import_id"],
        record["file_name"],
        record["sheet"],
        record["line"],
        record["received_at"],
        found.cells,
        made_of,
        left_out,
        found.missing,
    )


def _lasting(opt_out: Row) -> Said:
    return Said(
        True, opt_out["import_id"] or "", opt_out["file_name"] or "", "", None, opt_out["since"], made_of=LASTING
    )


def _custom_value(record: Row, name: str) -> object:
    return json.loads(record[_CUSTOM] or "{}").get(name)

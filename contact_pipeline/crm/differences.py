"""What an import changes, field by field: contacts as they were beside contacts as they are.

Belongs here: comparing two states of the contacts, and the rows of the import that brought each difference. Does not belong:
where the former state comes from (`trial`) and how differences are shown (`display`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

import duckdb

from contact_pipeline.crm.fold import GOLDEN_COLUMNS
from contact_pipeline.fields import FIELD_BY_NAME

CHANGES_SHOWN: Final = 20

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one contact. `field` is its label, or the name of a custom field; a blank is None.

    `sheet` and `line` are the row of the import that brought it; None where no row did (a decision about two contacts).
    """

    sheet: str | None
    line: int | None
    email: str
    field: str
    before: object
    after: object

    def as_json(self) -> dict[str, Any]:
        """The entry of `run --dry-run --json`; times are ISO, UTC."""
        return {
            "sheet": self.sheet,
            "line": self.line,
            "email": self.email,
            "field": self.field,
            "before": json_value(self.before),
            "after": json_value(self.after),
        }


@dataclass(frozen=True, slots=True)
class Differences:
    """How many contacts are new, changed and gone, and some of the changes in the order of the rows that brought them."""

    created: int
    changed: int
    removed: int
    changes: tuple[Change, ...]

    @property
    def contacts(self) -> dict[str, int]:
        """The counts of contacts."""
        return {"created": self.created, "changed": self.changed, "removed": self.removed}


def differences(
    connection: duckdb.DuckDBPyConnection, before: Path, import_id: str, *, limit: int = CHANGES_SHOWN
) -> Differences:
    """Compare the contacts with those in `before`, a Parquet file of the same columns; up to `limit` changes are told."""
    differ = " OR ".join(f"b.{name} IS DISTINCT FROM a.{name}" for name in GOLDEN_COLUMNS)
    connection.execute("CREATE OR REPLACE TEMP TABLE former_contacts AS FROM read_parquet(?)", [str(before)])
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE differing AS
        SELECT contact_id FROM former_contacts AS b JOIN contacts AS a USING (contact_id) WHERE {differ}"""
    )
    created, changed, removed = connection.execute(
        """SELECT (SELECT count(*) FROM contacts ANTI JOIN former_contacts USING (contact_id)),
                  (SELECT count(*) FROM differing),
                  (SELECT count(*) FROM former_contacts ANTI JOIN contacts USING (contact_id))"""
    ).fetchall()[0]
    changes = tuple(islice(_changes(connection, import_id, _first(connection, import_id, limit)), limit))
    return Differences(created, changed, removed, changes)


def _first(connection: duckdb.DuckDBPyConnection, import_id: str, limit: int) -> list[str]:
    """The changed contacts whose rows come first in the file; each has a change at least."""
    rows = connection.execute(
        """SELECT contact_id FROM differing LEFT JOIN (SELECT * FROM records WHERE import_id = ?) AS own USING (contact_id)
        GROUP BY contact_id ORDER BY min(own.sequence) NULLS LAST, contact_id LIMIT ?""",
        [import_id, limit],
    )
    return [contact_id for (contact_id,) in rows.fetchall()]


def _changes(connection: duckdb.DuckDBPyConnection, import_id: str, chosen: Sequence[str]) -> Iterator[Change]:
    """Every changed field of the chosen contacts, contact by contact."""
    one_of_them = "contact_id IN (SELECT unnest($chosen::VARCHAR[]))"
    before = _by_contact(connection, f"SELECT * FROM former_contacts WHERE {one_of_them}", {"chosen": chosen})
    after = _by_contact(connection, f"SELECT * FROM contacts WHERE {one_of_them}", {"chosen": chosen})
    own = _by_contact(
        connection,
        f"SELECT * FROM records WHERE import_id = $import_id AND {one_of_them} AND contributes",
        {"chosen": chosen, "import_id": import_id},
    )
    for contact_id in chosen:
        (old,), (new,) = before[contact_id], after[contact_id]
        rows = sorted(own.get(contact_id, []), key=lambda one: one.row["sequence"], reverse=True)
        for column in dict.fromkeys([*new.values, *old.values]):
            was, now = old.values.get(column), new.values.get(column)
            if was != now:
                yield _change(rows, new.row["email"], column, was, now)


@dataclass(frozen=True, slots=True)
class _Valued:
    """A contact or record; `values` by name of the field, custom ones apart since people choose their names."""

    row: Row
    values: Mapping[_Column, object]


_Column = tuple[bool, str]  # is it a custom field; its name


def _by_contact(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, object]
) -> dict[str, list[_Valued]]:
    frame = connection.sql(
        f"SELECT * REPLACE (custom_fields::VARCHAR AS custom_fields) FROM ({query})", params=dict(parameters)
    ).pl()
    found: dict[str, list[_Valued]] = {}
    for row in frame.iter_rows(named=True):
        values: dict[_Column, object] = {(False, name): row[name] for name in FIELD_BY_NAME}
        values |= {(True, name): value for name, value in json.loads(row["custom_fields"] or "{}").items()}
        found.setdefault(row["contact_id"], []).append(_Valued(row, values))
    return found


def _change(own: Sequence[_Valued], email: str, column: _Column, was: object, now: object) -> Change:
    """The change, at the last row of the import that says the new value, else at the first that meets the contact."""
    saying = (one for one in own if _says(one, column, now))
    place = next(saying, own[-1] if own else None)
    sheet, line = (place.row["sheet"], place.row["line"]) if place else (None, None)
    is_custom, name = column
    return Change(sheet, line, email, name if is_custom else FIELD_BY_NAME[name].label, was, now)


def _says(record: _Valued, column: _Column, value: object) -> bool:
    """Does a record give this value, or clear the field where it is None?"""
    is_custom, name = column
    if value is None and not is_custom:
        return name in (record.row["cleared"] or ())
    return column in record.values and record.values[column] == value


def json_value(value: object) -> object:
    """A value of a contact as JSON holds it: a moment as ISO text."""
    return value.isoformat() if isinstance(value, datetime) else value

"""The cells of the source that a record's value was read from, as they stood in the file.

Belongs here: from a record and a field to headers and raw text, through the mapping stored with the import. Does not belong:
which record a contact's value comes from (`provenance`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import duckdb

from contact_pipeline.cleaning.text import visible
from contact_pipeline.errors import UnknownImport
from contact_pipeline.fields import FIELD_BY_NAME, Kind
from contact_pipeline.home import Home
from contact_pipeline.intake import staging
from contact_pipeline.intake.receipt import read_receipt
from contact_pipeline.mapping.apply import unique_headers
from contact_pipeline.mapping.plan import Action, ColumnPlan, TablePlan, fits, plan_of_json
from contact_pipeline.validation.agreement import NEIGHBOURS, says

Row = Mapping[str, Any]


class Cell(NamedTuple):
    """A cell of the source: header of its column and the text as it stood in the file."""

    header: str
    raw: str


@dataclass(frozen=True, slots=True)
class Found:
    """The cells behind a value; `fields` are the others that it was made of, empty where it has cells of its own.

    `missing` says why there are no cells to be found, where what was read of the file is not kept.
    """

    cells: tuple[Cell, ...] = ()
    fields: tuple[str, ...] = ()
    missing: str | None = None


class SourceCells:
    """Finds the cells of some records; their lines are read at once."""

    def __init__(self, home: Home, connection: duckdb.DuckDBPyConnection, records: Sequence[Row]) -> None:
        """`records` are rows of the table `records`. Cells of an import whose stages are not kept are not found."""
        self._missing: dict[str, str] = {}
        self._lines: dict[tuple[str, str, int], tuple[TablePlan, Row]] = {}
        places: dict[tuple[str, str], set[int]] = {}
        for record in records:
            places.setdefault((record["import_id"], record["sheet"]), set()).add(record["line"])
        plans = _plans(connection, {import_id for import_id, _ in places})
        for (import_id, sheet), lines in places.items():
            self._read(home, import_id, sheet, lines, plans.get((import_id, sheet)))

    def _read(self, home: Home, import_id: str, sheet: str, lines: set[int], plan: TablePlan | None) -> None:
        path = home.stage("raw_file", import_id)
        if not path.exists():
            self._missing[import_id] = _READ_AGAIN.format(import_id) if _is_kept(home, import_id) else _NOT_KEPT
            return
        table = staging.read_lines(path, sheet, lines)
        if table is not None and plan is not None and fits(plan, table.headers):
            for row in table.rows.iter_rows(named=True):
                self._lines[import_id, sheet, row["line"]] = (plan, row)

    def of_field(self, record: Row, name: str, value: object) -> Found:
        """The cells that a record's value of a field was read from; those of other fields where it has none of its own."""
        if record["import_id"] in self._missing:
            return self._nothing(record)
        plan, row = self._lines.get((record["import_id"], record["sheet"], record["line"]), (TablePlan(()), {}))
        own = _filled(plan, row, name)
        kind = FIELD_BY_NAME[name].kind
        verdicts = [says(kind, visible(cell.raw), value) for cell in own]
        saying = tuple(cell for cell, verdict in zip(own, verdicts, strict=True) if verdict)
        if saying or (own and None in verdicts):
            return Found(saying or own)
        around = {other: _filled(plan, row, other) for other in NEIGHBOURS.get(name, ())}
        parts = {other: cells for other, cells in around.items() if any(_gives(kind, cell, value) for cell in cells)}
        if not parts:
            return Found(own)
        return Found(tuple(cell for cells in parts.values() for cell in cells), tuple(parts))

    def of_outcome(self, record: Row) -> Found:
        """The cell of the outcome that a record tells: all its values are read from that."""
        if record["import_id"] in self._missing:
            return self._nothing(record)
        plan, row = self._lines.get((record["import_id"], record["sheet"], record["line"]), (TablePlan(()), {}))
        return Found(_filled(plan, row, "converted"))

    def of_custom(self, record: Row, name: str) -> Found:
        """The cell of a custom field."""
        if record["import_id"] in self._missing:
            return self._nothing(record)
        plan, row = self._lines.get((record["import_id"], record["sheet"], record["line"]), (TablePlan(()), {}))
        names = unique_headers([column.header for column in plan.columns])
        cells = (_cell(row, column) for column in plan.columns if names[column.index] == name)
        return Found(tuple(cell for cell in cells if cell))

    def _nothing(self, record: Row) -> Found:
        return Found(missing=self._missing[record["import_id"]])


_READ_AGAIN = "raw text not at hand: 'contact-pipeline rerun raw_file {} --only' reads the file again"
_NOT_KEPT = "raw text no longer kept"


def _is_kept(home: Home, import_id: str) -> bool:
    try:
        return read_receipt(home, import_id).is_kept(home)
    except UnknownImport:  # the CRM is of another home's inbox
        return False


def _plans(connection: duckdb.DuckDBPyConnection, import_ids: Iterable[str]) -> dict[tuple[str, str], TablePlan]:
    """The mappings stored with imports, by import and sheet."""
    stored = connection.execute(
        "SELECT import_id, mapping::VARCHAR FROM imports WHERE import_id IN (SELECT unnest(?::VARCHAR[]))",
        [sorted(import_ids)],
    )
    return {
        (import_id, one["sheet"]): plan_of_json(one)
        for import_id, mapping in stored.fetchall()
        for one in json.loads(mapping or "[]")
    }


def _filled(plan: TablePlan, row: Row, field: str) -> tuple[Cell, ...]:
    """The filled cells of the columns mapped to a field."""
    columns = (column for column in plan.columns if column.action is Action.MAP and column.field == field)
    return tuple(cell for column in columns if (cell := _cell(row, column)))


def _cell(row: Row, column: ColumnPlan) -> Cell | None:
    raw = row.get(f"c{column.index}")
    return Cell(column.header, raw) if raw and visible(raw) else None


def _gives(kind: Kind, cell: Cell, value: object) -> bool:
    """May a cell of another field have given this value, or, to a name, a part of it?"""
    text = visible(cell.raw)
    if kind is Kind.PERSON_NAME and says(kind, str(value), text):
        return True
    return says(kind, text, value) is not False

"""The raw file on disk: all its tables in one Parquet file, with what is known of each beside the rows.

Belongs here: writing and reading `stages/raw_file`. Does not belong: reading what users send (`reading`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from contact_pipeline.atomic import atomic_path
from contact_pipeline.intake.tables import RowKind, SourceFile, TextTable
from contact_pipeline.slices import write_slices
from contact_pipeline.terms.stored import TERMS, Term

_ABOUT = "contact_pipeline.source"


def write_source(path: Path, source: SourceFile, *, cell_bytes: int, terms: Mapping[str, Term] | None = None) -> None:
    """Write the tables one below the other. A row with a cell over `cell_bytes` becomes a broken row.

    `terms` are what the settings decided about it, where it was read by them.
    """
    with atomic_path(path) as draft:
        _write(draft, source, _stored(source.tables, cell_bytes), terms or {})


class Draft:
    """The raw file of a source that is still being read: a table too large for memory goes into it at once, others wait."""

    def __init__(self, path: Path, name: str, *, cell_bytes: int, terms: Mapping[str, Term]) -> None:
        """`name` is that of the file that is read; the others as for `write_source`."""
        self._path, self._name, self._cell_bytes, self._terms = path, name, cell_bytes, terms
        self._held: TextTable | None = None

    def keep(self, table: TextTable, rows: Iterator[pl.DataFrame]) -> TextTable:
        """Take the rows of the one table of a text file; see `tables.Keep`."""
        first = next(rows)
        second = next(rows, None)
        if second is None:
            return table.with_rows(first)
        parts = (table.with_rows(part) for part in chain([first, second], rows))
        stored = (_stored_rows(part, 0, [], self._cell_bytes) for part in parts)
        _write(self._path, SourceFile(self._name, (table,)), stored, self._terms)
        self._held = _table(pl.scan_parquet(self._path), _facts(table))
        return self._held

    def finish(self, source: SourceFile) -> None:
        """Write the source, unless the file holds just that already."""
        if not (len(source.tables) == 1 and source.tables[0] is self._held):
            _write(self._path, source, _stored(source.tables, self._cell_bytes), self._terms)


def read_source(path: Path) -> SourceFile:
    """The tables as `write_source` left them. Their rows are read from the file when they are asked for."""
    about = json.loads(pl.read_parquet_metadata(path)[_ABOUT])
    heights = dict(pl.read_parquet(path, columns=["table"])["table"].value_counts().iter_rows())
    tables, start = [], 0
    for index, facts in enumerate(about["tables"]):
        height = heights.get(index, 0)
        tables.append(_table(pl.scan_parquet(path).slice(start, height), facts))
        start += height
    return SourceFile(about["name"], tuple(tables), tuple((name, reason) for name, reason in about["ignored_sheets"]))


def read_terms(path: Path) -> dict[str, Term]:
    """What the settings decided about a stage, this one or a later one; empty where that was not written down."""
    return dict(json.loads(pl.read_parquet_metadata(path).get(TERMS, "{}")))


def read_places(path: Path) -> pl.DataFrame:
    """Where each record of all tables stands, in source order, without its cells: sheet, line, kind."""
    names = [facts["name"] for facts in json.loads(pl.read_parquet_metadata(path)[_ABOUT])["tables"]]
    rows = pl.read_parquet(path, columns=["line", "kind", "table"])
    sheet = pl.col("table").replace_strict(list(range(len(names))), names, return_dtype=pl.String)
    return rows.select(sheet.alias("sheet"), "line", "kind")


def read_lines(path: Path, sheet: str, lines: Collection[int]) -> TextTable | None:
    """The table of one sheet with the rows of data at these source lines alone; None where there is no such sheet.

    Reads little more than those rows.
    """
    about = json.loads(pl.read_parquet_metadata(path)[_ABOUT])
    index = next((at for at, facts in enumerate(about["tables"]) if facts["name"] == sheet), None)
    if index is None:
        return None
    wanted = (pl.col("table") == index) & (pl.col("kind") == RowKind.DATA) & pl.col("line").is_in(list(lines))
    return _table(pl.scan_parquet(path).filter(wanted).collect().lazy(), about["tables"][index])


def _table(rows: pl.LazyFrame, facts: dict[str, Any]) -> TextTable:
    table = TextTable(**{**facts, "headers": tuple(facts["headers"])}, lazy_rows=rows)
    return replace(table, lazy_rows=rows.select("line", "kind", "problem", "raw", *table.cell_columns))


def _facts(table: TextTable) -> dict[str, Any]:
    """All that is known of a table but its rows."""
    return {field.name: getattr(table, field.name) for field in fields(table) if field.name != "lazy_rows"}


def _write(path: Path, source: SourceFile, rows: Iterator[pl.DataFrame], terms: Mapping[str, Term]) -> None:
    about = {
        "name": source.name,
        "ignored_sheets": source.ignored_sheets,
        "tables": [_facts(table) for table in source.tables],
    }
    write_slices(path, rows, {_ABOUT: json.dumps(about), TERMS: json.dumps(dict(terms))})


def _stored(tables: Sequence[TextTable], cell_bytes: int) -> Iterator[pl.DataFrame]:
    """The rows of all tables, slice by slice; cells beyond the width of a table are null."""
    widest = max((table.cell_columns for table in tables), key=len)
    for index, table in enumerate(tables):
        for part in table.slices():
            yield _stored_rows(part, index, widest[len(table.headers) :], cell_bytes)


def _stored_rows(part: TextTable, index: int, beyond: Sequence[str], cell_bytes: int) -> pl.DataFrame:
    """A part of a table as it is stored. `beyond` are the columns of cells that only other tables have."""
    rows = _break_long_cells(part.rows, part.cell_columns, cell_bytes)
    missing = [pl.lit(None, pl.String).alias(name) for name in beyond]
    number = pl.lit(index, pl.Int32).alias("table")
    return rows.select("line", "kind", "problem", "raw", *part.cell_columns, *missing, number)


def _break_long_cells(rows: pl.DataFrame, cells: Sequence[str], cell_bytes: int) -> pl.DataFrame:
    """A cell this long is a quote gone astray, not a value; the row is kept aside with its text."""
    if not cells:
        return rows
    longest = pl.max_horizontal(pl.col(name).str.len_bytes() for name in cells)
    too_long = (longest > cell_bytes).fill_null(value=False)
    if not rows.select(too_long.any()).item():
        return rows
    return rows.with_columns(
        kind=pl.when(too_long).then(pl.lit(RowKind.BROKEN.value)).otherwise("kind"),
        problem=pl.when(too_long).then(pl.lit(f"a cell is longer than {cell_bytes:,} bytes")).otherwise("problem"),
    )

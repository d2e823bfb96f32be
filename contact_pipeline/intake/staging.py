"""The raw file on disk: all its tables in one Parquet file, with what is known of each beside the rows.

Belongs here: writing and reading `stages/raw_file`. Does not belong: reading what users send (`reading`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from pathlib import Path

import polars as pl

from contact_pipeline.atomic import atomic_path
from contact_pipeline.intake.tables import RowKind, SourceFile, TextTable
from contact_pipeline.terms.stored import TERMS, Term

_ABOUT = "contact_pipeline.source"


def write_source(path: Path, source: SourceFile, *, cell_bytes: int, terms: Mapping[str, Term] | None = None) -> None:
    """Write the tables one below the other. A row with a cell over `cell_bytes` becomes a broken row.

    `terms` are what the settings decided about it, where it was read by them.
    """
    tables = [replace(table, rows=_break_long_cells(table, cell_bytes)) for table in source.tables]
    rows = [table.rows.with_columns(table=pl.lit(index, pl.Int32)) for index, table in enumerate(tables)]
    about = {
        "name": source.name,
        "ignored_sheets": source.ignored_sheets,
        "tables": [{k: v for k, v in asdict(replace(t, rows=pl.DataFrame())).items() if k != "rows"} for t in tables],
    }
    metadata = {_ABOUT: json.dumps(about), TERMS: json.dumps(dict(terms or {}))}
    with atomic_path(path) as draft:
        pl.concat(rows, how="diagonal").write_parquet(draft, metadata=metadata, compression="lz4")


def read_source(path: Path) -> SourceFile:
    """The tables as `write_source` left them."""
    about = json.loads(pl.read_parquet_metadata(path)[_ABOUT])
    rows = pl.read_parquet(path)
    tables = tuple(_table(rows, index, facts) for index, facts in enumerate(about["tables"]))
    return SourceFile(about["name"], tables, tuple((name, reason) for name, reason in about["ignored_sheets"]))


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
    return _table(pl.scan_parquet(path).filter(wanted).collect(), index, about["tables"][index])


def _table(rows: pl.DataFrame, index: int, facts: dict[str, object]) -> TextTable:
    table = TextTable(**{**facts, "headers": tuple(facts["headers"]), "rows": rows})  # type: ignore[arg-type]
    columns = ["line", "kind", "problem", "raw", *table.cell_columns]
    return replace(table, rows=rows.filter(pl.col("table") == index).select(columns))


def _break_long_cells(table: TextTable, cell_bytes: int) -> pl.DataFrame:
    """A cell this long is a quote gone astray, not a value; the row is kept aside with its text."""
    if not table.headers:
        return table.rows
    longest = pl.max_horizontal(pl.col(name).str.len_bytes() for name in table.cell_columns)
    too_long = (longest > cell_bytes).fill_null(value=False)
    if not table.rows.select(too_long.any()).item():
        return table.rows
    return table.rows.with_columns(
        kind=pl.when(too_long).then(pl.lit(RowKind.BROKEN.value)).otherwise("kind"),
        problem=pl.when(too_long).then(pl.lit(f"a cell is longer than {cell_bytes:,} bytes")).otherwise("problem"),
    )

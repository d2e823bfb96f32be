"""A set-aside file that comes back mended: its rows as rows of the import they were set aside from.

Belongs here: recognising such a file, and giving its rows their original table, columns and lines again. Does not belong:
writing it (`quarantine`), and what becomes of the rows, which go the way of all others.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from contact_pipeline.errors import FileRefused
from contact_pipeline.home import Home
from contact_pipeline.intake.returned import own_cells, places, plain_header
from contact_pipeline.intake.tables import RowKind, SourceFile, TextTable
from contact_pipeline.mapping.plan import TablePlan, plan_of_json
from contact_pipeline.matching.decisions import is_decisions
from contact_pipeline.safe_text import unguard_formula
from contact_pipeline.validation.quarantine import IMPORT, LINE, OWN_COLUMNS, RAW, REASONS, SHEET, original_names

PLANS = "contact_pipeline.plans"  # metadata of stages/mapped_contacts: the mapping of each sheet
LOST_LINE = f"the cell under '{LINE}' was changed; it tells which row this is"
NOT_MENDED = "its cells are still empty: type them in from the raw text"


def parent_of(source: SourceFile) -> str | None:
    """The import whose set-aside rows a file holds, None for any other file.

    Raises FileRefused where the rows come from several imports or do not tell from which.
    """
    mended = [table for table in source.tables if _is_mended(table)]
    if not mended:
        return None
    named = pl.concat(
        own_cells(table, IMPORT).filter(table.rows["kind"] == RowKind.DATA).drop_nulls() for table in mended
    )
    parents: list[str] = sorted(set(named))
    if len(parents) != 1:
        said = f"come from {len(parents)} imports: mend and drop one file at a time" if parents else _NO_IMPORT
        raise FileRefused("mended_of_unclear_import", f"{source.name}: the set-aside rows {said}.")
    return parents[0]


_NO_IMPORT = f"do not tell their import. Keep the column '{IMPORT}' as it was"


def parent_plans(home: Home, import_id: str) -> list[tuple[str, TablePlan]]:
    """The mappings an import was carried out with, by sheet. Raises FileRefused where the home knows no such import."""
    used = _plans_of_stage(home.stage("mapped_contacts", import_id)) if "/" not in import_id else []
    used = used or _plans_on_record(home, import_id)
    if not used:
        raise FileRefused(
            "mended_of_unknown_import",
            f"These rows were set aside from '{import_id}', an import that is not in this home. Drop them where it was "
            "imported, or take the Set-aside columns out to import them as a file of their own.",
        )
    return [(one["sheet"], plan_of_json(one)) for one in used]


def _plans_of_stage(path: Path) -> list[dict[str, Any]]:
    return list(json.loads(pl.read_parquet_metadata(path)[PLANS])) if path.is_file() else []


def _plans_on_record(home: Home, import_id: str) -> list[dict[str, Any]]:
    """The history has them where the stage is not kept any more."""
    from contact_pipeline.crm.history import past_imports  # slow to load, and hardly ever needed
    from contact_pipeline.crm.session import read_crm

    with read_crm(home) as connection:
        return next((past.mapping for past in past_imports(connection) if past.import_id == import_id), [])


def restored(source: SourceFile, plans: Sequence[tuple[str, TablePlan]]) -> SourceFile:
    """The mended rows as tables of the parent: its sheets, headers and lines, in the order of the mended file.

    `plans` are the parent's mappings by sheet. A row whose line is gone and one that is broken as before fail as broken
    rows. Raises FileRefused for a column with values that the parent does not have.
    """
    mended = [table for table in source.tables if _is_mended(table)]
    _refuse_foreign_columns(source.name, mended, plans)
    tables = []
    for sheet, plan in plans:
        headers = tuple(column.header for column in plan.columns)
        parts = [_rows_of(table, sheet, headers, [name for name, _ in plans]) for table in mended]
        rows = pl.concat(parts)
        if rows.height:
            tables.append(replace(mended[0].with_rows(rows, headers), name=sheet))
    return replace(source, tables=tuple(tables))


def _is_mended(table: TextTable) -> bool:
    headers = set(places(table))
    if is_decisions(table):  # decisions that failed come back as decisions
        return False
    return LINE in headers and bool({IMPORT, REASONS} & headers)


def _refuse_foreign_columns(file: str, mended: Sequence[TextTable], plans: Sequence[tuple[str, TablePlan]]) -> None:
    known = set(OWN_COLUMNS)
    for _, plan in plans:
        known |= {plain_header(name) for name in original_names(tuple(column.header for column in plan.columns))}
    for table in mended:
        for header, cell in places(table).items():
            if header not in known and table.cells(cell).count():
                raise FileRefused(
                    "mended_with_new_column",
                    f"{file}: the column '{header}' is not one of the original file. Mended rows keep its columns; "
                    "take it out, or import the added facts as a file of their own.",
                )


def _rows_of(table: TextTable, sheet: str, headers: tuple[str, ...], sheets: Sequence[str]) -> pl.DataFrame:
    """The rows of a mended table that belong to one sheet of the parent, in the shape of that sheet."""
    told = own_cells(table, SHEET).fill_null("")
    first = next((name for name in told if name in sheets), sheets[0])
    at_cell = places(table)
    cells = [
        _cell(table, at_cell.get(plain_header(name))).alias(f"c{at}") for at, name in enumerate(original_names(headers))
    ]
    rows = table.rows.select(
        "kind",
        "problem",
        "raw",
        *cells,
        own_line=pl.col("line"),
        line=own_cells(table, LINE).cast(pl.Float64, strict=False).cast(pl.Int64, strict=False),
        before=own_cells(table, RAW),
    )
    belonging = rows.filter(pl.when(told.is_in(list(sheets))).then(told).otherwise(pl.lit(first)) == sheet)
    return _judged(belonging).select("line", "kind", "problem", "raw", *(f"c{at}" for at in range(len(headers))))


def _cell(table: TextTable, place: str | None) -> pl.Expr:
    """A cell of the original row. Only text files carry the guard against formulas."""
    if place is None:
        return pl.lit(None, pl.String)
    return unguard_formula(pl.col(place)) if table.encoding else pl.col(place)


def _judged(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with their original line; what cannot be a mended row is broken."""
    is_data = pl.col("kind") == RowKind.DATA
    cells = [name for name in rows.columns if name.startswith("c")]
    problem = (
        pl.when(is_data & pl.col("line").is_null())
        .then(pl.lit(LOST_LINE))
        .when(is_data & pl.col("before").is_not_null() & pl.all_horizontal(pl.col(cells).is_null()))
        .then(pl.lit(NOT_MENDED))
    )
    return rows.with_columns(new=problem).with_columns(
        pl.coalesce("line", "own_line").alias("line"),
        pl.when(pl.col("new").is_null()).then("kind").otherwise(pl.lit(RowKind.BROKEN.value)).alias("kind"),
        pl.coalesce("new", "problem").alias("problem"),
        pl.when(pl.col("new").is_null()).then("raw").otherwise("before").alias("raw"),
    )

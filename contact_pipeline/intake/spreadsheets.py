"""A workbook -> text tables, one a visible sheet that holds a table.

Belongs here: running the guarded parser and turning its sheets into tables. Does not belong: whether the file is safe
(`workbook_guard`) and parsing itself (`workbook_child`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from contact_pipeline.errors import FileRefused
from contact_pipeline.intake.header_row import NO_HEADER, find_header, header_texts, says_no_rows
from contact_pipeline.intake.refusals import refusal, shown
from contact_pipeline.intake.row_kinds import classify
from contact_pipeline.intake.sheet_marks import SheetMarks, is_linked_data, last_header_row, stacked_headers
from contact_pipeline.intake.signatures import Container
from contact_pipeline.intake.tables import HeaderMissing, RowKind, RowsMissing, SourceFile, TextTable, position_headers
from contact_pipeline.intake.workbook_guard import check_ole_workbook, check_zip_workbook
from contact_pipeline.settings import Limits

_HEADER_ROWS = 60
_REASONS = {"header_only": "a header but no data rows", "no_header_row": "no header row"}
_CHILD = "contact_pipeline.intake.workbook_child"
_PYTHON_NEEDS = ("PATH", "PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
_SAVE_AS_CSV = "Open it in a spreadsheet program and export the sheet as CSV."


def read_workbook(
    data: bytes, container: Container, limits: Limits, *, name: str, columns: Sequence[str] = ()
) -> SourceFile:
    """All visible sheets that hold a table, in order; the others are named with the reason.

    `columns` are the headers of sheets without a header row.

    Dates come as ISO text, whole numbers without a fraction, error cells as written (#N/A). Raises FileRefused: as
    `workbook_guard`, and empty, header_only, too_many_columns, too_many_rows when no sheet holds a table; HeaderMissing.
    """
    if container is Container.ZIP_WORKBOOK:
        marks = check_zip_workbook(data, limits, name)
    else:
        check_ole_workbook(data, name)
        marks = {}
    tables, ignored = [], []
    problems: list[FileRefused] = []
    headless: list[TextTable] = []
    for sheet, reason, found in _parse(data, limits, name):
        if found is None:
            ignored.append((sheet, reason))
            continue
        try:
            tables.append(_table(sheet, found, marks.get(sheet, SheetMarks()), columns, limits, name))
        except HeaderMissing as problem:
            headless.extend(problem.source.tables)
            ignored.append((sheet, _REASONS[problem.reason]))
        except FileRefused as problem:
            if problem.reason in ("too_many_rows", "too_many_columns"):
                raise
            problems.append(problem)
            ignored.append((sheet, _REASONS.get(problem.reason, problem.reason)))
    if not tables and headless:
        raise HeaderMissing(f"{shown(name)}: {NO_HEADER}", SourceFile(name, tuple(headless)))
    if not tables:
        raise problems[0] if problems else _nothing_in_it(ignored, name)
    return SourceFile(name, tuple(tables), tuple(ignored))


def _nothing_in_it(ignored: list[tuple[str, str]], name: str) -> FileRefused:
    hidden = sum("hidden" in reason for _, reason in ignored)
    what = (
        "is empty: no sheet holds a cell." if not hidden else "is empty but for hidden sheets. Unhide the one to use."
    )
    return refusal(name, "empty", what)


def _parse(data: bytes, limits: Limits, name: str) -> list[tuple[str, str, _Cells | None]]:
    """(sheet, why it is ignored, cells) of each sheet, parsed in a child process under a memory and a time limit."""
    with tempfile.TemporaryDirectory(prefix="workbook-") as place:
        folder = Path(place)
        book = folder / "book"
        book.write_bytes(data)
        sheets = _run_child(book, folder, limits, name)
        return [(s["name"], _why_ignored(s["visible"]), _cells(folder, s["file"])) for s in sheets]


def _run_child(book: Path, folder: Path, limits: Limits, name: str) -> list[dict[str, str]]:
    command = [sys.executable, "-P", "-m", _CHILD, str(book), str(folder), str(limits.parser_memory_bytes)]
    try:
        subprocess.run(  # noqa: S603  our own module
            command, env=_environment(), capture_output=True, timeout=limits.parser_seconds, check=True
        )
    except subprocess.TimeoutExpired as error:
        what = f"is too large: reading it took longer than {limits.parser_seconds} s. {_SAVE_AS_CSV}"
        raise refusal(name, "too_large", what) from error
    except subprocess.CalledProcessError as error:
        what = f"is a damaged workbook or needs too much memory: the parser gave up on it. {_SAVE_AS_CSV}"
        raise refusal(name, "corrupt_workbook", what) from error
    result = json.loads((folder / "sheets.json").read_text(encoding="utf-8"))
    if isinstance(result, dict):
        raise _parser_error(result["error"], name)
    return list(result)


def _environment() -> dict[str, str]:
    """What Python needs to start, and no secret: the parser reads what strangers made."""
    return {name: os.environ[name] for name in _PYTHON_NEEDS if name in os.environ}


def _parser_error(message: str, name: str) -> FileRefused:
    if "password" in message.lower():
        return refusal(name, "password_protected", "is protected by a password. Save it without one.")
    return refusal(name, "corrupt_workbook", f"is a damaged workbook: the parser cannot read it. {_SAVE_AS_CSV}")


def _why_ignored(visible: str) -> str:
    return {"visible": "empty", "chart": "a chart, no cells"}.get(visible, "hidden")


@dataclass(frozen=True, slots=True)
class _Cells:
    """The filled columns of a sheet (c0, c1, ..), all text, row 1 first; and which columns of the sheet they are."""

    rows: pl.DataFrame
    columns: tuple[int, ...]


def _cells(folder: Path, file: str | None) -> _Cells | None:
    """All cells of a sheet; None where there are none."""
    if file is None:
        return None
    cells = pl.read_ipc(folder / file)
    cells = cells.select(_tidied(column) for column in cells.columns)
    cells = cells.select(column for column in cells if column.null_count() < len(column))
    if not cells.width:
        return None
    renamed = cells.rename({column: f"c{i}" for i, column in enumerate(cells.columns)})
    return _Cells(renamed, tuple(map(int, cells.columns)))


def _tidied(column: str) -> pl.Expr:
    """A day at midnight is a date; a time of day is stored as a time on day zero; an empty text is no cell."""
    text = pl.col(column).cast(pl.String)
    text = text.str.replace(r"^(\+?\d{4,}-\d\d-\d\d) 00:00:00$", "$1")
    return text.str.replace(r"^1899-12-3[01] (\d\d:\d\d:\d\d)", "$1").replace("", None)


def _table(
    sheet: str, found: _Cells, marks: SheetMarks, columns: Sequence[str], limits: Limits, name: str
) -> TextTable:
    marks = marks.among(found.columns)
    cells, label = _with_no_values(found.rows, marks), f"{name}, sheet {sheet}"
    if cells.width > limits.columns:
        what = f"has too many columns: {cells.width:,}, the limit is {limits.columns:,}. Export fewer."
        raise refusal(label, "too_many_columns", what)
    if columns:
        headers, cells = _named(columns, cells, label)
        below = 0
    else:
        headers, below = _headers(cells, marks)
    rows = pl.concat(classify([_without_blank_end(_rows(cells, below, limits))], headers))
    table = TextTable(sheet, headers, below, rows.lazy())
    if not rows["kind"].is_in([RowKind.DATA, RowKind.BROKEN]).any():
        raise RowsMissing(f"{shown(label)}: {says_no_rows(headers)}", SourceFile(name, (table,)))
    if rows.height > limits.rows:
        what = f"has too many rows: {rows.height:,}, the limit is {limits.rows:,}. Split it."
        raise refusal(label, "too_many_rows", what)
    if not below and not columns:
        raise HeaderMissing(NO_HEADER, SourceFile(name, (table,)))
    return table


def _with_no_values(cells: pl.DataFrame, marks: SheetMarks) -> pl.DataFrame:
    """The cells with those that the parser leaves blank for an error as they are written, so that cleaning can tell."""
    texts = {(row - 1, column): text for row, column, text in marks.no_values if row <= cells.height}
    changed = []
    for column in sorted({column for _, column in texts}):
        values = cells[f"c{column}"]
        blank = {row: text for (row, at), text in texts.items() if at == column and values[row] is None}
        changed.append(values.scatter(list(blank), list(blank.values())))
    return cells.with_columns(changed)


def _headers(cells: pl.DataFrame, marks: SheetMarks) -> tuple[tuple[str, ...], int]:
    """The headers and the number of rows down to them; stand-ins and 0 where there is no header row."""
    rows = cells.head(_HEADER_ROWS).rows()
    header = find_header(rows)
    if header is None or is_linked_data(header, marks):
        return position_headers(cells.width), 0
    last = last_header_row(header, marks)
    if last == header or last >= len(rows):
        return header_texts(rows, header), header + 1
    return header_texts([stacked_headers(rows, header, last, marks)], 0), last + 1


def _named(columns: Sequence[str], cells: pl.DataFrame, label: str) -> tuple[tuple[str, ...], pl.DataFrame]:
    """The headers that the settings give, and the cells under them; a column that is blank throughout may be missing."""
    if cells.width > len(columns):
        what = f"has {cells.width} columns where the settings name {len(columns)}. Name every column, in order."
        raise refusal(label, "not_a_table", what)
    blank = [pl.lit(None, dtype=pl.String).alias(f"c{index}") for index in range(cells.width, len(columns))]
    return tuple(columns), cells.with_columns(blank)


def _rows(cells: pl.DataFrame, below: int, limits: Limits) -> pl.DataFrame:
    names = cells.columns
    longest = pl.max_horizontal(pl.col(names).str.len_bytes())
    too_long = longest > limits.cell_bytes
    what = pl.format("a cell is too long: {} bytes, the limit is {}", longest, pl.lit(limits.cell_bytes))
    rows = cells.with_columns(
        line=pl.int_range(1, cells.height + 1, dtype=pl.Int64),
        kind=pl.when(too_long).then(pl.lit(RowKind.BROKEN.value)),
        problem=pl.when(too_long).then(what),
        raw=pl.when(too_long).then(pl.concat_str(names, separator="\t", ignore_nulls=True)),
    )
    return rows.slice(below).select("line", "kind", "problem", "raw", *names)


def _without_blank_end(rows: pl.DataFrame) -> pl.DataFrame:
    """Formatted but empty rows at the end of a sheet are no records."""
    cells = pl.exclude("line", "kind", "problem", "raw")
    filled = rows.select(pl.any_horizontal(cells.is_not_null()).arg_true().max()).item()
    return rows.head(0 if filled is None else filled + 1)

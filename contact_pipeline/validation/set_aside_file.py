"""The set-aside file of an import: one CSV, or a workbook with a sheet a table where rows of several tables failed.

Belongs here: where that file lies and in which format it is written. Does not belong: its content (`quarantine`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from contact_pipeline.atomic import atomic_path
from contact_pipeline.home import Home
from contact_pipeline.reporting.contact_csv import write_csv
from contact_pipeline.safe_text import WORKBOOK_OPTIONS, overlong_cells

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_CSV, _WORKBOOK = "quarantine.csv", "quarantine.xlsx"
_SHEET_ROWS = 1_048_575  # of data, below the header
_SHEET_COLUMNS = 16_384


def set_aside_file(home: Home, import_id: str) -> Path | None:
    """The file that holds the failing rows of an import; None where no row failed."""
    paths = (home.reports / import_id / name for name in (_CSV, _WORKBOOK))
    return next((path for path in paths if path.exists()), None)


def write_set_aside(home: Home, import_id: str, rows: Mapping[str, pl.DataFrame]) -> Path | None:
    """Write what `quarantine` gives in place of what was there; None, and no file, where no row failed."""
    folder = home.reports / import_id
    path = folder / (_WORKBOOK if len(rows) > 1 and _fit_on_sheets(rows) else _CSV)
    if len(rows) > 1 and path.name == _WORKBOOK:
        _write_workbook(path, rows)
    elif rows:
        write_csv(path, pl.concat(rows.values(), how="diagonal"))
    for name in (_CSV, _WORKBOOK):
        if not rows or name != path.name:
            (folder / name).unlink(missing_ok=True)
    return path if rows else None


def _fit_on_sheets(rows: Mapping[str, pl.DataFrame]) -> bool:
    """Whether a workbook can hold the rows without cutting any."""
    return all(
        frame.height <= _SHEET_ROWS and frame.width <= _SHEET_COLUMNS and not overlong_cells(frame)
        for frame in rows.values()
    )


def _write_workbook(path: Path, rows: Mapping[str, pl.DataFrame]) -> None:
    from xlsxwriter import Workbook  # slow to import, and most files have one table

    with atomic_path(path) as draft, Workbook(str(draft), WORKBOOK_OPTIONS) as book:
        bold = book.add_format({"bold": True})
        for sheet, frame in rows.items():
            page = book.add_worksheet(sheet)
            _write_row(page, 0, frame.columns, bold)
            for at, cells in enumerate(frame.iter_rows(), start=1):
                _write_row(page, at, cells)


def _write_row(page: Worksheet, at: int, cells: Iterable[str | int | None], style: Format | None = None) -> None:
    for place, cell in enumerate(cells):
        if isinstance(cell, str):
            page.write_string(at, place, cell, style)
        elif cell is not None:
            page.write_number(at, place, cell, style)

"""The set-aside file of an import: one CSV, or a workbook with a sheet a table where rows of several tables failed.

Belongs here: where that file lies and in which format it is written. Does not belong: its content (`quarantine`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from contact_pipeline.atomic import atomic_path
from contact_pipeline.home import Home
from contact_pipeline.reporting.contact_csv import write_csv
from contact_pipeline.reporting.sheet_rows import write_line, write_rows
from contact_pipeline.safe_text import WORKBOOK_OPTIONS, overlong_cells

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
            write_line(page, 0, [(header, bold) for header in frame.columns])
            write_rows(page, 1, [(values, None) for values in frame])

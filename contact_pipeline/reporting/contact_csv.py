"""CSV files for people: what opens in Excel as text, and comes back unchanged.

Belongs here: writing a frame as CSV. Does not belong: which rows and columns (quarantine, exports).
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import polars as pl
import polars.selectors as cs

from contact_pipeline.atomic import atomic_path
from contact_pipeline.safe_text import guard_formula, runs_as_formula


def write_csv(path: Path, frame: pl.DataFrame) -> None:
    """Write `frame` atomically: UTF-8 with a byte order mark, text that could run as a formula led by a '.

    The guard holds for headers too, and for phone numbers such as +49...; the importer takes it off again.
    Times are written without fractions of a second. Raises polars' ComputeError for nested columns.
    """
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        append_csv(file, frame, with_header=True)


def append_csv(file: BinaryIO, frame: pl.DataFrame, *, with_header: bool) -> None:
    """Write a part of such a file: the first one `with_header`, the others of the same columns without."""
    names = pl.DataFrame({"name": frame.columns}, schema={"name": pl.String}).select(guard_formula(pl.col("name")))
    as_text = frame.cast({cs.categorical() | cs.enum(): pl.String})
    guarded = as_text.with_columns(guard_formula(pl.col(name)) for name in _columns_that_run(as_text))
    guarded.columns = names["name"].to_list()
    guarded.write_csv(file, include_bom=with_header, include_header=with_header, datetime_format="%Y-%m-%d %H:%M:%S")


def _columns_that_run(frame: pl.DataFrame) -> list[str]:
    """The columns with a cell that could run as a formula: most have none, and looking is cheaper than rewriting them."""
    runs = frame.select(runs_as_formula(pl.col(pl.String)).any())
    return [column.name for column in runs if column.item()]

"""The text table: what reading a file gives, before anybody knows what its columns mean.

Belongs here: the shape in memory and on disk of raw text with source lines. Does not belong: how bytes become it
(`reading`, `spreadsheets`) and what its columns are (`mapping`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

import polars as pl

from contact_pipeline.errors import FileRefused
from contact_pipeline.slices import slices

# What becomes of the rows of a table while they are read, slice by slice: the table with them.
Keep = Callable[["TextTable", Iterator[pl.DataFrame]], "TextTable"]


class RowKind(StrEnum):
    """What a record below the header is. Only DATA rows can become contacts; BROKEN ones fail; the rest is not data."""

    DATA = "data"
    BROKEN = "broken"
    BLANK = "blank"
    REPEATED_HEADER = "repeated_header"
    TOTAL = "total"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class TextTable:
    """One table of a file.

    `lazy_rows` gives a row for every record below the header, in source order, from memory or from a file, with the columns
    line (Int64, 1-based source line or sheet row), kind (String, a RowKind), problem (String, why a row is broken, else
    null), raw (String, the source text of a broken row, else null), and c0..c{n-1} (String, one a header; an empty cell
    is null; text is as in the source, only the surrounding quoting removed).
    A row wider or narrower than the header is broken, never cut or padded.
    """

    name: str  # sheet name; "" for a text file
    headers: tuple[str, ...]
    header_line: int
    lazy_rows: pl.LazyFrame = field(repr=False)
    encoding: str | None = None
    delimiter: str | None = None

    @property
    def cell_columns(self) -> list[str]:
        """Names of the cell columns, in the order of `headers`."""
        return [f"c{index}" for index in range(len(self.headers))]

    @property
    def rows(self) -> pl.DataFrame:
        """All rows in memory, as a whole."""
        return self.lazy_rows.collect()

    @property
    def lazy_data(self) -> pl.LazyFrame:
        """Only the rows that hold data."""
        return self.lazy_rows.filter(pl.col("kind") == RowKind.DATA)

    @property
    def data(self) -> pl.DataFrame:
        """Only the rows that hold data, in memory, as a whole."""
        return self.lazy_data.collect()

    @property
    def height(self) -> int:
        """Number of rows."""
        return int(self.lazy_rows.select(pl.len()).collect().item())

    def cells(self, column: str) -> pl.Series:
        """One column of cells, of the rows that hold data; no other column is read."""
        return self.lazy_data.select(column).collect().to_series()

    def kinds(self) -> dict[str, int]:
        """RowKind -> number of rows, by name."""
        counts = self.lazy_rows.group_by("kind").len().sort("kind").collect()
        return dict(counts.iter_rows())

    def slices(self) -> Iterator[TextTable]:
        """The table in parts that are small enough to be worked on as a whole, one after the other."""
        return (replace(self, lazy_rows=part) for part in slices(self.lazy_rows))

    def with_rows(self, rows: pl.DataFrame, headers: tuple[str, ...] | None = None) -> TextTable:
        """The same table with other rows, and other headers where they are given."""
        return replace(self, lazy_rows=rows.lazy(), headers=self.headers if headers is None else headers)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as read: its tables in source order, and the sheets passed over with the reason."""

    name: str
    tables: tuple[TextTable, ...]
    ignored_sheets: tuple[tuple[str, str], ...] = ()


class HeaderMissing(FileRefused):
    """A file whose tables start with data. `source` holds them under headers by position ("Column 1"), to be looked at."""

    def __init__(self, message: str, source: SourceFile) -> None:
        super().__init__("no_header_row", message)
        self.source = source


class RowsMissing(FileRefused):
    """A file whose table ends at its header. `source` holds the table as it is, for its headers to be looked at."""

    def __init__(self, message: str, source: SourceFile) -> None:
        super().__init__("header_only", message)
        self.source = source


def in_memory(table: TextTable, rows: Iterator[pl.DataFrame]) -> TextTable:
    """The table with its rows, all in memory and in one piece."""
    return table.with_rows(pl.concat(rows, rechunk=True))


def position_headers(width: int) -> tuple[str, ...]:
    """What the columns of a table without a header row are called."""
    return tuple(f"Column {place}" for place in range(1, width + 1))

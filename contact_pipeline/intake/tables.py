"""The text table: what reading a file gives, before anybody knows what its columns mean.

Belongs here: the shape in memory and on disk of raw text with source lines. Does not belong: how bytes become it
(`reading`, `spreadsheets`) and what its columns are (`mapping`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from contact_pipeline.errors import FileRefused


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

    `rows` has a row for every record below the header, in source order, with the columns
    line (Int64, 1-based source line or sheet row), kind (String, a RowKind), problem (String, why a row is broken, else
    null), raw (String, the source text of a broken row, else null), and c0..c{n-1} (String, one a header; an empty cell
    is null; text is as in the source, only the surrounding quoting removed).
    A row wider or narrower than the header is broken, never cut or padded.
    """

    name: str  # sheet name; "" for a text file
    headers: tuple[str, ...]
    header_line: int
    rows: pl.DataFrame = field(repr=False)
    encoding: str | None = None
    delimiter: str | None = None

    @property
    def cell_columns(self) -> list[str]:
        """Names of the cell columns, in the order of `headers`."""
        return [f"c{index}" for index in range(len(self.headers))]

    @property
    def data(self) -> pl.DataFrame:
        """Only the rows that hold data."""
        return self.rows.filter(pl.col("kind") == RowKind.DATA)


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


def position_headers(width: int) -> tuple[str, ...]:
    """What the columns of a table without a header row are called."""
    return tuple(f"Column {place}" for place in range(1, width + 1))

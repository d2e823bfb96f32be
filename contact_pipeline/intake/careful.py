"""Delimited text -> rows, record by record: every record below the header becomes a row, whatever its state.

Belongs here: which records are full, broken, blank or a note by their structure. Does not belong: splitting
(`delimited`) and the fast path (`native`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

import polars as pl

from contact_pipeline.intake.delimited import Dialect, Record, read_records, text_lines
from contact_pipeline.intake.encoding import Utf8Text
from contact_pipeline.intake.header_row import looks_like_address
from contact_pipeline.intake.tables import RowKind

_ROWS_A_CHUNK = 50_000
_UNDECODED = re.compile("[\ud800-\udfff]")
_Row = tuple[int, str | None, str | None, str | None, list[str] | None]


class CarefulReader:
    """Reads one text. `width` is the number of headers.

    `spare` is the number of empty cells that every full row has beyond the header (a delimiter ends each line); a row
    with them is full only while they are empty.
    """

    def __init__(self, dialect: Dialect, *, width: int, spare: int, cell_bytes: int) -> None:
        self._dialect, self._width, self._spare, self._cell_bytes = dialect, width, spare, cell_bytes
        self._after_blank = False

    def rows(self, text: Utf8Text, *, header_line: int, first_line: int = 1) -> Iterator[pl.DataFrame]:
        """Frames of line, kind (null where it is still open), problem, raw, c0.. for all records below the header; at least one.

        `first_line` is where the records begin, after a `sep=` line.
        """
        lines = islice(text_lines(text.data, damaged=text.damaged), first_line - 1, None)
        records = read_records(lines, self._dialect, width=self._width + self._spare)
        below = (self._row(r, r.line + first_line - 1) for r in records if r.line + first_line - 1 > header_line)
        yield self._frame(list(islice(below, _ROWS_A_CHUNK)))
        while chunk := list(islice(below, _ROWS_A_CHUNK)):
            yield self._frame(chunk)

    def _row(self, record: Record, line: int) -> _Row:
        raw = record.raw
        if not raw.isascii() and _UNDECODED.search(raw):
            return line, RowKind.BROKEN, _UNDECODED_PROBLEM, as_written(raw), None
        if record.cells is None:
            return line, RowKind.BROKEN, record.problem, raw, None
        if 4 * len(raw) > self._cell_bytes and (problem := self._too_long(record.cells)):
            return line, RowKind.BROKEN, problem, raw, None
        return self._sized(record.cells, line, raw)

    def _sized(self, cells: list[str], line: int, raw: str) -> _Row:
        if len(cells) == self._width and raw:
            self._after_blank = not any(cells)
            return line, None, None, None, cells
        if self._spare and len(cells) == self._width + self._spare and not any(cells[self._width :]):
            return line, None, None, None, cells[: self._width]
        if not any(cell.strip() for cell in cells):
            self._after_blank = True
            return line, RowKind.BLANK, None, None, None
        problem = f"{_cells(len(cells))} where the header has {self._width}"
        kind = RowKind.NOTE if self._is_note(cells, raw) else RowKind.BROKEN
        return line, kind, problem, raw, None

    def _is_note(self, cells: list[str], raw: str) -> bool:
        """A comment, or a lone cell after a blank line; `row_kinds` revokes the latter where data follows."""
        lone = sum(bool(cell.strip()) for cell in cells) == 1 and not looks_like_address(raw)
        return raw.startswith("#") or (lone and self._after_blank and len(cells) <= self._width)

    def _too_long(self, cells: list[str]) -> str | None:
        longest = max(len(cell.encode("utf-8", "surrogatepass")) for cell in cells)
        if longest <= self._cell_bytes:
            return None
        return f"a cell is too long: {longest:,} bytes, the limit is {self._cell_bytes:,}"

    def _frame(self, rows: list[_Row]) -> pl.DataFrame:
        columns: Iterator[tuple[object, ...]] = zip(*rows, strict=True) if rows else iter([()] * 5)
        line, kind, problem, raw, cells = columns
        empty = [None] * self._width
        by_column = list(zip(*(c or empty for c in cells), strict=True)) if rows else [()] * self._width
        texts = {f"c{index}": pl.Series(values, dtype=pl.String) for index, values in enumerate(by_column)}
        head = {
            "line": pl.Series(line, dtype=pl.Int64),
            "kind": pl.Series(kind, dtype=pl.String),
            "problem": pl.Series(problem, dtype=pl.String),
            "raw": pl.Series(raw, dtype=pl.String),
        }
        return pl.DataFrame(head | texts).with_columns(pl.col(list(texts)).replace("", None))


_UNDECODED_PROBLEM = "bytes that are not UTF-8, as the rest of the file is (a damaged or truncated character)"


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"


def as_written(raw: str) -> str:
    """Bytes that are no letters, as \\xNN: never a made-up letter."""
    return raw.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

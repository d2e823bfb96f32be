"""The fast path for delimited text that is proven clean; it gives the very table the careful path gives.

Belongs here: the proof over the bytes, and the native read behind it. Does not belong: anything lenient: a text with one
odd line is not proven, and is read by `careful_rows` instead.

The proof: UTF-8, no lone CR, each record holds the same number of delimiters outside quotes, each quote opens or closes a
whole cell, and a cell that goes over lines does not look like rows between two stray quotes. Under these polars cannot
pad, cut, shift or swallow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from contact_pipeline.intake.delimited import (
    MOST_CHARACTERS_IN_A_RECORD,
    MOST_LINES_IN_A_RECORD,
    Dialect,
    swallows_records,
)
from contact_pipeline.slices import SLICE_ROWS, in_order

_CHUNK = 1 << 22
_LF, _QUOTE = 10, 34
_BOM = b"\xef\xbb\xbf"
_Bytes = npt.NDArray[np.uint8]
_Positions = npt.NDArray[np.int64]


def read_clean(
    data: bytes, dialect: Dialect, *, header_line: int, width: int, cell_bytes: int
) -> Iterator[pl.DataFrame] | None:
    """Rows below the header in slices, or None where the text is not proven clean.

    `data` is valid UTF-8 without a byte order mark. The frames have line (Int64, 1-based) and c0.. (String, empty cells
    null). They are made as they are asked for: what is proven of all of the text is small.
    """
    if not _is_plain(data, dialect, width):
        return None
    start = _offset_of_line(data, header_line + 1)
    if start >= len(data):
        return None
    quoted = data.find(b'"', start) >= 0
    parts = _prove(data, start, dialect, width, quoted=quoted)
    if parts is None:
        return None

    def parse(part: _Part) -> pl.DataFrame:
        return _parse(data, part, dialect, width, quoted=quoted).insert_column(0, part.lines_from(header_line + 1))

    if any(part.longest > cell_bytes and _longest_cell(parse(part)) > cell_bytes for part in parts):
        return None
    return in_order(parse, _in_slices(parts))


def _parse(data: bytes, part: _Part, dialect: Dialect, width: int, *, quoted: bool) -> pl.DataFrame:
    names = [f"c{index}" for index in range(width)]
    rows = pl.read_csv(
        data[part.start : part.end],
        has_header=False,
        separator=dialect.delimiter,
        quote_char='"' if quoted else None,
        schema=dict.fromkeys(names, pl.String),
        empty_string_is_null=True,
        glob=False,
    )
    # polars takes two quotes for an empty text, not for none
    return rows.with_columns(pl.col(names).replace("", None)) if part.quotes_nothing else rows


def _longest_cell(rows: pl.DataFrame) -> int:
    """Bytes of the longest cell."""
    longest = rows.select(pl.max_horizontal(pl.col(pl.String).str.len_bytes().max())).item()
    return int(longest or 0)


def _is_plain(data: bytes, dialect: Dialect, width: int) -> bool:
    plain = dialect.quote == '"' and dialect.escape is None and not dialect.skip_space
    one_byte = len(dialect.delimiter.encode()) == 1
    if not (plain and one_byte and width > 1):
        return False
    # A single byte is looked for many times faster than several.
    ends = b"\r" not in data or data.count(b"\r") == data.count(b"\r\n")
    return ends and (_BOM[:1] not in data or _BOM not in data)


def _offset_of_line(data: bytes, line: int) -> int:
    offset = 0
    for _ in range(line - 1):
        end = data.find(b"\n", offset)
        if end < 0:
            return len(data)
        offset = end + 1
    return offset


@dataclass(frozen=True, slots=True)
class _Part:
    """Whole records, proven clean: the bytes from `start` to `end`.

    `longest` is the bytes of the longest record, `quotes_nothing` says that a cell is just two quotes, `lines` is for each
    record how many physical lines of the part stand before it, with the number of all of them as a last element.
    """

    start: int
    end: int
    longest: int
    quotes_nothing: bool
    lines: _Positions
    lines_before: int = 0

    def lines_from(self, first: int) -> pl.Series:
        """The line of each record, where the first record of the text stands in line `first`."""
        return pl.Series("line", self.lines[:-1] + (self.lines_before + first))

    def with_next(self, other: _Part) -> _Part:
        """This part and the one that follows it."""
        return _Part(
            self.start,
            other.end,
            max(self.longest, other.longest),
            self.quotes_nothing or other.quotes_nothing,
            np.append(self.lines[:-1], other.lines + self.lines[-1]),
            self.lines_before,
        )


def _in_slices(parts: Iterable[_Part]) -> Iterator[_Part]:
    """Parts that follow each other, joined as far as they have the rows of a slice."""
    joined: _Part | None = None
    for part in parts:
        joined = joined.with_next(part) if joined else part
        if len(joined.lines) > SLICE_ROWS:
            yield joined
            joined = None
    if joined:
        yield joined


@dataclass(frozen=True, slots=True)
class _Piece:
    """Whole records of a text, as bytes; where their physical lines end, which of these ends lie inside quotes."""

    bytes_: _Bytes
    ends: _Positions
    is_inside: npt.NDArray[np.bool_]

    @property
    def record_ends(self) -> _Positions:
        return self.ends[~self.is_inside]

    def broken_records(self) -> Iterator[bytes]:
        """The text of each record that goes over several lines."""
        ends = self.record_ends
        numbers = np.searchsorted(ends, self.ends[self.is_inside])
        for number in numbers[np.diff(numbers, prepend=-1) > 0]:  # np.unique would load what `inspect` has no time for
            yield self.bytes_[ends[number - 1] + 1 if number else 0 : ends[number]].tobytes()


def _prove(data: bytes, start: int, dialect: Dialect, width: int, *, quoted: bool) -> list[_Part] | None:
    """None where the records from `start` on are not all of `width` cells, or a quote is astray."""
    parts: list[_Part] = []
    lines_before = 0
    for part in in_order(lambda piece: _prove_piece(data, piece, dialect, width), _pieces(data, start, quoted=quoted)):
        if part is None:
            return None
        parts.append(replace(part, lines_before=lines_before))
        lines_before += int(part.lines[-1])
    return parts


def _prove_piece(data: bytes, at: tuple[int, int], dialect: Dialect, width: int) -> _Part | None:
    bytes_ = np.frombuffer(memoryview(data)[slice(*at)], dtype=np.uint8)
    ends = np.flatnonzero(bytes_ == _LF)
    if len(ends) == 0 or ends[-1] != len(bytes_) - 1:
        ends = np.append(ends, len(bytes_))
    delimiters = np.flatnonzero(bytes_ == ord(dialect.delimiter))
    quotes = np.flatnonzero(bytes_ == _QUOTE)
    if not _quotes_whole_cells(bytes_, quotes, ord(dialect.delimiter)):
        return None
    is_inside = np.zeros(len(ends), dtype=np.bool_)
    is_inside[_inside(ends, quotes)] = True
    piece = _Piece(bytes_, ends, is_inside)
    delimiters = _without(delimiters, _inside(delimiters, quotes))
    records = piece.record_ends
    if not _even_records(records, delimiters, width) or _swallows(piece, dialect, width):
        return None
    longest = int(np.diff(records, prepend=-1).max())
    lines = np.append(0, np.flatnonzero(~piece.is_inside) + 1)
    return _Part(*at, longest, _quotes_nothing(quotes), lines)


def _swallows(piece: _Piece, dialect: Dialect, width: int) -> bool:
    """Whether a cell that goes over lines may be rows between two stray quotes, or is too long to be sure."""
    for record in piece.broken_records():
        lines = record.decode().split("\n")
        if len(lines) >= MOST_LINES_IN_A_RECORD or len(record) >= MOST_CHARACTERS_IN_A_RECORD:
            return True
        if swallows_records(lines, width, dialect, width):
            return True
    return False


def _pieces(data: bytes, start: int, *, quoted: bool) -> Iterator[tuple[int, int]]:
    """Where pieces of the bytes from start on begin and end: at the end of a record, as far as quotes pair up."""
    while start < len(data):
        end = _line_end(data, start + _CHUNK)
        odd = quoted and data.count(b'"', start, end) % 2
        while odd and end < len(data):
            further = _line_end(data, end)
            odd = (odd + data.count(b'"', end, further)) % 2
            end = further
        yield start, end
        start = end


def _line_end(data: bytes, position: int) -> int:
    """Where the line ends that `position` is in."""
    return data.find(b"\n", position) + 1 or len(data)


def _even_records(ends: _Positions, delimiters: _Positions, width: int) -> bool:
    """Whether each record holds `width` - 1 of the delimiters."""
    if len(delimiters) != len(ends) * (width - 1):
        return False
    # With the right total, record k is even when its last delimiter precedes its end and its first follows the last end.
    by_record = delimiters.reshape(len(ends), width - 1)
    return bool((by_record[:, -1] < ends).all() and (by_record[1:, 0] > ends[:-1]).all())


def _inside(positions: _Positions, quotes: _Positions) -> _Positions:
    """The places of those positions that lie between an opening and a closing quote.

    Quotes are few: they are looked up among the positions, not the other way round.
    """
    first, after = np.searchsorted(positions, quotes[::2]), np.searchsorted(positions, quotes[1::2])
    counts = after - first
    before = counts.cumsum() - counts
    places: _Positions = np.repeat(first - before, counts) + np.arange(counts.sum())
    return places


def _without(positions: _Positions, places: _Positions) -> _Positions:
    return np.delete(positions, places) if len(places) else positions


def _quotes_nothing(quotes: _Positions) -> bool:
    """Whether a pair of quotes stands alone and holds nothing; a doubled quote has others beside it."""
    opening, closing = quotes[::2], quotes[1::2]
    alone = np.ones(len(opening) + 1, dtype=np.bool_)
    alone[1:-1] = opening[1:] != closing[:-1] + 1
    return bool(((closing == opening + 1) & alone[:-1] & alone[1:]).any())


def _quotes_whole_cells(bytes_: _Bytes, quotes: _Positions, delimiter: int) -> bool:
    """Whether each quote opens a cell, closes one, or is half of a doubled quote inside one."""
    if len(quotes) == 0 or len(quotes) % 2:
        return len(quotes) == 0
    opening, closing = quotes[::2], quotes[1::2]
    reopened = opening[1:] == closing[:-1] + 1
    before = np.where(opening > 0, bytes_[opening - 1], _LF)
    starts_cell = (before == delimiter) | (before == _LF)
    padded = np.append(bytes_, np.array([_LF, _LF], dtype=np.uint8))
    after = padded[closing + 1]
    ends_cell = (after == delimiter) | (after == _LF) | ((after == 13) & (padded[closing + 2] == _LF))
    return bool(
        (starts_cell[1:] | reopened).all() and starts_cell[:1].all() and (ends_cell[:-1] | reopened).all()
    ) and bool(ends_cell[-1:].all())

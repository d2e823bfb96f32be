"""The fast path for delimited text that is proven clean; it gives the very table the careful path gives.

Belongs here: the proof over the bytes, and the native read behind it. Does not belong: anything lenient: a text with one
odd line is not proven, and is read by `careful_rows` instead.

The proof: UTF-8, no lone CR, each record holds the same number of delimiters outside quotes, each quote opens or closes a
whole cell, and a cell that goes over lines does not look like rows between two stray quotes. Under these polars cannot
pad, cut, shift or swallow.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from contact_pipeline.intake.delimited import (
    MOST_CHARACTERS_IN_A_RECORD,
    MOST_LINES_IN_A_RECORD,
    Dialect,
    swallows_records,
)

_CHUNK = 1 << 22
_THREADS = 2  # numpy lets go of the interpreter lock while it compares
_LF, _QUOTE = 10, 34
_BOM = b"\xef\xbb\xbf"
_Bytes = npt.NDArray[np.uint8]
_Positions = npt.NDArray[np.int64]


def read_clean(data: bytes, dialect: Dialect, *, header_line: int, width: int, cell_bytes: int) -> pl.DataFrame | None:
    """Rows below the header, or None where the text is not proven clean.

    `data` is valid UTF-8 without a byte order mark. The frame has line (Int64, 1-based) and c0.. (String, empty cells
    null).
    """
    if not _is_plain(data, dialect, width):
        return None
    start = _offset_of_line(data, header_line + 1)
    quoted = data.find(b'"', start) >= 0
    if start >= len(data):
        return None
    proof = _prove(data, start, dialect, width, quoted=quoted)
    if proof is None:
        return None
    names = [f"c{index}" for index in range(width)]
    rows = pl.read_csv(
        data,
        has_header=False,
        skip_lines=header_line,
        separator=dialect.delimiter,
        quote_char='"' if quoted else None,
        schema=dict.fromkeys(names, pl.String),
        empty_string_is_null=True,
        glob=False,
    )
    if proof.quotes_nothing:  # polars takes that for an empty text, not for none
        rows = rows.with_columns(pl.col(names).replace("", None))
    if (
        proof.longest > cell_bytes
        and rows.select(pl.any_horizontal(pl.col(names).str.len_bytes().max() > cell_bytes)).item()
    ):
        return None
    if rows.height != len(proof.lines):
        return None
    return rows.insert_column(0, pl.Series("line", proof.lines + header_line + 1))


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
class _Proof:
    """What is known of records that are proven clean.

    `longest` is the bytes of the longest record, `quotes_nothing` says that a cell is just two quotes, `lines` is for each
    record how many physical lines stand before it.
    """

    longest: int
    quotes_nothing: bool
    lines: _Positions


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
        for number in np.unique(np.searchsorted(ends, self.ends[self.is_inside])):
            yield self.bytes_[ends[number - 1] + 1 if number else 0 : ends[number]].tobytes()


def _prove(data: bytes, start: int, dialect: Dialect, width: int, *, quoted: bool) -> _Proof | None:
    """None where the records from `start` on are not all of `width` cells, or a quote is astray."""
    longest, quotes_nothing, lines_before = 0, False, 0
    lines: list[_Positions] = []
    with ThreadPoolExecutor(_THREADS) as threads:
        for proof in threads.map(
            lambda piece: _prove_piece(piece, dialect, width), _pieces(data, start, quoted=quoted)
        ):
            if proof is None:
                threads.shutdown(cancel_futures=True)
                return None
            longest, quotes_nothing = max(longest, proof.longest), quotes_nothing or proof.quotes_nothing
            lines.append(proof.lines[:-1] + lines_before)
            lines_before += int(proof.lines[-1])
    return _Proof(longest, quotes_nothing, np.concatenate(lines))


def _prove_piece(chunk: memoryview, dialect: Dialect, width: int) -> _Proof | None:
    """The proof of one piece; its `lines` have the number of all physical lines of the piece as a last element."""
    bytes_ = np.frombuffer(chunk, dtype=np.uint8)
    ends = np.flatnonzero(bytes_ == _LF)
    if len(ends) == 0 or ends[-1] != len(bytes_) - 1:
        ends = np.append(ends, len(bytes_))
    delimiters = np.flatnonzero(bytes_ == ord(dialect.delimiter))
    quotes = np.flatnonzero(bytes_ == _QUOTE)
    if not _quotes_whole_cells(bytes_, quotes, ord(dialect.delimiter)):
        return None
    piece = _Piece(bytes_, ends, _inside(ends, quotes))
    delimiters = delimiters[~_inside(delimiters, quotes)]
    records = piece.record_ends
    if not _even_records(records, delimiters, width) or _swallows(piece, dialect, width):
        return None
    longest = int(np.diff(records, prepend=-1).max())
    return _Proof(longest, _quotes_nothing(quotes), np.append(0, np.flatnonzero(~piece.is_inside) + 1))


def _swallows(piece: _Piece, dialect: Dialect, width: int) -> bool:
    """Whether a cell that goes over lines may be rows between two stray quotes, or is too long to be sure."""
    for record in piece.broken_records():
        lines = record.decode().split("\n")
        if len(lines) >= MOST_LINES_IN_A_RECORD or len(record) >= MOST_CHARACTERS_IN_A_RECORD:
            return True
        if swallows_records(lines, width, dialect, width):
            return True
    return False


def _pieces(data: bytes, start: int, *, quoted: bool) -> Iterator[memoryview]:
    """The bytes from start on, in pieces that end at the end of a record, as far as quotes pair up."""
    view = memoryview(data)
    while start < len(data):
        end = _line_end(data, start + _CHUNK)
        odd = quoted and data.count(b'"', start, end) % 2
        while odd and end < len(data):
            further = _line_end(data, end)
            odd = (odd + data.count(b'"', end, further)) % 2
            end = further
        yield view[start:end]
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


def _inside(positions: _Positions, quotes: _Positions) -> npt.NDArray[np.bool_]:
    """Which positions lie between an opening and a closing quote. Quotes are few: they are looked up, not the others."""
    first, after = np.searchsorted(positions, quotes[::2]), np.searchsorted(positions, quotes[1::2])
    depth = np.zeros(len(positions) + 1, dtype=np.int32)
    np.add.at(depth, first, 1)
    np.add.at(depth, after, -1)
    inside: npt.NDArray[np.bool_] = depth[:-1].cumsum() > 0
    return inside


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

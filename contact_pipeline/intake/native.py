"""The fast path for delimited text that is proven clean; it gives the very table the careful path gives.

Belongs here: the proof over the bytes, and the native read behind it. Does not belong: anything lenient: a text with one
odd line is not proven, and is read by `careful_rows` instead.

The proof: UTF-8, no lone CR, each line holds the same number of delimiters outside quotes, each quote opens or closes a
whole cell, no line ends inside quotes. Under these polars cannot pad, cut, shift or swallow.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from contact_pipeline.intake.delimited import Dialect

_CHUNK = 1 << 23
_LF, _QUOTE = 10, 34
_BOM = b"\xef\xbb\xbf"
_Bytes = npt.NDArray[np.uint8]


def read_clean(data: bytes, dialect: Dialect, *, header_line: int, width: int, cell_bytes: int) -> pl.DataFrame | None:
    """Rows below the header, or None where the text is not proven clean.

    `data` is valid UTF-8 without a byte order mark. The frame has line (Int64, 1-based) and c0.. (String, empty cells
    null).
    """
    if not _is_plain(data, dialect, width):
        return None
    start = _offset_of_line(data, header_line + 1)
    quoted = data.find(b'"', start) >= 0
    if start >= len(data) or not _is_rectangular(data, start, dialect.delimiter.encode(), width, quoted=quoted):
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
    if quoted:
        rows = rows.with_columns(pl.col(names).replace("", None))
    if rows.select(pl.any_horizontal(pl.col(names).str.len_bytes().max() > cell_bytes)).item():
        return None
    line = pl.int_range(header_line + 1, header_line + 1 + rows.height, dtype=pl.Int64, eager=True)
    return rows.insert_column(0, line.alias("line"))


def _is_plain(data: bytes, dialect: Dialect, width: int) -> bool:
    plain = dialect.quote == '"' and dialect.escape is None and not dialect.skip_space
    one_byte = len(dialect.delimiter.encode()) == 1
    ends = data.count(b"\r") == data.count(b"\r\n")
    return plain and one_byte and ends and width > 1 and _BOM not in data


def _offset_of_line(data: bytes, line: int) -> int:
    offset = 0
    for _ in range(line - 1):
        end = data.find(b"\n", offset)
        if end < 0:
            return len(data)
        offset = end + 1
    return offset


def _is_rectangular(data: bytes, start: int, delimiter: bytes, width: int, *, quoted: bool) -> bool:
    for chunk in _line_chunks(data, start):
        bytes_ = np.frombuffer(chunk, dtype=np.uint8)
        ends = np.flatnonzero(bytes_ == _LF)
        delimiters = np.flatnonzero(bytes_ == delimiter[0])
        if quoted:
            quotes = np.flatnonzero(bytes_ == _QUOTE)
            if not _quotes_whole_cells(bytes_, quotes, delimiter[0]) or _inside(ends, quotes).any():
                return False
            delimiters = delimiters[~_inside(delimiters, quotes)]
        if not _even_lines(bytes_, ends, delimiters, width):
            return False
    return True


def _line_chunks(data: bytes, start: int) -> Iterator[memoryview]:
    """The bytes from start on, in pieces that end at a line end."""
    view = memoryview(data)
    while start < len(data):
        end = len(data) if start + _CHUNK >= len(data) else data.find(b"\n", start + _CHUNK) + 1 or len(data)
        yield view[start:end]
        start = end


def _even_lines(bytes_: _Bytes, ends: npt.NDArray[np.int64], delimiters: npt.NDArray[np.int64], width: int) -> bool:
    if len(ends) == 0 or ends[-1] != len(bytes_) - 1:
        ends = np.append(ends, len(bytes_))
    if len(delimiters) != len(ends) * (width - 1):
        return False
    # With the right total, line k is even when its last delimiter precedes its end and its first follows the last end.
    by_line = delimiters.reshape(len(ends), width - 1)
    return bool((by_line[:, -1] < ends).all() and (by_line[1:, 0] > ends[:-1]).all())


def _inside(positions: npt.NDArray[np.int64], quotes: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    inside: npt.NDArray[np.bool_] = np.searchsorted(quotes, positions) % 2 == 1
    return inside


def _quotes_whole_cells(bytes_: _Bytes, quotes: npt.NDArray[np.int64], delimiter: int) -> bool:
    """Whether each quote opens a cell, closes one, or is half of a doubled quote inside one."""
    if len(quotes) % 2:
        return False
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

"""Lines of delimited text -> records, strictly, so that a broken record fails alone.

Belongs here: splitting by a known dialect, joining quoted cells over lines, starting anew at the next line after damage.
Does not belong: choosing the dialect (`dialect`) and what a record is (`row_kinds`).
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper

# A quoted cell longer than this is taken for a quote that was never closed.
MOST_LINES_IN_A_RECORD = 1000
MOST_CHARACTERS_IN_A_RECORD = 1_000_000
_FULL_LINE_SHARE = 0.6
_UNIT_SEPARATOR = "\x1f"
_UNCLOSED = "a quote is opened and not closed"
_SWALLOWS = "a quoted cell spans lines that look like rows"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells are separated and quoted. `skip_space`: blanks after a delimiter are no part of the cell."""

    delimiter: str
    quote: str = '"'
    escape: str | None = None
    skip_space: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One record: `line` is 1-based, `raw` its text. `cells` is None where the structure is broken by `problem`."""

    line: int
    cells: list[str] | None
    raw: str
    problem: str | None = None


def text_lines(data: bytes, *, damaged: bool = False) -> Iterator[str]:
    """Physical lines with their ends (LF, CRLF or CR; no other character ends a line).

    Bytes that are not UTF-8 come as lone surrogates where `damaged`, so that no letter is invented for them.
    """
    errors = "surrogateescape" if damaged else "strict"
    return iter(TextIOWrapper(BytesIO(data), encoding="utf-8", errors=errors, newline=""))


def read_records(lines: Iterable[str], dialect: Dialect, *, width: int | None = None) -> Iterator[Record]:
    """Records of a text, in order; no physical line is lost.

    `width` is the number of cells of a full record: it unmasks two stray quotes that pair up over full lines.
    """
    source = _Lines(lines)
    parse = _parser(dialect)
    quote, delimiter, escape = dialect.quote, dialect.delimiter, dialect.escape
    for line in source:
        text = line.rstrip("\r\n")
        if quote not in text and not (escape and escape in text) and not dialect.skip_space:
            yield Record(source.number, text.split(delimiter), text)
            continue
        cells, problem = parse(text)
        if problem is _UNCLOSED:
            yield from _joined(source, line, parse, dialect, width)
        else:
            yield Record(source.number, cells, text, problem)


class _Lines:
    """Physical lines that can be given back. `number` is that of the line handed out last."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._returned: deque[str] = deque()
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._lines).removeprefix("\ufeff")
        self.number += 1
        return line

    def give_back(self, lines: list[str]) -> None:
        self._returned.extendleft(reversed(lines))
        self.number -= len(lines)


_Parse = Callable[[str], tuple[list[str] | None, str | None]]


def _joined(source: _Lines, first: str, parse: _Parse, dialect: Dialect, width: int | None) -> Iterator[Record]:
    """The record whose quoted cell goes on over the next lines, or broken lines.

    Where the quote never closes properly its first line alone is broken. Where it closes, but over what look like full
    records, nobody can tell rows from a cell, so all of its lines are broken.
    """
    start, parts = source.number, [first]
    size = len(first)
    while len(parts) < MOST_LINES_IN_A_RECORD and size < MOST_CHARACTERS_IN_A_RECORD:
        if (line := next(source, None)) is None:
            break
        parts.append(line)
        size += len(line)
        if dialect.quote not in line:
            continue
        text = "".join(parts).rstrip("\r\n")
        cells, problem = parse(text)
        if problem is _UNCLOSED:
            continue
        if cells is None:
            break
        if swallows_records(parts, len(cells), dialect, width):
            yield from (Record(start + i, None, part.rstrip("\r\n"), _SWALLOWS) for i, part in enumerate(parts))
        else:
            yield Record(start, cells, text)
        return
    source.give_back(parts[1:])
    yield Record(start, None, first.rstrip("\r\n"), _UNCLOSED)


def swallows_records(parts: list[str], cells: int, dialect: Dialect, width: int | None) -> bool:
    """Whether a record over several lines (`parts`) is several records between two stray quotes."""
    if width is None:
        return False
    if cells != width:
        return True
    filled = [part for part in parts if part.strip()]
    full = sum(part.count(dialect.delimiter) == width - 1 for part in filled)
    return width > 1 and full >= _FULL_LINE_SHARE * len(filled)


class _OneText:
    """An iterator over one text, which then ends until it is given another."""

    def __init__(self) -> None:
        self.text: str | None = None

    def __iter__(self) -> _OneText:
        return self

    def __next__(self) -> str:
        if self.text is None:
            raise StopIteration
        text, self.text = self.text, None
        return text


def _parser(dialect: Dialect) -> _Parse:
    multi = len(dialect.delimiter) > 1
    delimiter = _UNIT_SEPARATOR if multi else dialect.delimiter
    options = {
        "delimiter": delimiter,
        "quotechar": dialect.quote,
        "escapechar": dialect.escape,
        "skipinitialspace": dialect.skip_space,
        "strict": True,
    }

    # One reader for all records: it starts anew at each, also after an error, and making one costs as much as a record.
    source = _OneText()
    reader = csv.reader(source, **options)  # type: ignore[arg-type]  # options are checked by csv

    def parse(text: str) -> tuple[list[str] | None, str | None]:
        source.text = text.replace(dialect.delimiter, delimiter) if multi else text
        try:
            cells = next(reader, [""])
        except csv.Error as error:
            return None, _named(error)
        return ([c.replace(delimiter, dialect.delimiter) for c in cells] if multi else cells), None

    return parse


def _named(error: csv.Error) -> str:
    message = str(error)
    if "unexpected end of data" in message:
        return _UNCLOSED
    if "expected after" in message:
        return "text follows a closing quote"
    if "field larger than" in message:
        return "a cell is too long"
    return f"the line cannot be split: {message}"

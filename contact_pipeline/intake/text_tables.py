"""A text file -> its table: encoding, dialect, header row and rows put together.

Belongs here: the order of these decisions for delimited text. Does not belong: each decision (its own module) and
workbooks (`spreadsheets`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import polars as pl

from contact_pipeline.intake.careful import CarefulReader, as_written
from contact_pipeline.intake.delimited import Dialect, Record, read_records, text_lines
from contact_pipeline.intake.dialect import choose_dialect, declared_delimiter, is_wholly_quoted
from contact_pipeline.intake.encoding import Utf8Text, to_utf8
from contact_pipeline.intake.header_row import NO_HEADER, find_header, has_header_word, header_texts, says_no_rows
from contact_pipeline.intake.native import read_clean
from contact_pipeline.intake.refusals import refusal, shown
from contact_pipeline.intake.row_kinds import classify
from contact_pipeline.intake.signatures import refuse_binary
from contact_pipeline.intake.tables import (
    HeaderMissing,
    Keep,
    RowKind,
    RowsMissing,
    SourceFile,
    TextTable,
    in_memory,
    position_headers,
)
from contact_pipeline.settings import Limits

_SAMPLE_LINES = 400
_SAMPLE_CHARACTERS = 1 << 19
_SPARE_SHARE = 0.5
_COMMENT = re.compile(r"#+(?:\s+\S|[^,;\t|]*$)")  # a header may begin with "#" or "#Employees"
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class _Layout:
    """What the first lines say about the whole file.

    `first_line` is 2 below a `sep=` line. `header_line` is the line above it where there is no header. `spare` as in
    `careful`.
    """

    dialect: Dialect
    headers: tuple[str, ...]
    header_line: int
    header_end: int  # last physical line of the header; later than header_line where a header holds a line break
    first_line: int
    spare: int


def read_text(
    data: bytes, limits: Limits, *, name: str, columns: Sequence[str] = (), keep: Keep = in_memory
) -> TextTable:
    """The table of a delimited text file. `columns` are its headers where it has no header row; `keep` takes its rows.

    Raises FileRefused: unreadable_encoding, empty, binary, not_a_table, header_only, too_many_columns, too_many_rows;
    HeaderMissing.
    """
    text = to_utf8(data, name)
    refuse_binary(text.data, name)
    lines = _sample(text)
    if is_wholly_quoted(lines):
        text = _unwrapped(text)
        lines = _sample(text)
    layout = _layout(lines, columns, limits, name)
    table = _table(text, layout, limits, name, keep)
    if layout.header_line < layout.first_line and not columns:
        raise HeaderMissing(f"{shown(name)}: {NO_HEADER}", SourceFile(name, (table,)))
    return table


def _sample(text: Utf8Text) -> list[str]:
    lines: list[str] = []
    size = 0
    for line in islice(text_lines(text.data, damaged=text.damaged), _SAMPLE_LINES):
        size += len(line)
        if lines and size > _SAMPLE_CHARACTERS:
            break
        lines.append(line)
    return lines


def _unwrapped(text: Utf8Text) -> Utf8Text:
    """The text inside where each whole line is one quoted cell."""
    lines = text_lines(text.data, damaged=text.damaged)
    inner = (r.cells[0] if r.cells and len(r.cells) == 1 else r.raw for r in read_records(lines, Dialect(",")))
    return Utf8Text("\n".join(inner).encode("utf-8", "surrogateescape"), text.encoding, text.damaged)


def _layout(lines: list[str], columns: Sequence[str], limits: Limits, name: str) -> _Layout:
    first_line = 2 if declared_delimiter(lines) else 1
    dialect = choose_dialect(lines, name)
    records = list(read_records(lines[first_line - 1 :], dialect))
    rows = [record.cells or [] if not _COMMENT.match(record.raw) else [] for record in records]
    index = None if columns else find_header(rows)
    headers = tuple(columns) if columns else _headers(rows, index, name)
    if len(headers) > limits.columns:
        what = f"has too many columns: {len(headers):,}, the limit is {limits.columns:,}. Export fewer."
        raise refusal(name, "too_many_columns", what)
    if index is None:
        return _Layout(dialect, headers, first_line - 1, first_line - 1, first_line, _spare(records, len(headers)))
    line = records[index].line + first_line - 1
    end = line + len(_LINE_END.findall(records[index].raw))
    return _Layout(dialect, headers, line, end, first_line, _spare(records[index + 1 :], len(headers)))


def _headers(rows: list[list[str]], index: int | None, name: str) -> tuple[str, ...]:
    """The texts of the header row, or stand-ins as wide as most rows where there is none."""
    if index is not None:
        return header_texts([[as_written(cell) for cell in row] for row in rows[: index + 2]], index)
    widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    if not widths:
        raise refusal(name, "empty", "is empty: its first lines hold nothing. Export it again.")
    return position_headers(widths.most_common(1)[0][0])


def _spare(records: list[Record], width: int) -> int:
    """How many empty cells all full rows have beyond the header; 0 unless most rows agree."""
    filled = [record.cells for record in records if record.cells and any(cell.strip() for cell in record.cells)]
    wider = Counter(len(cells) - width for cells in filled if len(cells) > width and not any(cells[width:]))
    if not wider:
        return 0
    spare, count = wider.most_common(1)[0]
    return spare if count > _SPARE_SHARE * len(filled) else 0


def _rows(text: Utf8Text, layout: _Layout, limits: Limits) -> Iterator[pl.DataFrame]:
    """The rows in slices, their kind null where it is still open."""
    width = len(layout.headers)
    if not text.damaged and layout.header_line == layout.header_end:
        clean = read_clean(
            text.data, layout.dialect, header_line=layout.header_line, width=width, cell_bytes=limits.cell_bytes
        )
        if clean is not None:
            nothing = [pl.lit(None, dtype=pl.String).alias(column) for column in ("kind", "problem", "raw")]
            return (rows.select("line", *nothing, pl.exclude("line")) for rows in clean)
    reader = CarefulReader(layout.dialect, width=width, spare=layout.spare, cell_bytes=limits.cell_bytes)
    return reader.rows(text, header_line=layout.header_line, first_line=layout.first_line)


def _within(slices: Iterator[pl.DataFrame], limit: int, name: str) -> Iterator[pl.DataFrame]:
    """The rows, up to as many as may be read; raises FileRefused with the number of all where they are more."""
    height = 0
    for rows in slices:
        height += rows.height
        if height > limit:
            height += sum(rest.height for rest in slices)
            what = f"has too many rows: {height:,}, the limit is {limit:,}. Split it."
            raise refusal(name, "too_many_rows", what)
        yield rows


def _table(text: Utf8Text, layout: _Layout, limits: Limits, name: str, keep: Keep) -> TextTable:
    rows = classify(_within(_rows(text, layout, limits), limits.rows, name), layout.headers)
    known = TextTable("", layout.headers, layout.header_line, pl.LazyFrame(), text.encoding, layout.dialect.delimiter)
    table = keep(known, rows)
    kinds = table.kinds()
    if not kinds.keys() & {RowKind.DATA, RowKind.BROKEN}:
        raise RowsMissing(f"{shown(name)}: {says_no_rows(layout.headers)}", SourceFile(name, (table,)))
    if RowKind.DATA not in kinds and not any(map(has_header_word, layout.headers)):
        what = (
            f"is not a table with an Email column: none of its {sum(kinds.values()):,} rows has the {len(layout.headers)} cells of"
            " the first line."
        )
        raise refusal(name, "not_a_table", f"{what} Export the contacts as CSV or XLSX.")
    return table

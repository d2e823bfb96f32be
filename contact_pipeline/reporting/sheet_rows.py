"""The rows of a worksheet as XML, handed to xlsxwriter as they stand.

Belongs here: how a typed cell is written into the file, in a line of its own or column by column. Does not belong: how a table
looks (`sheets`). xlsxwriter takes calls for each cell, which is most of the time that a large workbook takes; and where it
keeps no rows in memory, it takes a text like "<r>...</r>" for markup. Here text is text, whatever is in it.

Source: ECMA-376 part 1, 18.3.1.4 (c), 18.3.1.73 (row), 22.9.2.19 (ST_Xstring).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import polars as pl

from contact_pipeline.safe_text import CELL_CHARACTERS

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Cell = str | float | None

_ROWS_AT_ONCE = 10_000  # bounds the text alive while a large sheet is written
_MOST_POINTS = 409  # of the height of a row
_NUMBER, _START = "number", "start"  # beside the columns c0, c1 and so on

# A character that XML cannot hold is written as its code; a text that looks like such a code has its underscore coded.
_LOOKS_CODED: Final = "(_x[0-9a-fA-F]{4}_)"
_NOT_IN_XML: Final = [*map(chr, (*range(9), *range(0x0B, 0x20), 0xFFFE, 0xFFFF))]
_WRITTEN: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", **{one: f"_x{ord(one):04X}_" for one in _NOT_IN_XML}}
_TRANSLATED: Final = str.maketrans(_WRITTEN)
_KEPT: Final = ' xml:space="preserve"'


def write_line(
    sheet: Worksheet, row: int, cells: Sequence[tuple[Cell, Format | None]], points: float | None = None
) -> None:
    """Write one row, the first being 0: values and their looks from the first column on, numbers finite.

    The sheet belongs to a workbook that keeps no rows in memory; rows come in order, and by these functions alone.
    """
    written = "".join(
        _cell_in_a_line(value, f"{_letters(place)}{row + 1}", look) for place, (value, look) in enumerate(cells)
    )
    height = "" if points is None else f' ht="{min(points, _MOST_POINTS)}" customHeight="1"'
    _append(sheet, row, len(cells), [f'<row r="{row + 1}"{height}>{written}</row>'])


def write_rows(
    sheet: Worksheet, first: int, columns: Sequence[tuple[pl.Series, Format | None]], points: pl.Series | None = None
) -> None:
    """Write rows from `first` on as `write_line` does: each column has String, Boolean, Int64 or Float64 values, and its look.

    `points` is the height of each row, where they do not all have the usual one.
    """
    values = _fitting(pl.DataFrame([one.alias(f"c{place}") for place, (one, _) in enumerate(columns)]))
    height = pl.lit("") if points is None else _height(pl.lit(points))
    numbered = values.with_columns(pl.int_range(first + 1, first + 1 + pl.len()).cast(pl.String).alias(_NUMBER))
    rows = numbered.with_columns(
        pl.concat_str(pl.lit('<row r="'), _NUMBER, pl.lit('"'), height, pl.lit(">")).alias(_START)
    )
    cells = [_cell_of_a_column(one.dtype, place, look) for place, (one, look) in enumerate(columns)]
    written = pl.concat_str(_START, *cells, pl.lit("</row>")).str.join("")
    parts = (part.select(written).item() for part in rows.iter_slices(_ROWS_AT_ONCE))
    _append(sheet, first + values.height - 1, len(columns), parts)


def _append(sheet: Worksheet, last: int, width: int, parts: Iterable[str]) -> None:
    """Past xlsxwriter's own table of cells, into the file that it keeps rows in."""
    sheet._check_dimensions(max(last, 0), width - 1)
    sheet.previous_row = last + 1
    sheet.row_data_fh.writelines(parts)


def _cell_in_a_line(value: Cell, at: str, look: Format | None) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return f'<c r="{at}"{_look(look)}><v>{value}</v></c>'
    text = re.sub(_LOOKS_CODED, r"_x005F\1", _cut(value)).translate(_TRANSLATED)
    return f'<c r="{at}"{_look(look)} t="inlineStr"><is><t{_KEPT}>{text}</t></is></c>'


def _cell_of_a_column(kind: pl.DataType, place: int, look: Format | None) -> pl.Expr:
    """The cells of the column `c<place>`: nothing where it is blank."""
    value, style = pl.col(f"c{place}"), f'"{_look(look)}'
    parts: Sequence[str | pl.Expr]
    if kind == pl.String:
        kept = pl.when(value.str.strip_chars() == value).then(pl.lit("")).otherwise(pl.lit(_KEPT))
        parts = (f'{style} t="inlineStr"><is><t', kept, ">", _text(value), "</t></is></c>")
    elif kind == pl.Boolean:
        parts = (f'{style} t="b"><v>', value.cast(pl.UInt8).cast(pl.String), "</v></c>")
    else:
        parts = (f"{style}><v>", value.cast(pl.String), "</v></c>")
    texts = (pl.lit(part) if isinstance(part, str) else part for part in parts)
    return pl.concat_str(pl.lit(f'<c r="{_letters(place)}'), _NUMBER, *texts).fill_null("")


def _text(value: pl.Expr) -> pl.Expr:
    """Text as XML holds it."""
    plain = value.str.replace_all(_LOOKS_CODED, "_x005F$1")
    return plain.str.replace_many(list(_WRITTEN), list(_WRITTEN.values()))


def _look(look: Format | None) -> str:
    return f' s="{look._get_xf_index()}"' if look else ""


def _letters(place: int) -> str:
    from xlsxwriter.utility import xl_col_to_name  # slow to load, and many imports write no workbook

    return str(xl_col_to_name(place))


def _fitting(values: pl.DataFrame) -> pl.DataFrame:
    """The values, texts cut off where a cell cannot hold more."""
    bytes_ = values.select(pl.col(pl.String).str.len_bytes().max())
    long = [name for name in bytes_.columns if (bytes_[name].item() or 0) > CELL_CHARACTERS]
    return values.with_columns(pl.col(long).map_elements(_cut, return_dtype=pl.String)) if long else values


def _cut(text: str) -> str:
    """The text up to CELL_CHARACTERS UTF-16 units, no character halved."""
    if len(text) <= CELL_CHARACTERS // 2:
        return text
    return text.encode("utf-16-le")[: 2 * CELL_CHARACTERS].decode("utf-16-le", "ignore")


def _height(points: pl.Expr) -> pl.Expr:
    return pl.format(' ht="{}" customHeight="1"', points.clip(upper_bound=_MOST_POINTS))

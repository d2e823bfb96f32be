"""A frame on a worksheet: typed columns, formats, widths, filters.

Belongs here: how any table of ours looks in Excel and how its cells are typed. Does not belong: the cells in the file
(`sheet_rows`), which sheets a workbook has and what they say (`workbook`, `overview_sheets`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import polars as pl

from contact_pipeline.reporting.aggregates import CATEGORIES
from contact_pipeline.reporting.sheet_rows import write_line, write_rows

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_A4 = 9
_LINE_POINTS = 15
_MICROSECONDS_A_DAY = 86_400_000_000
_EXCEL_EPOCH = pl.datetime(1899, 12, 30)
_FIRST_SERIAL, _LAST_SERIAL = 61, 2_958_466  # 1900-03-01, before it Excel's calendar is wrong, to the end of 9999


class Style(StrEnum):
    """How the values of a column look."""

    TEXT = "text"
    WRAPPED = "wrapped"
    MUTED = "muted"
    INTEGER = "integer"
    NUMBER = "number"
    DECIMAL = "decimal"
    MEASURE = "measure"
    MONEY = "money"
    SCORE = "score"
    PERCENT = "percent"
    DATE = "date"
    DATETIME = "datetime"
    CATEGORY = "category"


_FORMATS: dict[str, dict[str, Any]] = {
    Style.TEXT: {},
    Style.WRAPPED: {"text_wrap": True},
    Style.MUTED: {"font_color": "#6B7280"},
    Style.INTEGER: {"num_format": "#,##0"},
    Style.NUMBER: {},
    Style.DECIMAL: {"num_format": "0.0"},
    Style.MEASURE: {"num_format": "0.000"},
    Style.MONEY: {"num_format": "#,##0"},
    Style.SCORE: {"num_format": "0.0"},
    Style.PERCENT: {"num_format": "0.0%"},
    Style.DATE: {"num_format": "yyyy-mm-dd", "align": "left"},
    Style.DATETIME: {"num_format": "yyyy-mm-dd hh:mm", "align": "left"},
    Style.CATEGORY: {},
    "header": {"bold": True, "bg_color": "#1F2937", "font_color": "#FFFFFF", "text_wrap": True, "valign": "vcenter"},
    "score_header": {
        "bold": True,
        "bg_color": "#1D4ED8",
        "font_color": "#FFFFFF",
        "text_wrap": True,
        "valign": "vcenter",
    },
    "title": {"bold": True, "font_size": 18},
    "heading": {"bold": True, "font_size": 13, "bottom": 1, "bottom_color": "#D1D5DB"},
    "number_heading": {
        "bold": True,
        "font_size": 13,
        "bottom": 1,
        "bottom_color": "#D1D5DB",
        "align": "right",
    },
    "bold": {"bold": True},
    "note": {"font_color": "#6B7280"},
    "differs": {"bg_color": "#FBF0D9"},
    "isHot": {"bg_color": "#FBE3DE", "font_color": "#9C2A16", "bold": True},
    "isWarm": {"bg_color": "#FBF0D9", "font_color": "#7A5205", "bold": True},
    "isCold": {"bg_color": "#E4ECF7", "font_color": "#2B4E85", "bold": True},
}


class Formats:
    """The cell formats of one workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._made = {name: book.add_format({"valign": "top", **look}) for name, look in _FORMATS.items()}

    def __getitem__(self, name: str) -> Format:
        return self._made[name]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet; `values` is String, Boolean, Int64 or Float64, times being Excel serials."""

    header: str
    values: pl.Series
    style: Style = Style.TEXT
    width: float | None = None  # in characters; by the content where it is None
    is_score: bool = False


def column(
    header: str, values: pl.Series, style: Style | None = None, *, width: float | None = None, is_score: bool = False
) -> Column:
    """A column from any polars series: what a cell cannot hold as a number becomes text, NaN and infinity blank."""
    if values.dtype in (pl.Date, pl.Datetime):
        values, style = _excel_times(values)
    elif values.dtype.is_float():
        values = values.to_frame("v").select(pl.when(pl.col("v").is_finite()).then("v")).to_series()
        style = style or Style.NUMBER
    elif values.dtype.is_integer():
        values, style = values.cast(pl.Int64), style or Style.INTEGER
    elif values.dtype != pl.Boolean:
        values = values.cast(pl.String)
    return Column(header, values, style or Style.TEXT, width, is_score)


def write_table(sheet: Worksheet, formats: Formats, columns: Sequence[Column], *, frozen_columns: int = 0) -> None:
    """Write header and rows, with filter, frozen header, widths, data bars and colours. At least one column."""
    last = max(len(columns[0].values), 1)
    for place, item in enumerate(columns):
        sheet.set_column(place, place, item.width or _width(item))
        _decorate(sheet, formats, item.style, place, last)
    sheet.freeze_panes(1, frozen_columns)
    sheet.autofilter(0, 0, last, len(columns) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 1}"})
    print_on_wide_pages(sheet)
    sheet.repeat_rows(0)
    write_line(sheet, 0, [(one.header, formats["score_header" if one.is_score else "header"]) for one in columns])
    write_rows(sheet, 1, [(one.values, formats[one.style]) for one in columns], _points(columns))


def print_on_wide_pages(sheet: Worksheet) -> None:
    """Landscape, all columns on one page."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)


def _decorate(sheet: Worksheet, formats: Formats, style: Style, place: int, last: int) -> None:
    """Data bars on scores and colours on categories."""
    if style is Style.SCORE:
        bar = {"type": "data_bar", "bar_solid": True, "bar_color": "#BFD3F5", "bar_border_color": "#BFD3F5"}
        limits = {"min_type": "num", "min_value": 0, "max_type": "num", "max_value": 100}
        sheet.conditional_format(1, place, last, place, {**bar, **limits})
    if style is Style.CATEGORY:
        for category in CATEGORIES:
            rule = {"type": "cell", "criteria": "==", "value": f'"{category}"', "format": formats[f"is{category}"]}
            sheet.conditional_format(1, place, last, place, rule)


def _points(columns: Sequence[Column]) -> pl.Series | None:
    """How high each row is, where a column wraps: only Excel finds that by itself."""
    wrapped = [item for item in columns if item.style is Style.WRAPPED and item.values.dtype == pl.String]
    if not wrapped:
        return None
    needed = [
        item.values.str.split("\n")
        .list.eval((pl.element().str.len_chars() / (item.width or _width(item))).ceil().clip(1))
        .list.sum()
        .fill_null(1)
        .to_frame(str(place))
        for place, item in enumerate(wrapped)
    ]
    return _LINE_POINTS * pl.concat(needed, how="horizontal").max_horizontal().cast(pl.Int64)


def _excel_times(values: pl.Series) -> tuple[pl.Series, Style]:
    """Excel serials; where any time lies outside Excel's calendar the column is ISO text instead."""
    if isinstance(values.dtype, pl.Datetime) and values.dtype.time_zone:
        values = values.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    times = values.cast(pl.Datetime("us")).to_frame("v")
    serials = times.select((pl.col("v") - _EXCEL_EPOCH).dt.total_microseconds() / _MICROSECONDS_A_DAY).to_series()
    known = serials.drop_nulls()
    if not known.is_between(_FIRST_SERIAL, _LAST_SERIAL, closed="left").all():
        return times.select(pl.col("v").dt.to_string("%Y-%m-%d %H:%M")).to_series(), Style.TEXT
    return serials, Style.DATETIME if (known % 1 != 0).any() else Style.DATE


def _width(item: Column) -> float:
    """Wide enough for nearly all values, never wider than a screen has room for."""
    if item.style in (Style.DATE, Style.DATETIME):
        content = 11.0 if item.style is Style.DATE else 16.0
    elif item.values.dtype == pl.String and item.values.len():
        content = item.values.str.len_chars().quantile(0.9) or 0.0
    else:
        content = 9.0
    return min(max(content, min(len(item.header), 18), 8) + 2.5, 44)

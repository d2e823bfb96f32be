"""What is written into a worksheet is read back as it was, whatever is in it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape
from xlsxwriter import Workbook

from contact_pipeline.reporting.sheet_rows import write_line, write_rows
from contact_pipeline.safe_text import CELL_CHARACTERS, WORKBOOK_OPTIONS

ODD = st.sampled_from(
    [
        "<r>bold</r>",
        "<r><t>a & b</t></r>",
        "_x0041_",
        "_x005F_",
        "&amp;",
        "]]>",
        " padded ",
        "\ttab",
        "a\nb",
        "=1+1",
        "\ufffe",
    ]
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | ODD | st.builds("{}{}".format, ODD, ODD)
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)


def _sheet(
    *tables: tuple[pl.DataFrame, int], heading: list[Any] | None = None
) -> openpyxl.worksheet.worksheet.Worksheet:
    """What openpyxl finds after these were written one below the other."""
    target = BytesIO()
    with Workbook(target, WORKBOOK_OPTIONS) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
        if heading is not None:
            write_line(sheet, 0, [(one, bold) for one in heading])
        for frame, first in tables:
            write_rows(sheet, first, [(column, bold) for column in frame])
    return openpyxl.load_workbook(target).active


def _read(value: Any) -> Any:
    """As people see it: openpyxl leaves a coded character coded, and takes an empty text for none."""
    return unescape(value) or None if isinstance(value, str) else value


@given(st.lists(TEXTS | NUMBERS | st.none(), min_size=1, max_size=8))
def test_a_line_is_read_back_as_it_was(cells: list[Any]) -> None:
    sheet = _sheet(heading=cells)
    assert [_read(sheet.cell(1, place).value) for place in range(1, len(cells) + 1)] == [
        one or None if isinstance(one, str) else one for one in cells
    ]


@given(st.lists(st.tuples(TEXTS | st.none(), NUMBERS | st.none(), st.booleans() | st.none()), max_size=8))
def test_columns_are_read_back_as_they_were(rows: list[tuple[Any, ...]]) -> None:
    schema = {"text": pl.String, "number": pl.Float64, "truth": pl.Boolean}
    frame = pl.DataFrame(
        [(text, None if number is None else float(number), truth) for text, number, truth in rows], schema, orient="row"
    )
    sheet = _sheet((frame, 1), heading=list(schema))
    rows_there = sheet.iter_rows(min_row=2, max_row=1 + max(frame.height, 1), max_col=3)
    read = [tuple(_read(cell.value) for cell in row) for row in rows_there]
    assert read[: frame.height] == [(text or None, number, truth) for text, number, truth in frame.rows()]


@given(TEXTS)
def test_a_line_and_a_column_say_the_same(text: str) -> None:
    sheet = _sheet((pl.DataFrame({"text": [text]}), 1), heading=[text])
    assert sheet["A1"].value == sheet["A2"].value


def test_rows_follow_each_other_however_many_there_are() -> None:
    count = 25_000
    sheet = _sheet((pl.DataFrame({"number": range(count)}), 1), heading=["number"])
    assert [row[0] for row in sheet.iter_rows(values_only=True)] == ["number", *range(count)]


@pytest.mark.parametrize("letter", ["a", "é", "😀"])
def test_a_text_too_long_for_a_cell_is_cut_where_no_character_is_halved(letter: str) -> None:
    text = "x" + letter * CELL_CHARACTERS
    sheet = _sheet((pl.DataFrame({"text": [text, "short"]}), 1), heading=[text])
    kept = sheet["A1"].value
    assert text.startswith(kept)
    assert CELL_CHARACTERS - 1 <= len(kept.encode("utf-16-le")) // 2 <= CELL_CHARACTERS
    assert [sheet["A2"].value, sheet["A3"].value] == [kept, "short"]

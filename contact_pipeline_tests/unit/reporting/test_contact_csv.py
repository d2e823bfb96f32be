"""CSV for people: safe in Excel, unchanged when it comes back."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.reporting.contact_csv import write_csv
from contact_pipeline.safe_text import guard_formula, overlong_cells, unguard_formula

_CELLS = st.text(alphabet=st.sampled_from("=+-@\t\r\n '\"a1,é"), max_size=6) | st.text(max_size=12)


def _applied(function: object, text: str) -> str:
    frame = pl.DataFrame({"text": [text]}, schema={"text": pl.String})
    return str(frame.select(function(pl.col("text"))).item())  # type: ignore[operator]


def _read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.reader(lines))


@pytest.mark.parametrize("text", ["=1+1", "+4930123", "-5", "@SUM(A1)", "\t=1", "\r=1", " =1", "  @x", "'=1"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert _applied(guard_formula, text) == "'" + text


@pytest.mark.parametrize("text", ["Ana", "a=1", "1-2", "", "'quoted'", "O'Neil", "٣"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert _applied(guard_formula, text) == text


@given(_CELLS)
def test_a_guarded_cell_comes_back_unchanged(text: str) -> None:
    assert _applied(unguard_formula, _applied(guard_formula, text)) == text


@given(_CELLS)
def test_no_guarded_cell_starts_a_formula(text: str) -> None:
    assert not _applied(guard_formula, text).lstrip().startswith(("=", "+", "-", "@"))


def test_headers_and_all_kinds_of_columns_are_written_and_text_is_guarded(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "=header": ["+49301", None],
            "category": pl.Series(["-", "Hot"], dtype=pl.Categorical),
            "score": [-1.5, 2.0],
            "at": [datetime.fromisoformat("2026-02-03 04:05:06"), None],
        }
    )
    write_csv(tmp_path / "leads.csv", frame)
    assert _read(tmp_path / "leads.csv") == [
        ["'=header", "category", "score", "at"],
        ["'+49301", "'-", "-1.5", "2026-02-03 04:05:06"],
        ["", "Hot", "2.0", ""],
    ]


def test_line_breaks_and_quotes_stay_inside_their_cell(tmp_path: Path) -> None:
    cells = ["a\nb", 'say "x"', "a,b", "a\rb"]
    write_csv(tmp_path / "leads.csv", pl.DataFrame({"text": cells}))
    assert [row[0] for row in _read(tmp_path / "leads.csv")[1:]] == cells


def test_a_frame_without_text_or_rows_is_written_too(tmp_path: Path) -> None:
    write_csv(tmp_path / "leads.csv", pl.DataFrame({"n": [1]}))
    assert _read(tmp_path / "leads.csv") == [["n"], ["1"]]
    write_csv(tmp_path / "leads.csv", pl.DataFrame(schema={"text": pl.String}))
    assert _read(tmp_path / "leads.csv") == [["text"]]


def test_cells_longer_than_a_workbook_holds_are_counted_in_utf_16_units() -> None:
    frame = pl.DataFrame(
        {"a": ["x" * 32_767, "x" * 32_768, None], "b": ["😀" * 16_383, "😀" * 16_384, ""], "n": [1, 2, 3]}
    )
    assert overlong_cells(frame) == 2
    assert overlong_cells(pl.DataFrame({"n": [1]})) == 0

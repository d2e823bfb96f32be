"""The files of the duplicate report: complete, safe to open, and with a column to decide in."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import polars as pl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from contact_pipeline.matching.decisions import HEADERS
from contact_pipeline.reporting.duplicates_workbook import write_duplicates
from contact_pipeline_tests.unit.crm.fold_model import Given
from contact_pipeline_tests.unit.crm.small_crm import SmallCrm
from contact_pipeline_tests.unit.matching.duplicate_finding import found_in, person

ANN, EVIL = "ann@acme.example", '=HYPERLINK("http://bad.example")'


@pytest.fixture
def matches(tmp_path: Path) -> pl.DataFrame:
    """In source order: an ordinary match, one by phone, a row held."""
    crm = SmallCrm(tmp_path)
    crm.bring_in(Given("old", [person(ANN, "Ann", company=EVIL, phone="+442079460001")]))
    rows = [
        person(ANN, "Anna", company="Acme"),
        person("ann@home.example", "Ann", phone="+442079460001"),
        person(ANN, "Peter"),
    ]
    return found_in(crm, Given("new", rows)).matches


def _sheet(path: Path, name: str = "Duplicates") -> Worksheet:
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Duplicates", "How to decide"]
    return book[name]


def _column(sheet: Worksheet, header: str) -> list[object]:
    place = [cell.value for cell in sheet[1]].index(header) + 1
    return [row[place - 1].value for row in sheet.iter_rows(min_row=2)]


def test_what_needs_a_look_comes_first_in_both_files(matches: pl.DataFrame, tmp_path: Path) -> None:
    write_duplicates(tmp_path, matches, most=10)
    lines = [4, 3, 2]
    assert _column(_sheet(tmp_path / "duplicates.xlsx"), "Row line") == lines
    assert pl.read_csv(tmp_path / "duplicates.csv")["Row line"].to_list() == lines


def test_both_files_have_the_same_columns_and_an_empty_decision(matches: pl.DataFrame, tmp_path: Path) -> None:
    write_duplicates(tmp_path, matches, most=10)
    sheet = _sheet(tmp_path / "duplicates.xlsx")
    csv = pl.read_csv(tmp_path / "duplicates.csv")
    assert [cell.value for cell in sheet[1]] == csv.columns == list(HEADERS.values())
    assert _column(sheet, "Decision") == csv["Decision"].to_list() == [None, None, None]


def test_the_decision_is_chosen_from_a_list_in_every_row(matches: pl.DataFrame, tmp_path: Path) -> None:
    write_duplicates(tmp_path, matches, most=10)
    sheet = _sheet(tmp_path / "duplicates.xlsx")
    (choice,) = sheet.data_validations.dataValidation
    assert (choice.formula1, str(choice.sqref)) == ('"update,create,skip,keep apart"', "A2:A4")
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:X4"


def test_what_differs_between_the_two_sides_is_marked(matches: pl.DataFrame, tmp_path: Path) -> None:
    write_duplicates(tmp_path, matches, most=10)
    sheet = _sheet(tmp_path / "duplicates.xlsx")
    marked = {str(area.sqref): rules[0].formula for area, rules in sheet.conditional_formatting._cf_rules.items()}
    headers = [cell.value for cell in sheet[1]]
    place = openpyxl.utils.get_column_letter(headers.index("Row company") + 1)
    beside = openpyxl.utils.get_column_letter(headers.index("Match company") + 1)
    assert marked[f"{place}2:{beside}4"] == [f'AND(${place}2<>"",${beside}2<>"",${place}2<>${beside}2)']
    assert len(marked) == sum(name.startswith("row_") for name in HEADERS) == 6


def test_no_cell_runs_as_a_formula(matches: pl.DataFrame, tmp_path: Path) -> None:
    write_duplicates(tmp_path, matches, most=10)
    sheet = _sheet(tmp_path / "duplicates.xlsx")
    assert EVIL in _column(sheet, "Match company")
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    csv = pl.read_csv(tmp_path / "duplicates.csv")
    assert f"'{EVIL}" in csv["Match company"].to_list()
    assert "'+442079460001" in csv["Match phone"].to_list()


def test_a_long_report_is_cut_in_the_workbook_only_and_says_so(matches: pl.DataFrame, tmp_path: Path) -> None:
    write_duplicates(tmp_path, matches, most=2)
    path = tmp_path / "duplicates.xlsx"
    assert len(_column(_sheet(path), "Row line")) == 2
    assert pl.read_csv(tmp_path / "duplicates.csv").height == 3
    assert "first 2 of 3 matches" in " ".join(map(str, _column(_sheet(path, "How to decide"), "What it does")))


def test_the_choices_are_explained(matches: pl.DataFrame, tmp_path: Path) -> None:
    write_duplicates(tmp_path, matches, most=10)
    told = _sheet(tmp_path / "duplicates.xlsx", "How to decide")
    assert _column(told, "Choice") == ["update", "create", "skip", "keep apart", "(blank)", "How to send it back"]
    assert all(_column(told, "What it does"))


def test_there_is_no_file_where_nothing_is_found(matches: pl.DataFrame, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    write_duplicates(folder, matches.clear(), most=10)
    assert not folder.exists()
    write_duplicates(folder, matches, most=10)
    write_duplicates(folder, matches.clear(), most=10)
    assert list(folder.iterdir()) == []

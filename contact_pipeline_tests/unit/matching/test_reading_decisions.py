"""A duplicate report that comes back: which rows decide what, whatever program was in between."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from contact_pipeline.cleaning.issues import ISSUES_TYPE
from contact_pipeline.intake.reading import read_source
from contact_pipeline.intake.tables import SourceFile
from contact_pipeline.matching.decisions import HEADERS, is_decisions, read_decisions
from contact_pipeline.reporting.duplicates_workbook import write_duplicates
from contact_pipeline.settings import Limits
from contact_pipeline_tests.unit.crm.fold_model import Given
from contact_pipeline_tests.unit.crm.small_crm import SmallCrm
from contact_pipeline_tests.unit.matching.duplicate_finding import found_in, person

ANN = "ann@acme.example"
PLUS = "+ann@acme.example"  # a sign that a CSV has to guard
Fill = Callable[[Path, list[dict[str, str]]], SourceFile]


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """The folder with the files of a report: three rows that meet a contact."""
    crm = SmallCrm(tmp_path)
    crm.bring_in(Given("old", [person(ANN, "Ann"), person(PLUS, "Zoe")]))
    matches = found_in(crm, Given("new", [person(ANN, "Anna"), person(PLUS, "Zoe"), person(ANN)])).matches
    write_duplicates(tmp_path, matches, most=10)
    return tmp_path


def _in_workbook(folder: Path, cells: list[dict[str, str]]) -> SourceFile:
    book = openpyxl.load_workbook(folder / "duplicates.xlsx")
    headers = [cell.value for cell in book["Duplicates"][1]]
    for at, row in enumerate(cells, start=2):
        for header, value in row.items():
            book["Duplicates"].cell(at, headers.index(header) + 1).value = value or None
    book.save(folder / "back.xlsx")
    return read_source(folder / "back.xlsx", Limits())


def _in_csv(folder: Path, cells: list[dict[str, str]]) -> SourceFile:
    with (folder / "duplicates.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    filled = [{**row, **(cells[at] if at < len(cells) else {})} for at, row in enumerate(rows)]
    with (folder / "back.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(filled)
    return read_source(folder / "back.csv", Limits())


BOTH = pytest.mark.parametrize("fill", [_in_workbook, _in_csv])


@BOTH
def test_what_was_decided_comes_back_with_both_sides(report: Path, fill: Fill) -> None:
    found = read_decisions(fill(report, [{"Decision": "skip"}, {"Decision": "keep apart"}]))
    assert found.select("email", "row_name", "met_email", "met_name", "decision").rows() == [
        (ANN, "Anna Lee", ANN, "Ann Lee", "skip"),
        (PLUS, "Zoe Lee", PLUS, "Zoe Lee", "keep apart"),
        (ANN, "Lee", ANN, "Anna Lee", None),
    ]
    assert found.select("of_import", "rule", "ordinal", "line").rows() == [
        ("new@000000000000", "same e-mail", at, at + 2) for at in range(3)
    ]
    assert found["is_valid"].all()
    assert found["failures"].list.len().to_list() == found["issues"].list.len().to_list() == [0, 0, 0]
    types = {"ordinal": pl.Int64, "failures": pl.List(pl.String), "issues": ISSUES_TYPE, "decision": pl.String}
    assert {name: found.schema[name] for name in types} == types


@BOTH
@pytest.mark.parametrize("written", ["Keep Apart", " keep  apart ", "KEEP_APART", "keep-apart"])
def test_a_decision_is_taken_however_it_is_typed(report: Path, fill: Fill, written: str) -> None:
    assert read_decisions(fill(report, [{"Decision": written}]))["decision"].to_list()[0] == "keep apart"


@BOTH
def test_an_unknown_word_fails_its_row_and_names_the_choices(report: Path, fill: Fill) -> None:
    found = read_decisions(fill(report, [{"Decision": "merge"}, {"Decision": "skip"}]))
    assert found["failures"].to_list()[0] == ["the decision is none of update, create, skip, keep apart: merge"]
    assert found["is_valid"].to_list() == [False, True, True]
    assert found["decision"].to_list() == [None, "skip", None]


@BOTH
@pytest.mark.parametrize("header", ["Row e-mail", "Match e-mail", "Row import"])
@pytest.mark.parametrize("value", ["", "something else"])
def test_a_row_whose_identity_was_changed_fails(report: Path, fill: Fill, header: str, value: str) -> None:
    found = read_decisions(fill(report, [{"Decision": "skip", header: value}]))
    assert found["failures"].to_list()[0] == [f"the cell under '{header}' was changed"]
    assert found["is_valid"].to_list() == [False, True, True]


@pytest.mark.parametrize("header", ["Row name", "Match name", "Row import", "Rule"])
def test_a_report_without_one_of_its_columns_is_still_no_list_of_contacts(report: Path, header: str) -> None:
    frame = pl.read_csv(report / "duplicates.csv").drop(header)
    frame.write_csv(report / "back.csv")
    found = read_decisions(read_source(report / "back.csv", Limits()))
    assert set(found["failures"].list.first()) == {f"the column '{header}' is gone: keep all columns of the report"}
    assert not found["is_valid"].any()


def test_lines_that_are_no_data_and_broken_ones_are_told_apart(report: Path) -> None:
    path = report / "duplicates.csv"
    path.write_bytes(path.read_bytes() + b"\nonly,three,cells\n")
    found = read_decisions(read_source(path, Limits()))
    assert found["kind"].to_list() == ["data", "data", "data", "blank", "broken"]
    assert found["is_valid"].to_list() == [True, True, True, False, False]
    assert found["failures"].list.len().to_list() == [0, 0, 0, 0, 1]
    assert found["failures"].to_list()[-1][0].startswith("broken row: ")


def test_only_the_sheet_of_decisions_is_read(report: Path) -> None:
    source = _in_workbook(report, [])
    assert [is_decisions(table) for table in source.tables][:1] == [True]
    assert sum(is_decisions(table) for table in source.tables) == 1
    assert set(read_decisions(source)["sheet"]) == {"Duplicates"}


def test_a_list_of_contacts_is_no_report(contacts_csv: Callable[..., Path]) -> None:
    source = read_source(contacts_csv("Decision,Email,Name", "skip,a@x.example,Ann"), Limits())
    assert not is_decisions(source.tables[0])


def test_each_side_stands_beside_the_other() -> None:
    names = list(HEADERS)
    rows = [at for at, name in enumerate(names) if name.startswith("row_")]
    assert [names[at + 1] for at in rows] == [names[at].replace("row_", "match_") for at in rows]

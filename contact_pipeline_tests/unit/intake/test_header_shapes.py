"""Headers of more than one row: merged downwards, under names of groups, said again by a program; lists of links; errors."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from contact_pipeline.intake.reading import read_source
from contact_pipeline.intake.tables import HeaderMissing, TextTable
from contact_pipeline.settings import Limits


def _csv(folder: Path, text: str) -> TextTable:
    path = folder / "list.csv"
    path.write_text(text)
    return read_source(path, Limits()).tables[0]


def test_a_header_merged_over_rows_is_one_header_and_no_data(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("Notes").write(0, 0, "nothing here")
        sheet = book.add_worksheet("People")
        sheet.merge_range("B2:B4", "Email")
        sheet.merge_range("C2:D3", "Phone")
        sheet.write("C4", "home")
        sheet.write("D4", "work")
        sheet.write_row("B5", ["ann@x.org", "1", "2"])
    (table,) = (one for one in read_source(path, Limits()).tables if one.name == "People")
    assert table.headers == ("Email", "Phone home", "Phone work")
    assert table.header_line == 4
    assert table.rows.select("line", "kind", *table.cell_columns).rows() == [(5, "data", "ann@x.org", "1", "2")]


def test_names_of_groups_tell_headers_apart_that_are_the_same(tmp_path: Path) -> None:
    head = "Person,,Billing,,Shipping,\nName,Email,Street,City,Street,City\n"
    table = _csv(tmp_path, head + "Ann,ann@x.org,A 1,Rome,B 2,Oslo\nBob,bob@x.org,C 3,Bern,D 4,Bonn\n")
    expected = ("Name", "Email", "Billing Street", "Billing City", "Shipping Street", "Shipping City")
    assert table.headers == expected
    assert table.rows.height == 2


def test_a_title_above_the_header_is_no_group(tmp_path: Path) -> None:
    table = _csv(tmp_path, "Export of contacts,,\nName,Email,Email\nAnn,ann@x.org,a@y.org\nBob,bob@x.org,\n")
    assert table.headers == ("Name", "Email", "Email")


@pytest.mark.parametrize(
    "second",
    ["npsp__First_Name__c,npsp__Email__c,npsp__City__c", "first_name,email,city", "FirstName,EMAIL,City"],
)
def test_a_second_header_in_the_words_of_a_program_is_no_data(tmp_path: Path, second: str) -> None:
    table = _csv(tmp_path, f"First Name,Email,City\n{second}\nAnn,ann@x.org,Rome\n")
    assert table.rows["kind"].to_list() == ["repeated_header", "data"]


def test_a_first_row_that_only_resembles_its_header_is_data(tmp_path: Path) -> None:
    table = _csv(tmp_path, "Status,Type,Email\nstatus,type,ann@x.org\nopen,lead,bob@x.org\n")
    assert table.rows["kind"].to_list() == ["data", "data"]


def test_a_list_of_links_has_no_header(tmp_path: Path) -> None:
    path = tmp_path / "links.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for row, name in enumerate(["first mail", "second", "third"]):
            sheet.write_url(row, 0, f"https://x.org/{row}", string=name)
            sheet.write(row, 1, f"note {row}")
    with pytest.raises(HeaderMissing) as caught:
        read_source(path, Limits())
    assert caught.value.source.tables[0].rows.height == 3


def test_a_cell_that_holds_an_error_is_kept_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row("C3", ["Email", "Employees", "City"])
        sheet.write("C4", "ann@x.org")
        sheet.write_formula("D4", "=1/0", value="#DIV/0!")
        sheet.write_row("C5", ["bob@x.org", 5, "Rome"])
        sheet.write_formula("C6", "=NA()", value="#N/A")
    (table,) = read_source(path, Limits()).tables
    expected = [("ann@x.org", "#DIV/0!", None), ("bob@x.org", "5", "Rome"), ("#N/A", None, None)]
    assert table.data.select(table.cell_columns).rows() == expected

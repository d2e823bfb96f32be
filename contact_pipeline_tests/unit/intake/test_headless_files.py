"""Files without a header row: refused for that, read under the columns that a setting gives, looked at all the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from contact_pipeline.errors import FileRefused
from contact_pipeline.home import Home
from contact_pipeline.inspection import inspect_file
from contact_pipeline.intake.reading import read_source
from contact_pipeline.intake.tables import HeaderMissing, SourceFile
from contact_pipeline.settings import FileRule, Limits, Settings

ROWS = [
    ["ann@x.org", "Ann", "+44 20 7946 0000", "2024-05-01"],
    ["bob@x.org", "Bob", "+44 20 7946 0001", "2024-05-02"],
    ["cy@x.org", "Cy", "+44 20 7946 0002", "2024-05-03"],
]
COLUMNS = ("email", "first_name", "phone", "created_at")


@pytest.fixture(params=["csv", "quoted", "sep", "xlsx"])
def headless(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"list.{'xlsx' if request.param == 'xlsx' else 'csv'}"
    if request.param == "xlsx":
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet()
            for index, row in enumerate(ROWS):
                sheet.write_row(index, 0, row)
    elif request.param == "quoted":
        path.write_text("".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in ROWS))
    else:
        lines = ["sep=,"] * (request.param == "sep") + [",".join(row) for row in ROWS]
        path.write_text("\n".join(lines) + "\n")
    return path


def test_a_file_without_a_header_row_is_refused_and_its_rows_can_be_looked_at(headless: Path) -> None:
    with pytest.raises(HeaderMissing, match="no header row") as caught:
        read_source(headless, Limits())
    (table,) = caught.value.source.tables
    assert table.headers == ("Column 1", "Column 2", "Column 3", "Column 4")
    assert [list(row) for row in table.data.select(table.cell_columns).rows()] == ROWS


def test_columns_of_the_settings_stand_in_for_the_header(headless: Path) -> None:
    source: SourceFile = read_source(headless, Limits(), columns=COLUMNS)
    (table,) = source.tables
    assert table.headers == COLUMNS
    assert [list(row) for row in table.data.select(table.cell_columns).rows()] == ROWS


def test_inspect_fills_the_table_and_proposes_what_the_values_tell(headless: Path, tmp_path: Path) -> None:
    review = inspect_file(headless, Home(tmp_path / "home"))
    assert review["status"] == "refused"
    assert "no header row" in review["reason"]
    (table,) = review["tables"]
    assert table["rows"] == 3
    proposed = [column["field"] or column["alternatives"][:1] for column in table["columns"]]
    assert proposed == ["email", [], ["phone"], ["created_at"]]


def test_inspect_with_columns_in_the_settings_maps_them(headless: Path, tmp_path: Path) -> None:
    rules = (FileRule(match="list.*", columns=COLUMNS),)
    review = inspect_file(headless, Home(tmp_path / "home", Settings(files=rules)))
    assert review["status"] == "ok"
    assert tuple(column["field"] for column in review["tables"][0]["columns"]) == COLUMNS


def test_a_row_wider_than_the_columns_of_the_settings_is_not_cut(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("ann@x.org,Ann\nbob@x.org,Bob,more\n")
    (table,) = read_source(path, Limits(), columns=("email", "first_name")).tables
    assert table.rows["kind"].to_list() == ["data", "broken"]


def test_a_sheet_wider_than_the_columns_of_the_settings_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet().write_row(0, 0, ROWS[0])
    with pytest.raises(FileRefused, match="4 columns where the settings name 2"):
        read_source(path, Limits(), columns=("email", "first_name"))

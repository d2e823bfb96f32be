"""Rows set aside, mended and dropped in again: through the real job, as CSV and as workbook."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import duckdb
import openpyxl
import polars as pl
import pytest
import xlsxwriter
from click.testing import CliRunner, Result

from contact_pipeline.cli import main
from contact_pipeline.crm.history import past_import
from contact_pipeline.crm.session import read_crm
from contact_pipeline.defs.running import Runner, runner
from contact_pipeline.home import Home
from contact_pipeline.imports import FileOutcome, import_files, try_files
from contact_pipeline_tests.unit.whole_way import write_rows

LINES = (
    "E-Mail-Adresse,Vorname,Phone,Country,Favourite colour",
    "ann@acme.example,Ann,020 7946 0001,UK,blue",
    "bob[at]acme.example,Bob,+44 20 7946 0002,UK,=1+1",
    "cy,Cy,,UK,red",
    "dee,Dee,,UK,green",
)


@pytest.fixture
def running(home: Home) -> Iterator[Runner]:
    with runner(home, lambda _: None) as made:
        yield made


def _import(running: Runner, path: Path) -> FileOutcome:
    return import_files(running, [path], None).imports[0]


def _rows(path: Path | None) -> list[dict[str, str]]:
    assert path is not None
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _contacts(home: Home) -> pl.DataFrame:
    with duckdb.connect(str(home.crm), read_only=True) as connection:
        return connection.sql("SELECT email, first_name, phone, custom_fields FROM contacts ORDER BY email").pl()


def test_mended_rows_come_in_as_an_import_that_names_its_parent(
    running: Runner, contacts_csv: Callable[..., Path], tmp_path: Path
) -> None:
    first = _import(running, contacts_csv(*LINES))
    rows = _rows(first.quarantine_file)
    assert [row["Set-aside line"] for row in rows] == ["3", "4", "5"]
    assert rows[0]["Set-aside suggestion"] == "Email (Primary): bob@acme.example"
    assert rows[0]["Favourite colour"] == "'=1+1"
    rows[0]["E-Mail-Adresse"] = "bob@acme.example"
    rows[1]["E-Mail-Adresse"] = "cy@acme.example"
    mended = write_rows(tmp_path / "mended rows.csv", rows)

    tried = try_files(running.home, [mended], None).imports[0]
    second = _import(running, mended)

    assert tried.ledger.rows == second.ledger.rows
    assert second.ledger.rows == {
        "total": 3, "created": 2, "updated": 0, "unchanged": 0, "skipped": 0, "failed": 1, "not_data": 0,
    }  # fmt: skip
    assert _contacts(running.home).rows() == [
        ("ann@acme.example", "Ann", "+442079460001", '{"Favourite colour":"blue"}'),
        ("bob@acme.example", "Bob", "+442079460002", '{"Favourite colour":"=1+1"}'),
        ("cy@acme.example", "Cy", None, '{"Favourite colour":"red"}'),
    ]
    with read_crm(running.home) as connection:
        told = past_import(connection, str(second.import_id)).as_json()
    assert (told["kind"], told["parent"]) == ("mended", first.import_id)

    still = _rows(second.quarantine_file)
    assert [(row["Set-aside line"], row["Vorname"]) for row in still] == [("5", "Dee")]
    still[0]["E-Mail-Adresse"] = "dee@acme.example"
    third = _import(running, write_rows(tmp_path / "once more.csv", still))
    assert (third.ledger.created, third.ledger.failed) == (1, 0)
    assert _contacts(running.home)["email"].to_list()[-1] == "dee@acme.example"


def _workbook(path: Path) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        for sheet, rows in {
            "North": [["Email", "First Name"], ["ann@acme.example", "Ann"], ["bob at acme", "Bob"]],
            "South": [["First Name", "E-Mail"], ["Cy", "cy@"], ["Dee", "dee@acme.example"], ["=2+2", "eve@"]],
        }.items():
            page = book.add_worksheet(sheet)
            for at, row in enumerate(rows):
                for place, cell in enumerate(row):
                    page.write_string(at, place, cell)
    return path


def test_rows_of_several_sheets_are_set_aside_and_come_back_sheet_by_sheet(running: Runner, tmp_path: Path) -> None:
    first = _import(running, _workbook(tmp_path / "two sheets.xlsx"))
    assert first.quarantine_file is not None
    assert first.quarantine_file.suffix == ".xlsx"
    book = openpyxl.load_workbook(first.quarantine_file)
    assert book.sheetnames == ["North", "South"]
    south = book["South"]
    columns = {cell.value: cell.column for cell in south[1]}
    formula = south.cell(3, columns["First Name"])
    assert (formula.value, formula.data_type) == ("=2+2", "s")
    south.cell(2, columns["E-Mail"], "cy@acme.example")
    book.save(tmp_path / "mended.xlsx")

    second = _import(running, tmp_path / "mended.xlsx")

    assert (second.ledger.total, second.ledger.created, second.ledger.failed) == (3, 1, 2)
    assert _contacts(running.home)["email"].to_list() == ["ann@acme.example", "cy@acme.example", "dee@acme.example"]
    assert second.quarantine_file is not None
    again = openpyxl.load_workbook(second.quarantine_file)
    places = {sheet.title: [row[2].value for row in sheet.iter_rows(min_row=2)] for sheet in again}
    assert places == {"North": [3], "South": [4]}


def test_run_takes_mended_rows_and_refuses_those_of_another_home(
    contacts_csv: Callable[..., Path], tmp_path: Path
) -> None:
    def command(home: str, *arguments: str | Path) -> Result:
        env = {"CONTACT_PIPELINE_HOME": str(tmp_path / home)}
        return CliRunner().invoke(main, [*map(str, arguments), "--json"], env=env)

    first = json.loads(command("home", "run", contacts_csv(*LINES)).stdout)["imports"][0]
    rows = _rows(Path(first["quarantine_file"]))[:1]
    rows[0]["E-Mail-Adresse"] = "bob@acme.example"
    mended = write_rows(tmp_path / "mended.csv", rows)

    told = json.loads(command("home", "inspect", mended).stdout)[0]
    assert (told["status"], told["tables"][0]["kind"]) == ("ok", "mended")
    assert [column["header"] for column in told["tables"][0]["columns"]] == LINES[0].split(",")
    done = json.loads(command("home", "run", mended).stdout)["imports"][0]
    assert (done["status"], done["rows"]["created"]) == ("imported", 1)
    parents = {one["import_id"]: one["parent"] for one in json.loads(command("home", "imports").stdout)}
    assert parents == {first["import_id"]: None, done["import_id"]: first["import_id"]}

    elsewhere = command("elsewhere", "run", mended)
    assert elsewhere.exit_code == 1
    assert "not in this home" in elsewhere.stderr


def test_the_asset_shows_the_review_and_no_value_of_a_cell(running: Runner, contacts_csv: Callable[..., Path]) -> None:
    outcome = _import(running, contacts_csv(*LINES))
    event = running.instance.get_latest_materialization_event(dg.AssetKey("mapped_contacts"))
    assert event is not None
    assert event.asset_materialization is not None
    told = event.asset_materialization.metadata
    records = [record.data for record in told["problems"].value.records]
    assert [(one["column"], one["problem"], one["first lines"]) for one in records if one["would be set aside"]] == [
        ("E-Mail-Adresse", "is not an e-mail address", "3, 4, 5")
    ]
    assert told["missing_essential_fields"].value == "Company, Last Name"
    shown = str({name: getattr(value, "records", value) for name, value in told.items()})
    assert outcome.ledger.failed == 3
    assert not any(value in shown for value in ("acme.example", "7946", "Dee"))

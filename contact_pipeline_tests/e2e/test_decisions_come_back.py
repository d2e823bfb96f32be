"""The duplicate report, filled in and dropped in again: through the real job, as workbook and as CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import dagster as dg
import duckdb
import openpyxl
import pytest

from contact_pipeline.crm.history import past_import
from contact_pipeline.crm.session import read_crm
from contact_pipeline.defs.running import Runner, runner
from contact_pipeline.home import Home
from contact_pipeline.imports import FileOutcome, import_files
from contact_pipeline.turning_back import undo

HEADER = "Email,First Name,Last Name,Phone,Country"
OLD = (HEADER, "ann@acme.example,Ann,Lee,020 7946 0001,UK", "info@acme.example,Bob,Ray,,UK")
NEW = (
    HEADER,
    "ann@acme.example,Peter,Lee,,UK",  # held: somebody else's address?
    "ann@home.example,Ann,Lee,020 7946 0001,UK",  # the phone and name of a contact
    "info@acme.example,Cy,Doe,,UK",  # held
    "dee@acme.example,Dee,Fox,,UK",
)
Decide = Callable[[Path, Path, Mapping[str, str]], None]


@pytest.fixture
def running(home: Home) -> Iterator[Runner]:
    with runner(home, lambda _: None) as made:
        yield made


@pytest.fixture
def new(running: Runner, contacts_csv: Callable[..., Path]) -> FileOutcome:
    """The import that the decisions are about."""
    return import_files(
        running, [contacts_csv(*OLD, name="old.csv"), contacts_csv(*NEW, name="new.csv")], None
    ).imports[1]


def _contacts(home: Home) -> set[tuple[str, str]]:
    with duckdb.connect(str(home.crm), read_only=True) as connection:
        return set(connection.sql("SELECT email, first_name FROM contacts").fetchall())


def _fill_workbook(reports: Path, target: Path, words: Mapping[str, str]) -> None:
    book = openpyxl.load_workbook(reports / "duplicates.xlsx")
    sheet = book["Duplicates"]
    headers = [cell.value for cell in sheet[1]]
    for row in range(2, sheet.max_row + 1):
        name = sheet.cell(row, headers.index("Row name") + 1).value
        sheet.cell(row, headers.index("Decision") + 1).value = words.get(str(name))
    book.save(target)


def _fill_csv(reports: Path, target: Path, words: Mapping[str, str]) -> None:
    with (reports / "duplicates.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "Decision": words.get(row["Row name"], "")} for row in rows)


def _return(running: Runner, target: Path, decide: Decide, of: FileOutcome, words: Mapping[str, str]) -> FileOutcome:
    decide(running.home.reports / str(of.import_id), target, words)
    return import_files(running, [target], None).imports[0]


AS_IT_WENT = {
    ("ann@acme.example", "Ann"),
    ("ann@home.example", "Ann"),
    ("info@acme.example", "Bob"),
    ("dee@acme.example", "Dee"),
}
DECIDED = {"Peter Lee": "Keep apart", "Ann Lee": "update", "Cy Doe": "skip"}


@pytest.mark.parametrize(("decide", "name"), [(_fill_workbook, "mine.xlsx"), (_fill_csv, "mine.csv")])
def test_decisions_are_obeyed_remembered_and_undone(
    running: Runner, new: FileOutcome, contacts_csv: Callable[..., Path], tmp_path: Path, decide: Decide, name: str
) -> None:
    assert _contacts(running.home) == AS_IT_WENT
    done = _return(running, tmp_path / name, decide, new, DECIDED)
    assert (done.status, done.ledger.rows["total"], done.ledger.rows["updated"]) == ("imported", 3, 3)
    with read_crm(running.home) as connection:
        assert past_import(connection, str(done.import_id)).as_json()["kind"] == "decisions"
    obeyed = AS_IT_WENT - {("ann@home.example", "Ann")} | {("ann@acme.example", "Peter")}
    assert _contacts(running.home) == obeyed

    later = import_files(running, [contacts_csv(*NEW, "eve@acme.example,Eve,Poe,,UK", name="later.csv")], None).imports[
        0
    ]
    assert dict(later.ledger.skips) == {"decided: skip": 1}
    assert _contacts(running.home) == obeyed | {("eve@acme.example", "Eve")}

    undo(running.home, str(done.import_id))
    assert _contacts(running.home) == AS_IT_WENT | {("eve@acme.example", "Eve")}


def test_a_report_without_decisions_changes_nothing_and_a_bad_word_is_set_aside(
    running: Runner, new: FileOutcome, tmp_path: Path
) -> None:
    done = _return(running, tmp_path / "mine.xlsx", _fill_workbook, new, {"Cy Doe": "merge"})
    assert {state: count for state, count in done.ledger.rows.items() if count} == {
        "total": 3,
        "skipped": 2,
        "failed": 1,
    }
    assert dict(done.ledger.skips) == {"no decision": 2}
    assert done.quarantine_file is not None
    assert "none of update, create, skip, keep apart: merge" in done.quarantine_file.read_text(encoding="utf-8")
    assert _contacts(running.home) == AS_IT_WENT

    mended = tmp_path / "mended.csv"
    mended.write_text(
        done.quarantine_file.read_text(encoding="utf-8-sig").replace(",merge,", ",update,"), encoding="utf-8"
    )
    again = import_files(running, [mended], None).imports[0]
    assert (again.status, again.ledger.rows["updated"]) == ("imported", 1)
    assert ("info@acme.example", "Cy") in _contacts(running.home)


def test_the_asset_tells_counts_and_no_value_of_a_cell(running: Runner, new: FileOutcome) -> None:
    event = running.instance.get_latest_materialization_event(dg.AssetKey("duplicate_report"))
    assert event is not None
    assert event.asset_materialization is not None
    told = event.asset_materialization.metadata
    columns = ("rule", "found", "outcome", "rows")
    assert [tuple(record.data[name] for name in columns) for record in told["matches"].value.records] == [
        ("same e-mail", "in CRM", "held: shared mailbox?", 2),
        ("same phone and name", "in CRM", "becomes a contact of its own", 1),
    ]
    assert told["file"].value == str(running.home.reports / str(new.import_id) / "duplicates.xlsx")
    shown = str({name: getattr(value, "records", value) for name, value in told.items()})
    assert not any(value in shown for value in ("acme.example", "7946", "Peter"))

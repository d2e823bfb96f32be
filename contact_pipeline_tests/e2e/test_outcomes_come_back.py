"""Our own workbook, its column Outcome filled in by reps, dropped in again: whatever they and their programs did to it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from click.testing import CliRunner

from contact_pipeline.cli import main
from contact_pipeline.crm.history import past_import
from contact_pipeline.crm.provenance import trace
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.crm.undoing import rebuild
from contact_pipeline.erasure.erasing import erase
from contact_pipeline.handover import write_workbooks
from contact_pipeline.validation.sample_check import check_sample
from contact_pipeline_tests.e2e.small_home import SmallHome

HEADER = "Email,First Name,Last Name,Company,Lead Source"
PEOPLE = [f"{name}@acme.example,{name.title()},Lee,Acme,Web" for name in ("ann", "bob", "cyd", "dee", "eve")]
Rows = Sequence[Mapping[str, str]]


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    made = SmallHome(tmp_path)
    made.take(HEADER, *PEOPLE, name="people.csv")
    return made


def ids(small: SmallHome) -> dict[str, str]:
    """First part of the address -> contact id."""
    return {email.split("@")[0]: row["contact_id"] for email, row in small.contacts().items()}


def told(small: SmallHome) -> dict[str, tuple[bool | None, str | None]]:
    """What is known of the outcome of whom: converted and status; those of whom nothing is known left out."""
    found = {email.split("@")[0]: (row["converted"], row["lead_status"]) for email, row in small.contacts().items()}
    return {name: one for name, one in found.items() if one != (None, None)}


def as_csv(rows: Rows, delimiter: str = ",") -> bytes:
    text = StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def as_workbook(sheets: Mapping[str, Rows]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append([cell or None for cell in row.values()])
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def calls(of: Mapping[str, str], words: Mapping[str, str]) -> list[dict[str, str]]:
    """A call list as we write it, with these outcomes."""
    return [
        {"Name": f"{name.title()} Lee", "E-mail": f"{name}@acme.example", "Score": "90", "Outcome": words.get(name, ""),
         "Contact ID": contact_id}
        for name, contact_id in of.items()
    ]  # fmt: skip


def placed(small: SmallHome, content: bytes, name: str = "calls.xlsx") -> dict[str, int]:
    """The counts of an import that are not 0."""
    return {state: count for state, count in small.take_bytes(content, name).rows.items() if count}


WORDS = {"ann": "Won", "bob": "not  INTERESTED", "cyd": "Meeting booked", "dee": "banana"}


def test_each_word_does_what_it_says_and_nothing_else_in_the_file_changes_anything(small: SmallHome) -> None:
    before = small.contacts()
    rows = [{**row, "Name": "Mallory", "E-mail": "evil@x.example", "Score": "1"} for row in calls(ids(small), WORDS)]
    ledger = small.take_bytes(as_workbook({"Hot call list": rows}), "calls.xlsx")
    assert {state: count for state, count in ledger.rows.items() if count} == {
        "total": 5, "updated": 3, "unchanged": 1, "not_data": 1,
    }  # fmt: skip
    assert dict(ledger.issues) == {"converted: is no known outcome": 1}
    assert told(small) == {"ann": (True, "Won"), "bob": (False, "Not interested"), "cyd": (None, "Meeting booked")}
    after = small.contacts()
    assert after["ann@acme.example"]["converted_at"].date() == datetime.now(UTC).date()
    changed = {"converted", "converted_at", "lead_status", "is_scored", "company_id"}
    for email, row in after.items():
        assert {k: v for k, v in row.items() if k not in changed} == {
            k: v for k, v in before[email].items() if k not in changed
        }
    assert small.last is not None
    assert small.last.kind == "workbook"


def _sorted_and_cut(rows: Rows) -> bytes:
    kept = ("Outcome", "Contact ID")
    return as_csv([{name: row[name] for name in kept} for row in reversed(rows)])


def _in_a_crowd(rows: Rows) -> bytes:
    mine = [{"My notes": "call@her.example", **row, "E-mail 2": "x@y.example"} for row in rows]
    return as_workbook({"Notes": [{"Email": "new@person.example", "First Name": "New"}], "Tabelle 1": mine})


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (_sorted_and_cut, "renamed.csv"),
        (_in_a_crowd, "mine.xlsx"),
        (lambda rows: as_csv(rows, ";"), "excel.csv"),
        (lambda rows: as_csv(rows, "\t"), "pasted.txt"),
    ],
)
def test_what_reps_do_to_the_file_does_not_matter(small: SmallHome, change: Callable[[Rows], bytes], name: str) -> None:
    counts = placed(small, change(calls(ids(small), {"ann": "Won", "bob": "Lost"})), name)
    assert counts == {"total": 5, "updated": 2, "not_data": 3}
    assert told(small) == {"ann": (True, "Won"), "bob": (False, "Lost")}
    assert len(small.contacts()) == len(PEOPLE)


def test_two_sheets_that_agree_are_one_word_and_else_the_later_one_counts(small: SmallHome) -> None:
    first = calls(ids(small), {"ann": "Won", "bob": "Won", "cyd": "Lost", "dee": "Not reached"})
    second = calls(ids(small), {"ann": "won", "bob": "Lost", "cyd": "Interested: call again", "dee": "Wrong contact"})
    ledger = small.take_bytes(as_workbook({"Hot call list": first, "All leads": second}), "calls.xlsx")
    assert dict(ledger.skips) == {"duplicate in file": 1, "another row of the file tells otherwise": 3}
    assert (ledger.updated, ledger.not_data) == (4, 2)
    assert told(small) == {
        "ann": (True, "Won"), "bob": (False, "Lost"), "cyd": (False, "Lost"), "dee": (None, "Wrong contact"),
    }  # fmt: skip


def test_a_customer_is_never_lost_and_an_earlier_date_stays(small: SmallHome) -> None:
    small.take("Email,Converted,Conversion Date", "ann@acme.example,yes,2026-01-05", name="won.csv")
    placed(small, as_csv(calls(ids(small), {"ann": "Lost"})), "one.csv")
    assert small.contact("ann@acme.example")["converted"] is True
    placed(small, as_csv(calls(ids(small), {"ann": "Won"})), "two.csv")
    assert f"{small.contact('ann@acme.example')['converted_at']:%Y-%m-%d}" == "2026-01-05"


def test_own_words_of_the_settings_are_understood(tmp_path: Path) -> None:
    small = SmallHome(tmp_path, '[imports]\nwon_words = ["Signed!"]\nlost_words = ["geen interesse"]\n')
    small.take(HEADER, *PEOPLE)
    placed(small, as_csv(calls(ids(small), {"ann": " signed ", "bob": "Geen Interesse"})), "calls.csv")
    assert told(small) == {"ann": (True, "signed"), "bob": (False, "Geen Interesse")}


def test_a_row_of_nobody_is_set_aside_without_what_is_not_read(small: SmallHome) -> None:
    rows = calls({**ids(small), "zoe": "c0123456789abcdef", "kim": ""}, {"zoe": "Won", "kim": "Won", "ann": "Lost"})
    ledger = small.take_bytes(as_csv(rows), "calls.csv")
    assert dict(ledger.failures) == {
        "no Contact ID, which tells whose outcome it is": 1,
        "no contact has this Contact ID": 1,
    }
    assert ledger.updated == 1
    assert small.set_aside().select("Contact ID", "Outcome").rows() == [("c0123456789abcdef", "Won"), (None, "Won")]
    assert "zoe@acme.example" not in str(small.set_aside().rows())


def test_more_outcomes_in_the_same_workbook_are_a_new_import_that_adds(small: SmallHome) -> None:
    placed(small, as_workbook({"Hot call list": calls(ids(small), {"ann": "Won"})}), "calls.xlsx")
    more = as_workbook({"Hot call list": calls(ids(small), {"ann": "Won", "bob": "Lost"})})
    assert placed(small, more, "calls.xlsx") == {"total": 5, "updated": 1, "unchanged": 1, "not_data": 3}
    assert told(small) == {"ann": (True, "Won"), "bob": (False, "Lost")}


def test_the_outcome_of_one_of_two_who_share_an_address_is_not_the_others(small: SmallHome) -> None:
    """The records that decisions keep apart are told by the contact, not by the address."""
    small.take("Email,First Name", "ann@acme.example,Peter", name="peter.csv")
    with open_crm(small.home) as connection:
        connection.execute(
            """INSERT INTO decisions SELECT 'x@000000000000', 9::BIGINT << 32, '', 2, 'peter', 'same e-mail',
            'ann@acme.example', 'peter', 'ann@acme.example', 'ann lee', 'keep apart'"""
        )
        rebuild(connection, {})
        ((peter,),) = connection.execute("SELECT contact_id FROM contacts WHERE first_name = 'Peter'").fetchall()
    placed(small, as_csv(calls({"peter": peter}, {"peter": "Won"})), "calls.csv")
    with read_crm(small.home) as connection:
        found = connection.execute("SELECT first_name, converted FROM contacts WHERE email = 'ann@acme.example'")
        assert set(found.fetchall()) == {("Ann", None), ("Peter", True)}


def test_a_value_is_traced_to_the_cell_of_the_outcome_and_the_sample_agrees(small: SmallHome) -> None:
    placed(small, as_workbook({"Hot call list": calls(ids(small), {"ann": "won"})}), "calls.xlsx")
    assert small.last is not None
    with read_crm(small.home) as connection:
        (contact,) = trace(small.home, connection, "ann@acme.example")
        check = check_sample(small.home, connection, small.last)
    said = {one.field: one.sources[0] for one in contact.values}
    for name in ("converted", "lead_status", "converted_at"):
        source = said[name]
        assert (source.file, source.sheet, source.line) == ("calls.xlsx", "Hot call list", 2)
        assert [tuple(cell) for cell in source.cells] == [("Outcome", "won")]
    assert said["email"].file == "people.csv"
    assert (check.rows, check.cells, dict(check.differing)) == (1, 2, {})


def test_nothing_but_counts_is_kept_of_the_outcome_of_somebody_who_was_erased(small: SmallHome) -> None:
    of = ids(small)
    placed(small, as_workbook({"Hot call list": calls(of, {"ann": "Won", "bob": "Lost"})}), "calls.xlsx")
    first = small.last
    erase(small.home, "ann@acme.example", lambda _: None)
    later = small.take_bytes(as_workbook({"Calls": calls(of, {"ann": "Lost", "cyd": "Won"})}), "later.xlsx")
    assert (later.failed, later.updated) == (1, 1)
    assert told(small) == {"bob": (False, "Lost"), "cyd": (True, "Won")}
    assert first is not None
    with read_crm(small.home) as connection:
        past_import(connection, first.import_id).ledger.check()
    texts = [path.read_bytes() for path in small.home.inbox.rglob("*") if path.is_file()]
    for path in (*small.home.inbox.rglob("*.xlsx"), *small.home.root.rglob("*.parquet")):
        texts.append(path.read_bytes())
        if path.suffix == ".parquet":
            texts.append(str(pl.read_parquet(path).to_dicts()).encode())
    assert not [text for text in texts if b"ann@acme.example" in text]
    assert not list(small.home.inbox.rglob("*.xlsx"))


@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")  # it does not read data bars
def test_the_commands_know_the_workbook_as_we_write_it_filled_in_by_another_program(
    small: SmallHome, tmp_path: Path
) -> None:
    def command(*arguments: str | Path) -> Any:
        env = {"CONTACT_PIPELINE_HOME": str(small.home.root)}
        done = CliRunner().invoke(main, [*map(str, arguments), "--json"], env=env, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    book = openpyxl.load_workbook(write_workbooks(small.home, None).latest)
    sheet = book["All leads"]
    place = [cell.value for cell in sheet[1]].index("Outcome") + 1
    sheet.cell(2, place).value, sheet.cell(3, place).value = "Won", "Lost"
    filled = tmp_path / "from Kim (2).xlsx"
    book.save(filled)
    (review,) = command("inspect", filled)
    assert {table["kind"] for table in review["tables"]} == {"workbook"}
    assert [(c["header"], c["action"], c["field"]) for c in review["tables"][-1]["columns"]] == [
        ("Contact ID", "exclude", None),
        ("Outcome", "map", "converted"),
    ]
    tried = command("run", filled, "--dry-run")["imports"][0]
    told = command("run", filled)
    assert {"all leads as CSV", "all leads as Parquet", "leads for a CRM"} <= set(told["artifacts"])
    (done,) = told["imports"]
    assert tried["rows"] == done["rows"]
    assert (done["status"], done["rows"]["updated"], done["sample_check"]["differing"]) == ("imported", 2, {})
    assert command("run", filled)["imports"][0]["status"] == "already_imported"
    assert command("imports")[0]["kind"] == "workbook"
    assert command("undo", done["import_id"])["reversed"] == 2

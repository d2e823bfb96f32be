"""The import job on a real instance, real DuckDB and real files: what it leaves behind, and what running it again changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from contact_pipeline.defs.running import Runner, runner
from contact_pipeline.errors import PipelineError
from contact_pipeline.home import Home
from contact_pipeline.imports import FileOutcome, import_files

STAGES = ("raw_file", "mapped_contacts", "validated_contacts", "quarantined_rows", "duplicate_report", "crm_contacts",
          "import_summary")  # fmt: skip


@pytest.fixture
def running(home: Home) -> Iterator[Runner]:
    with runner(home, lambda _: None) as made:
        yield made


def _import(running: Runner, path: Path) -> FileOutcome:
    return import_files(running, [path], None).imports[0]


def _tables(home: Home) -> dict[str, pl.DataFrame]:
    """Everything in the CRM."""
    with duckdb.connect(str(home.crm), read_only=True) as connection:
        return {
            name: connection.sql(f"SELECT * FROM {name} ORDER BY ALL").pl()
            for name in ("contacts", "companies", "records", "imports", "custom_fields", "score_history")
        }


LINES = (
    "Email,First Name,Last Name,Company,Phone,Country,Favourite colour",
    "ann@acme.example,Ann,Lee,Acme Ltd,020 7946 0001,UK,blue",
    "bob@acme.example,Bob,Ray,ACME Limited,,UK,",
    "no-address,Cy,Doe,Acme Ltd,,UK,red",
    "ann@acme.example,,,Acme Ltd,,UK,green",
)


def test_a_file_becomes_scored_contacts_and_every_row_is_accounted_for(
    running: Runner, contacts_csv: Callable[..., Path]
) -> None:
    outcome = _import(running, contacts_csv(*LINES))
    assert outcome.status == "imported"
    assert outcome.ledger.rows == {
        "total": 4, "created": 2, "updated": 0, "unchanged": 0, "skipped": 1, "failed": 1, "not_data": 0,
    }  # fmt: skip
    contacts = _tables(running.home)["contacts"].sort("email")
    assert contacts["email"].to_list() == ["ann@acme.example", "bob@acme.example"]
    assert contacts["first_name"].to_list() == ["Ann", "Bob"]
    assert contacts["phone"].to_list() == ["+442079460001", None]
    assert contacts["custom_fields"].to_list() == ['{"Favourite colour":"green"}', None]
    assert contacts["company_id"].n_unique() == 1
    assert contacts["lead_score"].null_count() == 0
    assert set(contacts["score_method"]) == {"points"}


def test_the_row_that_failed_is_set_aside_with_its_reason_and_its_cells(
    running: Runner, contacts_csv: Callable[..., Path]
) -> None:
    outcome = _import(running, contacts_csv(*LINES))
    assert outcome.quarantine_file is not None
    aside = pl.read_csv(outcome.quarantine_file)
    assert aside["Set-aside line"].to_list() == [4]
    assert aside["First Name"].to_list() == ["Cy"]
    assert "no-address" in aside["Set-aside reasons"][0]


def test_the_same_bytes_again_change_nothing_whatever_they_are_called(
    running: Runner, contacts_csv: Callable[..., Path]
) -> None:
    _import(running, contacts_csv(*LINES))
    before = _tables(running.home)
    outcome = _import(running, contacts_csv(*LINES, name="other name.csv"))
    assert outcome.status == "already_imported"
    assert "contacts.csv" in (outcome.reason or "")
    after = _tables(running.home)
    assert all(before[name].equals(after[name]) for name in before)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Runner, str]]:
    """A home with two imports; the tests below must leave it as it is."""
    folder = tmp_path_factory.mktemp("imported")
    (folder / "contacts.csv").write_text("\n".join(LINES))
    (folder / "later.csv").write_text("Email,Company\nann@acme.example,Acme plc\n")
    home = Home(folder / "home")
    with runner(home, lambda _: None) as made:
        outcome = import_files(made, [folder / "contacts.csv", folder / "later.csv"], None)
        yield made, str(outcome.imports[0].import_id)


@pytest.mark.parametrize("stage", [*STAGES, "crm_companies", "scored_leads"])
def test_running_one_stage_again_changes_no_count_and_no_contact(imported: tuple[Runner, str], stage: str) -> None:
    running, import_id = imported
    before = _tables(running.home)
    running.rerun(stage, [import_id] if stage in STAGES else [], only=True)
    after = _tables(running.home)
    assert [name for name in before if not before[name].equals(after[name])] == []


def test_the_whole_import_again_changes_nothing_either(imported: tuple[Runner, str]) -> None:
    running, import_id = imported
    before = _tables(running.home)
    running.rerun("raw_file", [import_id], only=False)
    after = _tables(running.home)
    assert [name for name in before if not before[name].equals(after[name])] == []


def test_a_refused_file_is_on_record_and_the_next_one_is_imported(
    running: Runner, contacts_csv: Callable[..., Path]
) -> None:
    bad = contacts_csv("Name,Town", "Ann,Leeds", name="people.csv")
    outcome = import_files(running, [bad, contacts_csv(*LINES)], None)
    assert [one.status for one in outcome.imports] == ["refused", "imported"]
    assert "e-mail" in (outcome.imports[0].reason or "")
    with pytest.raises(
        PipelineError, match=r"^File refused \(no_email_column\): is not a table .*add the addresses\.$"
    ):
        running.rerun("mapped_contacts", [outcome.imports[0].import_id], only=True)
    assert outcome.scores is not None
    assert outcome.scores["scored"] == 2


def test_the_handed_over_files_are_there_and_no_formula_is_alive(
    running: Runner, contacts_csv: Callable[..., Path]
) -> None:
    from openpyxl import load_workbook

    hostile = contacts_csv(
        "Email,First Name,Company", '=1+1@x.example,=cmd,"=HYPERLINK(""http://x"")"', "a@b.example,Al,+1"
    )
    outcome = import_files(running, [hostile], None)
    for name in ("workbook", f"workbook of {outcome.imports[0].import_id}"):
        book = load_workbook(outcome.artifacts[name])
        assert not [cell for sheet in book for row in sheet for cell in row if cell.data_type == "f"]
    assert "Hot" in Path(outcome.artifacts["report"]).read_text(encoding="utf-8")


def test_metadata_and_logs_of_a_run_name_nobody(running: Runner, contacts_csv: Callable[..., Path]) -> None:
    refused = contacts_csv("Name,Town", "Ann Asked,Leeds", name="Guests of Ann Asked.csv")
    import_files(running, [refused, contacts_csv(*LINES)], None)
    stored = b"".join(path.read_bytes() for path in running.home.dagster.rglob("*") if path.is_file())
    for personal in (b"ann@acme", b"no-address", b"020 7946", b"+442079460001", b"Ann Asked"):
        assert personal not in stored

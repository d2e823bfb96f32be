"""Erasing a person from a home, step by step and interrupted, without runs of the orchestrator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import xlsxwriter

from contact_pipeline import stages
from contact_pipeline.cleaning.emails import TOMBSTONE_EMAIL
from contact_pipeline.crm.session import read_crm
from contact_pipeline.erasure.erasing import Erasure, erase
from contact_pipeline.home import Home
from contact_pipeline.intake import staging
from contact_pipeline.intake.receipt import Receipt, read_receipt, receive
from contact_pipeline.matching.decisions import HEADERS
from contact_pipeline.settings import ImportOptions
from contact_pipeline_tests.unit.whole_way import bring_file, write_rows

ANN, BOB, HOME_OF_ANN = "ann@acme.example", "bob@acme.example", "annie@home.example"
PEOPLE = (
    "Email,Second Email,First Name,Last Name,Notes,Colour",
    f"{ANN},{HOME_OF_ANN},Ann,Lee,at the fair,violet",
    f"{BOB},,Bob,Stone,ask {ANN},red",
    f"cy@acme.example,jo{ANN},Cy,Vo,,",
)


def _erase(home: Home, address: str = ANN) -> Erasure:
    return erase(home, address, lambda _: None)


def _rows(home: Home, query: str) -> list[tuple[Any, ...]]:
    with read_crm(home) as connection:
        return connection.sql(query).fetchall()


def _whole(home: Home, receipt: Receipt) -> Receipt:
    stages.set_aside_rows(home, receipt)
    stages.report_duplicates(home, receipt)
    return receipt


def _texts_of(home: Home) -> str:
    """All cells and bytes of the home, in lower case."""
    found = []
    for path in home.root.rglob("*"):
        if path.is_file():
            found += [path.name, path.read_bytes().decode("latin-1")]
            if path.suffix == ".parquet":
                found += [str(pl.read_parquet(path).to_dicts()), str(pl.read_parquet_metadata(path))]
    with duckdb.connect(str(home.crm), read_only=True) as connection:
        for (table,) in connection.sql("SELECT table_name FROM duckdb_tables()").fetchall():
            found.append(str(connection.sql(f"FROM {table}").fetchall()))
    return "\n".join(found).lower()


def _tables(home: Home) -> list[list[tuple[Any, ...]]]:
    names = ("records", "contacts", "companies", "custom_fields", "decisions", "opt_outs")
    return [_rows(home, f"FROM {name} ORDER BY ALL") for name in names]


def test_an_emptied_record_keeps_its_place_and_what_became_of_it(home: Home, contacts_csv: Callable[..., Path]) -> None:
    bring_file(home, contacts_csv(*PEOPLE))
    _erase(home)
    kept = "line, state, contributes, match_key, contact_id, first_name, notes, custom_fields::VARCHAR"
    assert _rows(home, f"SELECT {kept} FROM records ORDER BY sequence") == [
        (2, "created", False, None, None, None, None, None),
        (3, "created", True, BOB, *_rows(home, f"SELECT contact_id FROM contacts WHERE email = '{BOB}'")[0],
         "Bob", "ask [erased]", '{"Colour":"red"}'),
        (4, "created", True, "cy@acme.example", *_rows(home, "SELECT contact_id FROM contacts WHERE first_name = 'Cy'")[0],
         "Cy", None, None),
    ]  # fmt: skip
    assert _rows(home, "SELECT secondary_email FROM contacts WHERE first_name = 'Cy'") == [(f"jo{ANN}",)]


def test_custom_fields_are_counted_without_the_person(home: Home, contacts_csv: Callable[..., Path]) -> None:
    bring_file(home, contacts_csv(*PEOPLE))
    _erase(home)
    assert _rows(home, "SELECT name, filled FROM custom_fields") == [("Colour", 1)]


def test_stages_keep_their_rows_and_a_valid_one_stays_valid(home: Home, contacts_csv: Callable[..., Path]) -> None:
    receipt, _ = bring_file(home, contacts_csv(*PEOPLE))
    before = pl.read_parquet(home.stage("validated_contacts", receipt.import_id))
    _erase(home)
    after = pl.read_parquet(home.stage("validated_contacts", receipt.import_id))
    places = ["sheet", "line", "kind", "ordinal", "is_valid"]
    assert after.select(places).equals(before.select(places))
    assert after["email"].to_list() == [TOMBSTONE_EMAIL, BOB, "cy@acme.example"]
    assert all(cell in (None, []) for cell in after.drop(*places, "email").row(0))


def test_what_is_run_again_gives_the_stages_that_erasing_left(home: Home, contacts_csv: Callable[..., Path]) -> None:
    receipt, _ = bring_file(home, contacts_csv(*PEOPLE))
    _erase(home)
    paths = [home.stage(asset, receipt.import_id) for asset in ("raw_file", "mapped_contacts", "validated_contacts")]
    before, tables = [pl.read_parquet(path) for path in paths], _tables(home)
    bring_file(home, contacts_csv(*PEOPLE))
    for path, frame in zip(paths, before, strict=True):
        blank = pl.col("cleared").list.len().replace(0, None)  # an empty list and none both say that nothing is cleared
        same = frame.equals(pl.read_parquet(path)) or frame.with_columns(cleared=blank).equals(
            pl.read_parquet(path).with_columns(cleared=blank)
        )
        assert same, path
    assert _tables(home) == tables


def test_a_row_that_failed_and_names_the_person_is_emptied(home: Home, contacts_csv: Callable[..., Path]) -> None:
    lines = (*PEOPLE, f"nothing,,Ann,Leeward,writes from {ANN},", "nothing,,Eve,Fox,,")
    receipt, ledger = bring_file(home, contacts_csv(*lines))
    _whole(home, receipt)
    _erase(home)
    path, _, failing = stages.set_aside_rows(home, receipt)
    assert path is not None
    assert failing == ledger.failed == 2
    assert pl.read_csv(path, infer_schema=False)["First Name"].to_list() == [None, "Eve"]
    assert "leeward" not in _texts_of(home)


@pytest.mark.parametrize("separator", ["; ", " / ", ", "])
def test_an_address_beside_that_of_somebody_else_leaves_a_cell_that_can_be_read(
    home: Home, tmp_path: Path, separator: str
) -> None:
    rows = [{"Email": BOB + separator + ANN, "First Name": "Bob"}, {"Email": ANN, "First Name": "Ann"}]
    receipt, before = bring_file(home, write_rows(tmp_path / "people.csv", rows))
    _erase(home)
    stages.stage_mapped_contacts(home, read_receipt(home, receipt.import_id))
    judged = stages.stage_validated_contacts(home, receipt).collect()
    assert judged["email"].to_list() == [BOB, TOMBSTONE_EMAIL]
    assert judged["secondary_email"].to_list() == [None, None]
    assert stages.take_into_crm(home, receipt) == before


def test_a_sheet_that_was_not_imported_goes_with_the_workbook(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in {
            "People": [["Email", "Name"], [BOB, "Bob Stone"]],
            "Notes": [[f"{ANN} is Ann Leeward"]],
        }.items():
            page = book.add_worksheet(name)
            for at, row in enumerate(rows):
                page.write_row(at, 0, row)
    receipt, before = bring_file(home, path)
    assert _erase(home).imports == 1
    kept = read_receipt(home, receipt.import_id)
    assert {file.name for file in home.inbox.glob("*/*")} == {kept.kept_path(home).name, "receipt.json"}
    stages.stage_raw_file(home, kept)
    stages.stage_mapped_contacts(home, kept)
    stages.stage_validated_contacts(home, kept)
    assert stages.take_into_crm(home, kept) == before


def test_names_of_files_and_columns_lose_the_address(home: Home, contacts_csv: Callable[..., Path]) -> None:
    lines = (f"Email,Name,Sent to {ANN}", f"{BOB},Bob Stone,yes")
    receipt, _ = bring_file(home, contacts_csv(*lines, name=f"export {ANN}.csv"))
    _erase(home)
    assert ANN not in _texts_of(home)
    assert read_receipt(home, receipt.import_id).file_name == "export [erased].csv"
    assert _rows(home, "SELECT custom_fields::VARCHAR FROM contacts") == [('{"Sent to [erased]":"yes"}',)]


def test_lost_stages_are_made_again_to_find_the_person(home: Home, contacts_csv: Callable[..., Path]) -> None:
    receipt, _ = bring_file(home, contacts_csv(*PEOPLE))
    for asset in ("raw_file", "mapped_contacts", "validated_contacts"):
        home.stage(asset, receipt.import_id).unlink()
    assert _erase(home).imports == 1
    source = staging.read_source(read_receipt(home, receipt.import_id).kept_path(home))
    assert source.tables[0].rows["c0"].to_list() == [TOMBSTONE_EMAIL, BOB, "cy@acme.example"]
    assert HOME_OF_ANN not in _texts_of(home)


def test_a_received_file_that_was_not_imported_yet_is_kept_for_then(
    home: Home, contacts_csv: Callable[..., Path]
) -> None:
    receipt = receive(home, contacts_csv(*PEOPLE), ImportOptions())
    assert (_erase(home).waiting, receipt.kept_path(home).exists()) == (1, True)
    _, ledger = bring_file(home, contacts_csv(*PEOPLE))
    assert ledger.skips == {"erased": 1}
    assert ANN not in _texts_of(home).replace(f"jo{ANN}", "")


def test_an_unknown_address_is_kept_out_from_now_on(home: Home, contacts_csv: Callable[..., Path]) -> None:
    erased = _erase(home)
    assert erased.found_nothing
    assert not erased.needs_scores
    _, ledger = bring_file(home, contacts_csv(*PEOPLE))
    assert (ledger.created, ledger.skips) == (2, {"erased": 1})


def test_a_decision_about_the_person_is_forgotten_in_the_file_too(home: Home, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("\n".join(PEOPLE) + "\n")
    receipt, _ = bring_file(home, people)
    facts = {"rule": "same phone and name", "of_import": receipt.import_id, "decision": "keep apart"}
    pairs = (
        {"row_email": ANN, "row_name": "Ann Lee", "match_email": BOB, "match_name": "Bob Stone"},
        {"row_email": "cy@acme.example", "row_name": "Cy Vo", "match_email": BOB, "match_name": "Bob Stone"},
    )
    rows = [{HEADERS[name]: value for name, value in (facts | pair).items()} for pair in pairs]
    decided, before = bring_file(home, write_rows(tmp_path / "decided.csv", rows))
    assert decided.kind == "decisions"
    _erase(home)
    assert "ann lee" not in _texts_of(home)
    assert _rows(home, "SELECT email, met_email FROM decisions") == [("cy@acme.example", BOB)]
    _, after = bring_file(home, tmp_path / "decided.csv")
    assert (after.total, after.failed) == (before.total, 0)
    assert "ann lee" not in _texts_of(home)


STEPS = 6


@pytest.mark.parametrize("moment", range(STEPS))
def test_an_erasure_that_was_killed_is_finished_by_the_next(
    home: Home, contacts_csv: Callable[..., Path], moment: int
) -> None:
    lines = [line.replace("Ann,Lee", "Annabel,Leeward") for line in PEOPLE]
    for name, address in (("one.csv", ANN), ("two.csv", HOME_OF_ANN)):
        receipt, _ = bring_file(home, contacts_csv(*(line.replace(ANN, address) for line in lines), name=name))
        _whole(home, receipt)
    before = _rows(home, "SELECT import_id, total, created, skipped FROM imports ORDER BY 1")
    steps = iter(range(STEPS))

    def kill(_: str) -> None:
        if next(steps) == moment:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        erase(home, ANN, kill)
    _erase(home)
    left = _texts_of(home).replace(f"jo{HOME_OF_ANN}", "").replace(f"jo{ANN}", "")
    assert not [word for word in ("annabel", "leeward", HOME_OF_ANN, ANN) if word in left]
    assert _rows(home, "SELECT import_id, total, created, skipped FROM imports ORDER BY 1") == before
    assert _erase(home).found_nothing

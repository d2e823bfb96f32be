"""The whole way of a file through its stages, without the graph around it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pytest

from contact_pipeline import stages
from contact_pipeline.crm.ledger import Ledger
from contact_pipeline.errors import FileRefused
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import Receipt, receive
from contact_pipeline.settings import ImportOptions

LINES = (
    "Email,First Name,Last Name,Phone,Country,Notes",
    "ann@acme.example,Ann,Lee,020 7946 0001,UK,",
    '"bob@acme.example",Bob,Ray,not a number,UK,"two\nlines"',
    "no-address,Cy,Doe,,UK,",
    "ann@acme.example,Anna,Lee,,UK,met",
    "",
    "short,row",
    "Email,First Name,Last Name,Phone,Country,Notes",
    "ann@acme.example,Peter,Lee,,UK,",
)


def _walk(home: Home, receipt: Receipt) -> Ledger:
    stages.stage_raw_file(home, receipt)
    stages.stage_mapped_contacts(home, receipt)
    stages.stage_validated_contacts(home, receipt)
    return stages.take_into_crm(home, receipt)


def test_every_record_of_a_messy_file_ends_in_exactly_one_place(home: Home, contacts_csv: Callable[..., Path]) -> None:
    ledger = _walk(home, receive(home, contacts_csv(*LINES), ImportOptions()))
    assert ledger.rows == {
        "total": 8, "created": 2, "updated": 0, "unchanged": 0, "skipped": 2, "failed": 2, "not_data": 2,
    }  # fmt: skip
    assert dict(ledger.skips) == {"duplicate in file": 1, "shared mailbox?": 1}
    assert dict(ledger.failures) == {"broken row": 1, "e-mail address cannot be used": 1}
    assert sum(ledger.issues.values()) >= 2


def test_each_stage_again_leaves_the_same_rows_and_counts(home: Home, contacts_csv: Callable[..., Path]) -> None:
    receipt = receive(home, contacts_csv(*LINES), ImportOptions())
    first = _walk(home, receipt)
    paths = [home.stage(name, receipt.import_id) for name in ("raw_file", "mapped_contacts", "validated_contacts")]
    before = [pl.read_parquet(path) for path in paths]
    assert _walk(home, receipt) == first
    assert all(pl.read_parquet(path).equals(old) for path, old in zip(paths, before, strict=True))


def test_rows_that_an_older_version_left_are_made_anew_before_the_crm_takes_them_in(
    home: Home, contacts_csv: Callable[..., Path]
) -> None:
    receipt = receive(home, contacts_csv(*LINES), ImportOptions())
    first = _walk(home, receipt)
    path = home.stage("validated_contacts", receipt.import_id)
    before = pl.read_parquet(path)
    before.drop("cleared").write_parquet(path)
    assert stages.take_into_crm(home, receipt) == first
    assert pl.read_parquet(path).equals(before)


def test_the_duplicate_report_is_a_file_only_while_there_are_duplicates(
    home: Home, contacts_csv: Callable[..., Path]
) -> None:
    receipt = receive(home, contacts_csv(*LINES), ImportOptions())
    for stage in (stages.stage_raw_file, stages.stage_mapped_contacts, stages.stage_validated_contacts):
        stage(home, receipt)
    found = stages.report_duplicates(home, receipt).matches
    paths = [home.reports / receipt.import_id / name for name in ("duplicates.csv", "duplicates.xlsx")]
    assert found["outcome"].to_list() == ["folded into one contact, later values win", "held: shared mailbox?"]
    assert all(path.exists() for path in paths)
    assert not home.crm.exists(), "the report comes before anything is written"
    validated = home.stage("validated_contacts", receipt.import_id)
    pl.read_parquet(validated).head(2).write_parquet(validated)
    assert stages.report_duplicates(home, receipt).matches.is_empty()
    assert not any(path.exists() for path in paths)


def test_a_custom_column_is_noted_with_the_number_of_rows_that_fill_it(
    home: Home, contacts_csv: Callable[..., Path]
) -> None:
    lines = ("Email,Favourite colour,Shoe size", "ann@acme.example,blue,41", "bob@acme.example,,42", "no-address,red,")
    _walk(home, receive(home, contacts_csv(*lines), ImportOptions()))
    with duckdb.connect(str(home.crm), read_only=True) as connection:
        noted = connection.sql("SELECT name, filled FROM custom_fields ORDER BY name").fetchall()
    assert noted == [("Favourite colour", 1), ("Shoe size", 2)]


def test_a_file_without_an_address_column_is_refused_before_anything_is_written(
    home: Home, contacts_csv: Callable[..., Path]
) -> None:
    with pytest.raises(FileRefused):
        _walk(home, receive(home, contacts_csv("Colour,Size", "blue,1", "red,2"), ImportOptions()))
    assert not home.crm.exists()

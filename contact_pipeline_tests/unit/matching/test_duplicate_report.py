"""The duplicate report says, before anything is written, what the import then does."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from contact_pipeline.crm.history import sequence_of
from contact_pipeline.matching.duplicates import find_duplicates
from contact_pipeline.settings import Policy
from contact_pipeline_tests.unit.crm.fold_model import Given, Row, write_stages
from contact_pipeline_tests.unit.crm.small_crm import SmallCrm

ANN, BOB = "ann@acme.example", "bob@acme.example"


def _row(email: str, first: str | None = None) -> Row:
    return {"email": email, "first_name": first, "last_name": "Lee", "full_name": f"{first} Lee" if first else "Lee"}


def _report(crm: SmallCrm, one: Given) -> pl.DataFrame:
    write_stages(crm.home, one)
    rows = crm.home.stage("validated_contacts", one.import_id)
    place = sequence_of(crm.connection, one.import_id)
    return find_duplicates(crm.connection, rows, import_id=one.import_id, sequence=place, policy=one.policy)


@pytest.fixture
def crm(tmp_path: Path) -> SmallCrm:
    made = SmallCrm(tmp_path)
    made.bring_in(Given("one", [_row(ANN, "Ann")]))
    return made


def test_rows_that_meet_a_contact_and_rows_that_meet_each_other_are_told_apart(crm: SmallCrm) -> None:
    found = _report(crm, Given("two", [_row(BOB, "Bob"), _row(ANN, "Anna"), _row(BOB, "Robert"), _row(ANN)]))
    assert found.select("line", "found", "match", "match_name").rows() == [
        (3, "in CRM", crm.contact(ANN)["contact_id"], "Ann Lee"),
        (4, "in file", "line 2", "Bob Lee"),
        (5, "in file", "line 3", "Anna Lee"),
    ]
    assert found["row_name"].to_list() == ["Anna Lee", "Robert Lee", "Lee"]


@pytest.mark.parametrize(
    ("policy", "in_crm", "in_file"),
    [
        ("update", "updates the contact", "folded into one contact, later values win"),
        ("skip", "the contact is left alone, the row is skipped", "the first row is used, this one is skipped"),
        ("create", "becomes a second contact, flagged as duplicate", "becomes a contact of its own"),
    ],
)
def test_the_outcome_follows_the_policy(crm: SmallCrm, policy: Policy, in_crm: str, in_file: str) -> None:
    found = _report(crm, Given("two", [_row(ANN), _row(BOB), _row(BOB)], policy))
    assert found["outcome"].to_list() == [in_crm, in_file]


def test_rows_of_another_person_are_held_and_meet_who_is_there(crm: SmallCrm) -> None:
    rows = [_row(ANN, "Peter"), _row(ANN, "Annie"), _row(ANN, "Paul"), _row(BOB, "Bob"), _row(BOB, "Eve")]
    found = _report(crm, Given("two", rows))
    held = "held: shared mailbox?"
    assert found.select("line", "found", "match_name", "outcome").rows() == [
        (2, "in CRM", "Ann Lee", held),
        (3, "in CRM", "Ann Lee", "updates the contact"),
        (4, "in CRM", "Ann Lee", held),
        (6, "in file", "Bob Lee", held),
    ]


def test_the_report_is_the_same_when_it_is_made_again_after_the_import(crm: SmallCrm) -> None:
    two = Given("two", [_row(ANN, "Anna"), _row(BOB, "Bob"), _row(BOB, "Eve")])
    before = _report(crm, two)
    crm.bring_in(two)
    crm.bring_in(Given("three", [_row(BOB, "Bob")]))
    assert _report(crm, two).equals(before)


def test_the_number_of_rows_held_is_the_number_the_import_then_skips(crm: SmallCrm) -> None:
    two = Given("two", [_row(ANN, "Peter"), _row(BOB, "Bob"), _row(BOB, "Eve"), _row(BOB, "Bobby")])
    held = _report(crm, two).filter(pl.col("outcome") == "held: shared mailbox?").height
    assert crm.bring_in(two).skips["shared mailbox?"] == held == 2


def test_a_file_without_duplicates_has_an_empty_report(crm: SmallCrm) -> None:
    assert _report(crm, Given("two", [_row(BOB, "Bob")])).is_empty()
    assert _report(crm, Given("three", [{"failures": ["no e-mail address"]}])).is_empty()

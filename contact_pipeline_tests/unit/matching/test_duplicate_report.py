"""The duplicate report says, before anything is written, what the import then does."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from contact_pipeline.settings import Policy
from contact_pipeline_tests.unit.crm.fold_model import Given
from contact_pipeline_tests.unit.crm.small_crm import SmallCrm
from contact_pipeline_tests.unit.matching.duplicate_finding import found_in, person

ANN, BOB = "ann@acme.example", "bob@acme.example"
HELD = "held: shared mailbox?"


def _report(crm: SmallCrm, one: Given) -> pl.DataFrame:
    return found_in(crm, one).matches


@pytest.fixture
def crm(tmp_path: Path) -> SmallCrm:
    made = SmallCrm(tmp_path)
    made.bring_in(Given("one", [person(ANN, "Ann", company="Acme", phone="+442079460001")]))
    return made


def test_rows_that_meet_a_contact_and_rows_that_meet_each_other_are_told_apart(crm: SmallCrm) -> None:
    rows = [person(BOB, "Bob"), person(ANN, "Anna"), person(BOB, "Robert"), person(ANN)]
    found = _report(crm, Given("two", rows))
    assert found.select("line", "found", "match_file", "match_line", "contact_id", "match_name").rows() == [
        (3, "in CRM", "one.csv", 2, crm.contact(ANN)["contact_id"], "Ann Lee"),
        (4, "in file", "this file", 2, None, "Bob Lee"),
        (5, "in file", "this file", 3, None, "Anna Lee"),
    ]
    assert found["row_name"].to_list() == ["Anna Lee", "Robert Lee", "Lee"]


def test_both_records_stand_side_by_side(crm: SmallCrm) -> None:
    row = person(ANN, "Anna", company="Apex", phone="+442079460002", mobile_phone="+447911123456", original_crm_id="7")
    told = _report(crm, Given("two", [row])).row(0, named=True)
    sides = {name: (told[f"row_{name}"], told[f"match_{name}"]) for name in ("name", "company", "phone", "crm_id")}
    assert sides == {
        "name": ("Anna Lee", "Ann Lee"),
        "company": ("Apex", "Acme"),
        "phone": ("+442079460002, +447911123456", "+442079460001"),
        "crm_id": ("7", None),
    }
    assert (told["row_email"], told["match_email"], told["of_import"]) == (ANN, ANN, "two@000000000000")


def test_a_contact_is_shown_as_its_latest_records_before_the_import_say(crm: SmallCrm) -> None:
    crm.bring_in(Given("two", [person(ANN, "Anna")]))
    told = _report(crm, Given("three", [person(ANN, "A.")])).row(0, named=True)
    assert (told["match_name"], told["match_company"], told["match_file"]) == ("Anna Lee", "Acme", "two.csv")


@pytest.mark.parametrize(
    ("policy", "in_crm", "in_file"),
    [
        ("update", "updates the contact", "folded into one contact, later values win"),
        ("skip", "the contact is left alone, the row is skipped", "the first row is used, this one is skipped"),
        ("create", "becomes a second contact, flagged as duplicate", "becomes a contact of its own"),
    ],
)
def test_the_outcome_follows_the_policy(crm: SmallCrm, policy: Policy, in_crm: str, in_file: str) -> None:
    found = _report(crm, Given("two", [person(ANN), person(BOB), person(BOB)], policy))
    assert found["outcome"].to_list() == [in_crm, in_file]


def test_rows_of_another_person_are_held_and_meet_who_is_there(crm: SmallCrm) -> None:
    rows = [person(ANN, "Peter"), person(ANN, "Annie"), person(ANN, "Paul"), person(BOB, "Bob"), person(BOB, "Eve")]
    found = _report(crm, Given("two", rows))
    assert found.select("line", "found", "match_name", "outcome").rows() == [
        (2, "in CRM", "Ann Lee", HELD),
        (3, "in CRM", "Ann Lee", "updates the contact"),
        (4, "in CRM", "Ann Lee", HELD),
        (6, "in file", "Bob Lee", HELD),
    ]


def test_a_twin_of_the_contact_is_not_what_a_row_meets(crm: SmallCrm) -> None:
    main = crm.contact(ANN)["contact_id"]
    crm.bring_in(Given("two", [person(ANN, "Zoe", company="Twin Ltd")], "create"))
    told = _report(crm, Given("three", [person(ANN, "Ann")])).row(0, named=True)
    assert (told["contact_id"], told["match_name"], told["match_company"]) == (main, "Ann Lee", "Acme")


def test_the_report_is_the_same_when_it_is_made_again_after_the_import(crm: SmallCrm) -> None:
    phone = "+442079460001"
    two = Given(
        "two",
        [person(ANN, "Anna"), person(BOB, "Bob"), person(BOB, "Eve"), person("ann@x.example", "Ann", phone=phone)],
    )
    before = _report(crm, two)
    assert before.height == 3
    crm.bring_in(two)
    crm.bring_in(Given("three", [person(BOB, "Bob")]))
    assert _report(crm, two).equals(before)


def test_the_number_of_rows_held_is_the_number_the_import_then_skips(crm: SmallCrm) -> None:
    two = Given("two", [person(ANN, "Peter"), person(BOB, "Bob"), person(BOB, "Eve"), person(BOB, "Bobby")])
    held = _report(crm, two).filter(pl.col("outcome") == HELD).height
    assert crm.bring_in(two).skips["shared mailbox?"] == held == 2


def test_a_file_without_duplicates_has_an_empty_report(crm: SmallCrm) -> None:
    assert _report(crm, Given("two", [person(BOB, "Bob")])).is_empty()
    assert _report(crm, Given("three", [{"failures": ["no e-mail address"]}])).is_empty()

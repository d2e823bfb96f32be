"""Records of different addresses that share a CRM id, a phone number and name, or a LinkedIn profile."""

from __future__ import annotations

from pathlib import Path

import pytest

from contact_pipeline.matching.signs import MOST_ADDRESSES
from contact_pipeline.settings import Policy
from contact_pipeline_tests.unit.crm.fold_model import Given, Row
from contact_pipeline_tests.unit.crm.small_crm import SmallCrm
from contact_pipeline_tests.unit.matching.duplicate_finding import found_in, person

ANN, BOB, CY = "ann@acme.example", "bob@acme.example", "cy@acme.example"
PHONE, OTHER_PHONE = "+442079460001", "+442079460002"
PROFILE = "https://www.linkedin.com/in/ann"


@pytest.fixture
def crm(tmp_path: Path) -> SmallCrm:
    return SmallCrm(tmp_path)


def _pairs(crm: SmallCrm, *rows: Row, name: str = "new") -> list[tuple[str, str | None, str, str]]:
    matches = found_in(crm, Given(name, list(rows))).matches
    return matches.select("rule", "also", "row_email", "match_email").rows()


SHARED: list[tuple[str, Row, Row]] = [
    ("same CRM id", person(ANN, "Ann", original_crm_id="X7"), person(BOB, "Zoe", original_crm_id="X7")),
    ("same phone and name", person(ANN, "Bob", phone=PHONE), person(BOB, "Robert", phone=PHONE)),
    ("same phone and name", person(ANN, "Bob", phone=PHONE), person(BOB, "Bob", mobile_phone=PHONE)),
    ("same phone and name", person(ANN, "Bob", phone=f"{PHONE};ext=12"), person(BOB, "Bob", phone=PHONE)),
    ("same phone and name", person(ANN, "Ann", "Lee", phone=PHONE), person(BOB, "Ann", "Ray", phone=PHONE)),
    ("same LinkedIn profile", person(ANN, "Ann", linkedin_url=PROFILE), person(BOB, "Zoe", linkedin_url=PROFILE)),
]
APART: list[tuple[Row, Row]] = [
    (person(ANN, "Ann", original_crm_id="x7"), person(BOB, "Ann", original_crm_id="X7")),
    (person(ANN, "Ann", phone=PHONE), person(BOB, "Zoe", phone=PHONE)),
    (person(ANN, "Ann", phone=PHONE), person(BOB, "Ann", phone=OTHER_PHONE)),
    (person(ANN, "Ann", phone=PHONE), person(BOB, None, phone=PHONE)),
    (person(ANN, "Ann"), person(BOB, "Ann")),
]


@pytest.mark.parametrize(("rule", "one", "other"), SHARED)
def test_a_shared_sign_is_found_in_the_file_and_against_the_crm(crm: SmallCrm, rule: str, one: Row, other: Row) -> None:
    assert _pairs(crm, one, other) == [(rule, None, BOB, ANN)]
    crm.bring_in(Given("old", [one]))
    assert _pairs(crm, other) == [(rule, None, BOB, ANN)]


@pytest.mark.parametrize(("one", "other"), APART)
def test_what_is_not_the_same_is_not_listed(crm: SmallCrm, one: Row, other: Row) -> None:
    assert _pairs(crm, one, other) == []
    crm.bring_in(Given("old", [one]))
    assert _pairs(crm, other) == []


def test_a_pair_is_listed_once_under_the_first_rule_and_the_others_are_named(crm: SmallCrm) -> None:
    signs = {"original_crm_id": "7", "phone": PHONE, "linkedin_url": PROFILE}
    also = "same phone and name, same LinkedIn profile"
    assert _pairs(crm, person(ANN, "Ann", **signs), person(BOB, "Ann", **signs)) == [("same CRM id", also, BOB, ANN)]
    crm.bring_in(Given("old", [person(ANN, "Ann", **signs)]))
    assert _pairs(crm, person(ANN, "Anna", **signs)) == [("same e-mail", f"same CRM id, {also}", ANN, ANN)]


def test_a_held_row_with_the_same_phone_does_not_count_as_the_same_name(crm: SmallCrm) -> None:
    crm.bring_in(Given("old", [person(ANN, "Ann", phone=PHONE)]))
    assert _pairs(crm, person(ANN, "Peter", phone=PHONE)) == [("same e-mail", None, ANN, ANN)]


def test_of_the_file_a_row_meets_the_first_and_of_the_crm_every_contact(crm: SmallCrm) -> None:
    three = [person(email, "Ann", phone=PHONE) for email in (ANN, BOB, CY)]
    assert _pairs(crm, *three) == [("same phone and name", None, email, ANN) for email in (BOB, CY)]
    crm.bring_in(Given("old", three))
    found = _pairs(crm, person("new@acme.example", "Ann", phone=PHONE))
    assert sorted(match for *_, match in found) == [ANN, BOB, CY]


def test_the_same_two_people_are_one_pair_however_many_rows_and_records_they_have(crm: SmallCrm) -> None:
    one, other = person(ANN, "Ann", phone=PHONE), person(BOB, "Ann", phone=PHONE)
    for name in ("old", "older"):
        crm.bring_in(Given(name, [one]))
    found = [pair for pair in _pairs(crm, one, other, other) if pair[0] != "same e-mail"]
    assert found == [("same phone and name", None, BOB, ANN)]


def test_a_switchboard_is_no_sign_and_is_counted(crm: SmallCrm) -> None:
    staff = [person(f"{first.lower()}@acme.example", first, phone=PHONE) for first in ("Ann", "Bob", "Cy", "Dee")]
    found = found_in(crm, Given("new", [*staff, person("bob@home.example", "Bob", phone=PHONE)]))
    assert found.matches.is_empty()
    assert dict(found.set_aside) == {"switchboard: a phone number of 4 or more first names": 1}
    three = [*staff[:3], person("bob@home.example", "Bob", phone=PHONE)]
    assert found_in(crm, Given("new", three)).matches.height == 1


def test_a_value_that_too_many_addresses_share_is_no_sign_and_is_counted(crm: SmallCrm) -> None:
    many = [person(f"p{at}@acme.example", "Ann", original_crm_id="0") for at in range(MOST_ADDRESSES + 1)]
    assert found_in(crm, Given("new", many[:-1])).matches.height == MOST_ADDRESSES - 1
    found = found_in(crm, Given("new", many))
    assert found.matches.is_empty()
    assert dict(found.set_aside) == {f"same CRM id: shared by more than {MOST_ADDRESSES} addresses": 1}


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        ("update", "updates the contact of its own address"),
        ("skip", "left out: contact exists and the policy is skip"),
        ("create", "becomes a contact of its own"),
    ],
)
def test_a_match_by_another_sign_merges_nothing_and_says_where_the_row_goes(
    crm: SmallCrm, policy: Policy, outcome: str
) -> None:
    crm.bring_in(Given("old", [person(ANN, "Ann", phone=PHONE), person(BOB, "Ann")]))
    one = Given("new", [person(BOB, "Ann", phone=PHONE), person(CY, "Ann", phone=PHONE)], policy)
    found = found_in(crm, one).matches
    signed = dict(found.filter(found["rule"] != "same e-mail").select("row_email", "outcome").rows())
    assert signed == {BOB: outcome, CY: "becomes a contact of its own"}
    crm.bring_in(one)
    assert {row[0] for row in crm.connection.sql("SELECT email FROM contacts").fetchall()} == {ANN, BOB, CY}

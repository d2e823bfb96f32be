"""What was decided about a pair is said by the next duplicate report, and is what the import then does."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from contact_pipeline.crm.decisions import take_decisions
from contact_pipeline.crm.refolding import refold_addresses
from contact_pipeline.intake.reading import read_source
from contact_pipeline.matching.decisions import read_decisions
from contact_pipeline.reporting.duplicates_workbook import write_duplicates
from contact_pipeline.settings import Limits, Policy
from contact_pipeline_tests.unit.crm.fold_model import Given
from contact_pipeline_tests.unit.crm.small_crm import SmallCrm
from contact_pipeline_tests.unit.matching.duplicate_finding import found_in, person

ANN, HOME = "ann@acme.example", "ann@home.example"
PHONE = "+442079460001"
EVE, OTHER_ADDRESS = person(ANN, "Eve"), person(HOME, "Ann", phone=PHONE)


@pytest.fixture
def crm(tmp_path: Path) -> SmallCrm:
    made = SmallCrm(tmp_path)
    made.bring_in(Given("old", [person(ANN, "Ann", phone=PHONE)]))
    return made


def _decide(crm: SmallCrm, one: Given, *words: str | None) -> None:
    """Fill in the report of an import and take its decisions, after all other imports."""
    matches = found_in(crm, one).matches
    write_duplicates(crm.home.root, matches, most=10)
    path = crm.home.root / "duplicates.csv"
    pl.read_csv(path).with_columns(Decision=pl.Series(words, dtype=pl.String)).write_csv(path)
    rows = crm.home.root / "decisions.parquet"
    read_decisions(read_source(path, Limits())).write_parquet(rows)
    taken = take_decisions(crm.connection, f"decisions of {one.name}", 1_000, rows)
    refold_addresses(crm.connection, taken.addresses, {})


def _outcomes(crm: SmallCrm, one: Given) -> list[str]:
    return found_in(crm, one).matches["outcome"].to_list()


@pytest.mark.parametrize("word", ["update", "create", "skip", "keep apart"])
def test_a_decision_about_one_address_is_said_and_done(crm: SmallCrm, word: str) -> None:
    new = Given("new", [EVE])
    _decide(crm, new, word)
    assert _outcomes(crm, new) == [f"as decided before: {word}"]
    crm.bring_in(new)
    names = {row[0] for row in crm.connection.sql("SELECT first_name FROM contacts").fetchall()}
    assert names == {"update": {"Eve"}, "skip": {"Ann"}}.get(word, {"Ann", "Eve"})
    assert _outcomes(crm, new) == [f"as decided before: {word}"]


@pytest.mark.parametrize("policy", ["update", "skip", "create"])
def test_a_decision_to_update_over_another_address_is_said_and_done(crm: SmallCrm, policy: Policy) -> None:
    new = Given("new", [OTHER_ADDRESS], policy)
    _decide(crm, new, "update")
    told = found_in(crm, new).matches
    assert told.select("rule", "outcome", "row_email", "match_email").rows() == [
        ("decided before", "as decided before: update", HOME, ANN)
    ]
    crm.bring_in(new)
    assert crm.connection.sql("SELECT email FROM contacts").fetchall() == [(ANN,)]
    assert found_in(crm, new).matches.equals(told)


def test_a_pair_of_two_addresses_that_is_kept_apart_is_not_listed_again(crm: SmallCrm) -> None:
    new = Given("new", [OTHER_ADDRESS])
    _decide(crm, new, "keep apart")
    assert _outcomes(crm, new) == []
    crm.bring_in(new)
    later = Given("later", [OTHER_ADDRESS])
    assert _outcomes(crm, later) == ["updates the contact"]


def test_a_decision_holds_for_the_same_person_in_later_files_and_for_nobody_else(crm: SmallCrm) -> None:
    _decide(crm, Given("new", [EVE]), "skip")
    later = Given("later", [person(ANN, "EVE"), person(ANN, "Anna"), person(ANN, "Peter")])
    assert _outcomes(crm, later) == ["as decided before: skip", "updates the contact", "held: shared mailbox?"]


def test_the_latest_decision_counts(crm: SmallCrm) -> None:
    new = Given("new", [EVE])
    _decide(crm, new, "skip")
    crm.connection.execute("UPDATE decisions SET import_id = 'earlier', sequence = 0")
    _decide(crm, new, "keep apart")
    assert _outcomes(crm, new) == ["as decided before: keep apart"]


def test_a_decision_within_the_file_is_said_and_done(crm: SmallCrm) -> None:
    first, second = person("bob@acme.example", "Bob"), person("bob@acme.example", "Zoe")
    new = Given("new", [first, second])
    _decide(crm, new, "create")
    assert _outcomes(crm, new) == ["as decided before: create"]
    assert crm.bring_in(new).created == 2


def test_a_row_left_out_for_one_match_is_left_out_for_all(crm: SmallCrm) -> None:
    crm.bring_in(Given("more", [person(HOME, "Anna")]))
    new = Given("new", [OTHER_ADDRESS])
    _decide(crm, new, "skip", None)
    told = found_in(crm, new).matches
    assert told.select("rule", "outcome").rows() == [
        ("same e-mail", "left out: decided: skip"),
        ("same phone and name", "as decided before: skip"),
    ]
    assert crm.bring_in(new).skips == {"decided: skip": 1}


def test_a_blank_decision_changes_nothing(crm: SmallCrm) -> None:
    new = Given("new", [EVE])
    before = found_in(crm, new).matches
    _decide(crm, new, None)
    assert found_in(crm, new).matches.equals(before)

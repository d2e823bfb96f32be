"""Taking an import back: what goes, what stays, and what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from contact_pipeline.crm.history import past_import
from contact_pipeline.errors import UnknownImport, UsageError
from contact_pipeline_tests.unit.crm.fold_model import Decided, Decision, Given
from contact_pipeline_tests.unit.crm.small_crm import SmallCrm

ANN = {"email": "ann@acme.example", "first_name": "Ann", "company": "Acme", "annual_revenue": 1.0}
BOB = {"email": "bob@acme.example", "first_name": "Bob", "company": "Acme"}
CARL = {"email": "carl@x.example", "company": "X", "custom": {"Seats": "3"}}
FIRST = Given("first", [ANN, BOB])
SECOND = Given("second", [ANN | {"company": "Acme Ltd"}, CARL])
THIRD = Given("third", [{"email": "ann@acme.example", "annual_revenue": 9.0}])
TABLES = ("contacts", "records", "custom_fields", "learned_mappings", "decisions")


def test_undo_leaves_the_tables_as_if_the_import_had_never_been(crm: SmallCrm, tmp_path: Path) -> None:
    other = SmallCrm(tmp_path / "other")
    for one in (FIRST, SECOND, THIRD):
        crm.bring_in(one)
    undone = crm.undo(SECOND.import_id)
    for one in (FIRST, SECOND, THIRD):
        if one is not SECOND:
            other.bring_in(one)
    kept = "SELECT * EXCLUDE (sequence) FROM records ORDER BY ALL"
    assert crm.rows("contacts") == other.rows("contacts")
    assert crm.connection.sql(kept).fetchall() == other.connection.sql(kept).fetchall()
    assert (undone.reversed, undone.removed, undone.kept) == (1, 1, 0)


def test_undo_restores_the_value_that_an_update_had_replaced(crm: SmallCrm) -> None:
    crm.bring_in(FIRST)
    crm.bring_in(SECOND)
    assert crm.contact()["company"] == "Acme Ltd"
    crm.undo(SECOND.import_id)
    assert crm.contact()["company"] == "Acme"


def test_undo_keeps_what_a_later_import_said_of_the_same_contact(crm: SmallCrm) -> None:
    for one in (FIRST, SECOND, THIRD):
        crm.bring_in(one)
    crm.undo(FIRST.import_id)
    assert (crm.contact()["company"], crm.contact()["annual_revenue"]) == ("Acme Ltd", 9.0)
    assert crm.states("second") == [("created", None), ("created", None)]
    assert past_import(crm.connection, SECOND.import_id).ledger.created == 2


def test_an_opt_out_stays_on_when_the_import_that_brought_it_is_undone(crm: SmallCrm) -> None:
    crm.bring_in(FIRST)
    crm.bring_in(Given("leavers", [{"email": "ann@acme.example", "opted_out": True}]))
    crm.undo("leavers@000000000000")
    assert crm.contact()["opted_out"] is True


def test_an_opt_out_is_applied_again_when_everything_about_a_contact_was_undone(crm: SmallCrm) -> None:
    crm.bring_in(Given("leavers", [{"email": "ann@acme.example", "opted_out": True}]))
    crm.undo("leavers@000000000000")
    crm.bring_in(Given("first", [ANN | {"opted_out": False}]))
    assert crm.contact()["opted_out"] is True


def test_an_opt_out_counts_even_where_the_policy_leaves_the_contact_alone(crm: SmallCrm) -> None:
    crm.bring_in(FIRST)
    crm.bring_in(Given("leavers", [{"email": "ann@acme.example", "opted_out": True, "company": "New"}], policy="skip"))
    assert (crm.contact()["opted_out"], crm.contact()["company"]) == (True, "Acme")


def test_undoing_decisions_holds_again_what_they_had_let_in(crm: SmallCrm) -> None:
    crm.bring_in(FIRST)
    crm.bring_in(Given("second", [{"email": "ann@acme.example", "first_name": "John"}]))
    pair = Decision("ann@acme.example", "john", "ann@acme.example", "ann", "update", "second@000000000000")
    crm.bring_in(Decided("decided", [pair]))
    assert crm.states("second") == [("updated", None)]
    crm.undo("decided@000000000000")
    assert crm.states("second") == [("skipped", "shared mailbox?")]
    assert crm.contact()["first_name"] == "Ann"


def test_the_place_of_an_undone_import_is_never_given_again(crm: SmallCrm) -> None:
    for one in (FIRST, SECOND):
        crm.bring_in(one)
    crm.undo(SECOND.import_id)
    crm.bring_in(THIRD)
    crm.bring_in(SECOND)
    sequences = crm.connection.sql("SELECT import_id, sequence, attempt FROM imports ORDER BY sequence").fetchall()
    assert sequences == [(FIRST.import_id, 1, 1), (THIRD.import_id, 3, 1), (SECOND.import_id, 4, 2)]
    assert crm.contact()["company"] == "Acme Ltd"


def test_an_undone_import_keeps_its_counts_and_says_when_it_was_undone(crm: SmallCrm) -> None:
    before = crm.bring_in(FIRST).rows
    crm.undo(FIRST.import_id)
    past = past_import(crm.connection, FIRST.import_id)
    assert (past.status, past.ledger.rows) == ("undone", before)
    assert past.reason == "Undone on today. The same file may be imported again."
    assert all(crm.rows(table) == [] for table in TABLES)


def test_undoing_once_more_changes_nothing_and_says_so(crm: SmallCrm) -> None:
    crm.bring_in(FIRST)
    assert not crm.undo(FIRST.import_id).was_undone
    before = past_import(crm.connection, FIRST.import_id)
    assert crm.undo(FIRST.import_id).was_undone
    assert past_import(crm.connection, FIRST.import_id) == before


def test_what_never_came_into_the_crm_cannot_be_undone(crm: SmallCrm) -> None:
    crm.bring_in(FIRST)
    crm.connection.execute("UPDATE imports SET status = 'refused'")
    with pytest.raises(UsageError, match=r"first@0+ is refused: nothing of it is in the CRM"):
        crm.undo(FIRST.import_id)
    with pytest.raises(UnknownImport):
        crm.undo("nothing@000000000000")

"""The history: refusals, attempts, and what a rerun leaves as it was."""

from __future__ import annotations

import duckdb
import pytest

from contact_pipeline.crm import history, tables
from contact_pipeline.crm.known import known_bytes
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.crm.tables import SCHEMA_VERSION
from contact_pipeline.errors import PipelineError, UnknownImport
from contact_pipeline.home import Home
from contact_pipeline_tests.unit.crm.fold_model import Given, receipt_of
from contact_pipeline_tests.unit.crm.small_crm import SmallCrm

ONE = Given("one", [{"email": "ann@acme.example"}])


def test_the_history_tells_what_came_in_and_what_became_of_it(crm: SmallCrm) -> None:
    rows = [{"email": "ann@acme.example"}, {"email": "ann@acme.example"}, {"failures": ["no e-mail address"]}]
    ledger = crm.bring_in(Given("one", rows))
    past = history.past_import(crm.connection, ONE.import_id)
    assert past.ledger == ledger
    assert (past.file_name, past.status, past.policy, past.attempt, past.sequence) == (
        "one.csv",
        "imported",
        "update",
        1,
        1,
    )
    assert past.as_json()["rows"]["failed"] == 1
    assert dict(past.ledger.failures) == {"no e-mail address": 1}


def test_a_refused_file_may_come_again_as_the_next_attempt(crm: SmallCrm) -> None:
    history.record_refusal(crm.connection, receipt_of(ONE), "no e-mail column")
    history.record_refusal(crm.connection, receipt_of(ONE), "still none")
    refused = history.past_import(crm.connection, ONE.import_id)
    assert (refused.status, refused.reason, refused.attempt, refused.sequence) == ("refused", "still none", 2, None)
    known = known_bytes(crm.connection, receipt_of(ONE).sha256)
    assert known is not None
    assert known.may_come_again
    crm.bring_in(ONE)
    assert history.statuses(crm.connection) == {ONE.import_id: ("imported", 3)}
    known = known_bytes(crm.connection, receipt_of(ONE).sha256)
    assert known is not None
    assert (known.import_id, known.may_come_again) == (ONE.import_id, False)


def test_a_refused_rerun_leaves_a_live_import_on_record(crm: SmallCrm) -> None:
    crm.bring_in(ONE)
    before = crm.rows("imports")
    history.record_refusal(crm.connection, receipt_of(ONE), "the mapping leaves no e-mail column")
    assert crm.rows("imports") == before


def test_a_rerun_keeps_place_attempt_and_moment_of_the_first_run(crm: SmallCrm) -> None:
    crm.bring_in(ONE)
    crm.bring_in(Given("two", [{"email": "bob@acme.example"}]))
    first = history.past_import(crm.connection, ONE.import_id)
    crm.bring_in(Given("one", [{"email": "cy@acme.example"}, {"email": "di@acme.example"}]))
    again = history.past_import(crm.connection, ONE.import_id)
    assert again.ledger.created == 2
    assert (again.sequence, again.attempt, again.finished_at) == (first.sequence, first.attempt, first.finished_at)
    assert [past.sequence for past in history.past_imports(crm.connection)] == [1, 2]


def test_an_import_nobody_knows_is_named_in_the_error(crm: SmallCrm) -> None:
    with pytest.raises(UnknownImport, match="nobody@000"):
        history.past_import(crm.connection, "nobody@000")


def test_a_crm_of_a_newer_layout_is_refused_for_writing_and_for_reading(home: Home) -> None:
    with open_crm(home) as connection:
        connection.execute("UPDATE meta SET schema_version = ?", [SCHEMA_VERSION + 1])
    message = f"layout {SCHEMA_VERSION + 1}, this version of contact_pipeline knows {SCHEMA_VERSION}"
    for way_in in (open_crm, read_crm):
        with pytest.raises(PipelineError, match=message), way_in(home):
            pytest.fail("a newer layout was opened")


def test_looking_at_a_crm_that_is_not_there_shows_an_empty_one_and_makes_none(home: Home) -> None:
    with read_crm(home) as connection:
        assert history.past_imports(connection) == []
    assert not home.crm.exists()


def test_looking_at_a_file_whose_first_writer_was_killed_shows_an_empty_crm(home: Home) -> None:
    duckdb.connect(str(home.crm)).close()
    with read_crm(home) as connection:
        assert history.past_imports(connection) == []
        assert tables.layout(connection) == tables.SCHEMA_VERSION

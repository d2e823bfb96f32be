"""Activities are a fold of what is live: undone, rerun and imported in any order they end in the same."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from contact_pipeline.cleaning.emails import TOMBSTONE_EMAIL
from contact_pipeline.crm.activities import (
    KNOWN_ALREADY,
    ActivityIntake,
    activities_frame,
    erase_activities,
    forget_activities,
    settle_all_activities,
    take_activities,
)
from contact_pipeline.crm.history import recount, state_counts
from contact_pipeline.crm.tables import ensure_tables
from contact_pipeline_tests.effort import examples

Event = tuple[str, str, datetime, float]
PEOPLE = ("ann", "bob", "cy")
MAY_1, MAY_2 = datetime.fromisoformat("2026-05-01"), datetime.fromisoformat("2026-05-02")
_EVENTS = st.tuples(
    st.sampled_from(PEOPLE), st.sampled_from(["open", "click"]), st.sampled_from([MAY_1, MAY_2]),
    st.sampled_from([1.0, 2.0]),
)  # fmt: skip
_FILES = st.lists(_EVENTS, max_size=5)


class SmallLog:
    """A CRM in memory with three contacts, and activity files as lists of events."""

    def __init__(self, folder: Path) -> None:
        self.connection = duckdb.connect(":memory:")
        self.folder = folder
        ensure_tables(self.connection)
        for at, name in enumerate(PEOPLE):
            self.connection.execute(
                """INSERT INTO records BY NAME SELECT $at AS sequence, $name AS email, $name AS match_key,
                $name AS contact_id, true AS contributes""",
                {"at": at, "name": name},
            )
            self.connection.execute(
                "INSERT INTO contacts BY NAME SELECT $1 AS contact_id, $1 AS email, false AS is_duplicate", [name]
            )

    def take(self, number: int, events: list[Event]) -> None:
        """Import the file with this place, or import it again."""
        rows = pl.DataFrame(
            [(at, "", at + 2, *event, False, True) for at, event in enumerate(events)],
            schema={"ordinal": pl.Int64, "sheet": pl.String, "line": pl.Int64, "email": pl.String, "activity": pl.String,
                    "happened_at": pl.Datetime("us"), "times": pl.Float64, "opted_out": pl.Boolean, "is_valid": pl.Boolean},
            orient="row",
        )  # fmt: skip
        path = self.folder / f"{number}.parquet"
        rows.write_parquet(path)
        self.connection.execute("DELETE FROM imports WHERE import_id = ?", [f"file{number}"])
        self.connection.execute("INSERT INTO imports BY NAME SELECT ? AS import_id", [f"file{number}"])
        take_activities(self.connection, ActivityIntake(f"file{number}", number, "2026-06-01", path))
        recount(self.connection, f"file{number}")

    def undo(self, number: int) -> None:
        """Take the file with this place back."""
        forget_activities(self.connection, f"file{number}")
        self.connection.execute("DELETE FROM imports WHERE import_id = ?", [f"file{number}"])

    def seen(self) -> list[tuple[Any, ...]]:
        """What scoring reads."""
        return activities_frame(self.connection).rows()

    def counts(self) -> dict[str, tuple[int, int]]:
        """Created and skipped of each import, as the history has them."""
        rows = self.connection.execute("SELECT import_id, created, skipped FROM imports").fetchall()
        return {import_id: (created, skipped) for import_id, created, skipped in rows}


class ActivityMachine(RuleBasedStateMachine):
    """A small log and beside it the files that are live, by place."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.log = SmallLog(Path(self.folder.name))
        self.live: dict[int, list[Event]] = {}
        self.places = 0

    @rule(events=_FILES)
    def import_a_file(self, events: list[Event]) -> None:
        self.places += 1
        self.live[self.places] = events
        self.log.take(self.places, events)

    @precondition(lambda self: self.live)
    @rule(data=st.data(), events=_FILES)
    def rerun(self, data: st.DataObject, events: list[Event]) -> None:
        place = data.draw(st.sampled_from(sorted(self.live)))
        self.live[place] = events
        self.log.take(place, events)

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        place = data.draw(st.sampled_from(sorted(self.live)))
        del self.live[place]
        self.log.undo(place)

    @rule()
    def rebuild(self) -> None:
        settle_all_activities(self.log.connection)

    @invariant()
    def what_is_seen_is_the_first_of_each_in_sequence(self) -> None:
        first: dict[tuple[str, str, datetime], float] = {}
        counts: dict[str, Counter[bool]] = {f"file{place}": Counter() for place in self.live}
        for place in sorted(self.live):
            for who, what, when, times in self.live[place]:
                counts[f"file{place}"][(who, what, when) in first] += 1
                first.setdefault((who, what, when), times)
        expected = sorted((who, when, what, times) for (who, what, when), times in first.items())
        assert self.log.seen() == [(who, what, when, times) for who, when, what, times in expected]
        assert self.log.counts() == {name: (count[False], count[True]) for name, count in counts.items()}

    def teardown(self) -> None:
        self.folder.cleanup()


TestActivities = ActivityMachine.TestCase
TestActivities.settings = settings(max_examples=examples(15), stateful_step_count=15)

A_CLICK: Event = ("ann", "click", MAY_1, 1.0)


def test_an_erased_person_s_activities_keep_their_count_and_nothing_else(tmp_path: Path) -> None:
    log = SmallLog(tmp_path)
    log.take(1, [A_CLICK, A_CLICK, ("bob", "open", MAY_1, 1.0)])
    before = state_counts(log.connection, "file1")
    erase_activities(log.connection, {"ann"})
    log.take(1, [(TOMBSTONE_EMAIL, "", None, None)] * 2 + [("bob", "open", MAY_1, 1.0)])  # type: ignore[list-item]
    assert state_counts(log.connection, "file1") == before == ({"created": 2, "skipped": 1}, {KNOWN_ALREADY: 1})
    kept = log.connection.sql("SELECT email, kind, happened_at, times FROM activities WHERE line < 4").fetchall()
    assert kept == [(None, None, None, None)] * 2
    assert [row[0] for row in log.seen()] == ["bob"]


def test_activities_are_of_the_contact_that_their_address_leads_to_today(tmp_path: Path) -> None:
    log = SmallLog(tmp_path)
    log.take(1, [A_CLICK])
    run = log.connection.execute
    run("INSERT INTO contacts BY NAME SELECT 'twin' AS contact_id, 'ann' AS email, true AS is_duplicate")
    run(
        """INSERT INTO records BY NAME SELECT -1 AS sequence, 'ann' AS email, 'ann' AS match_key, 'twin' AS contact_id,
        true AS contributes"""
    )
    assert [row[0] for row in log.seen()] == ["ann"]
    run("UPDATE records SET match_key = 'bob', contact_id = 'bob' WHERE contact_id = 'ann'")
    run("DELETE FROM contacts WHERE contact_id IN ('ann', 'twin')")
    run("DELETE FROM records WHERE contact_id = 'twin'")
    assert [row[0] for row in log.seen()] == ["bob"]
    run("DELETE FROM contacts WHERE contact_id = 'bob'")
    assert log.seen() == []


def test_two_addresses_of_one_contact_do_not_count_an_activity_twice(tmp_path: Path) -> None:
    log = SmallLog(tmp_path)
    log.take(1, [A_CLICK, ("bob", *A_CLICK[1:])])
    log.connection.execute("UPDATE records SET match_key = 'ann', contact_id = 'ann' WHERE email = 'bob'")
    assert log.seen() == [("ann", "click", MAY_1, 1.0)]

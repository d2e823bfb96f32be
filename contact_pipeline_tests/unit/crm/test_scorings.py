"""What is on record of past scorings: totals after each, and who moved since."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_pipeline.crm.scorings import Move, Scoring, moves_since, note_scoring, past_scorings, trend
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.crm.tables import ensure_tables
from contact_pipeline.home import Home
from contact_pipeline_tests.effort import examples

DAY = datetime(2026, 5, 1)  # noqa: DTZ001  the CRM's times have no zone
CATEGORIES = ("Hot", "Warm", "Cold")
SCORES = {"Hot": 80.0, "Warm": 50.0, "Cold": 20.0}

# For each lead its category after each of three scorings; None before it came.
_LIVES = st.lists(st.lists(st.sampled_from([None, *CATEGORIES]), min_size=3, max_size=3), max_size=12)


def _in_memory() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    ensure_tables(connection)
    return connection


def _scored(connection: duckdb.DuckDBPyConnection, categories: list[str | None], at: datetime) -> None:
    """Score everybody as writing scores does: a change is noted, the rest is left alone."""
    for number, category in enumerate(categories):
        before = connection.execute("SELECT lead_category FROM contacts WHERE contact_id = ?", [str(number)]).fetchall()
        if category is None or before == [(category,)]:
            continue
        if not before:
            connection.execute("INSERT INTO contacts (contact_id) VALUES (?)", [str(number)])
        connection.execute(
            """UPDATE contacts SET lead_category = $category, lead_score = $score, scored_at = $at, score_method = 'points',
            model_version = 'v1' WHERE contact_id = $id""",
            {"category": category, "score": SCORES[category], "at": at, "id": str(number)},
        )
        connection.execute(
            "INSERT INTO score_history VALUES (?, ?, ?, ?, 'v1')", [at, str(number), SCORES[category], category]
        )


def _kept(life: list[str | None]) -> list[str | None]:
    """The same life, in which nobody who has a score loses it."""
    kept: list[str | None] = []
    for category in life:
        kept.append(category or (kept[-1] if kept else None))
    return kept


@settings(max_examples=examples(15))
@given(_LIVES)
def test_who_moved_is_what_comparing_lead_by_lead_finds(lives: list[list[str | None]]) -> None:
    lives = [_kept(life) for life in lives]
    with _in_memory() as connection:
        for run in range(3):
            _scored(connection, [life[run] for life in lives], DAY + timedelta(days=run))
        for run in range(2):
            expected = Counter((life[run], life[2]) for life in lives if life[2] and life[run] != life[2])
            found = moves_since(connection, DAY + timedelta(days=run))
            assert {(move.before, move.now): move.leads for move in found} == expected


def test_a_scoring_is_on_record_once_and_only_where_something_is_new(home: Home) -> None:
    with open_crm(home) as connection:
        note_scoring(connection, DAY, 0)
        assert past_scorings(connection) == []
        _scored(connection, ["Hot", "Cold"], DAY)
        note_scoring(connection, DAY, 2)
        note_scoring(connection, DAY + timedelta(hours=1), 0)
        connection.execute("DELETE FROM contacts WHERE contact_id = '1'")  # undone: nobody is scored, but one is gone
        note_scoring(connection, DAY + timedelta(hours=2), 0)
    with read_crm(home) as connection:
        assert past_scorings(connection) == [
            Scoring(DAY, "points", "v1", 2, 1, 0, 1, 50.0, None),
            Scoring(DAY + timedelta(hours=2), "points", "v1", 1, 1, 0, 0, 80.0, None),
        ]


@pytest.mark.parametrize("scored", [True, False])
def test_an_older_home_begins_with_how_its_leads_stand(home: Home, scored: bool) -> None:
    with open_crm(home) as connection:
        _scored(connection, ["Hot", "Warm", "Warm"] if scored else [], DAY)
        connection.execute("DROP TABLE scorings; ALTER TABLE records DROP COLUMN told_of")
        connection.execute("ALTER TABLE imports DROP COLUMN terms; ALTER TABLE meta DROP COLUMN folded_with")
        connection.execute("ALTER TABLE meta DROP COLUMN restored_at")
        connection.execute("UPDATE meta SET schema_version = 4")
    with read_crm(home) as connection:
        expected = [Scoring(DAY, "points", "v1", 3, 1, 2, 0, 60.0, None)] if scored else []
        assert past_scorings(connection) == expected


def test_moves_are_told_by_where_from_and_where_to() -> None:
    with _in_memory() as connection:
        _scored(connection, ["Warm", "Warm", "Cold"], DAY)
        _scored(connection, ["Hot", "Hot", "Cold", "Hot"], DAY + timedelta(days=1))
        assert moves_since(connection, DAY) == [Move("Warm", "Hot", 2), Move(None, "Hot", 1)]


@pytest.mark.parametrize(
    ("hours", "shown"),
    [
        ([0], [0]),
        ([0, 2, 5], [0, 2, 5]),  # all on one day: each of them
        ([0, 2, 24, 26, 50], [2, 26, 50]),  # else the last of each day
        ([24 * day for day in range(20)], [24 * day for day in range(8, 20)]),
    ],
)
def test_a_trend_shows_the_last_twelve_runs_the_last_of_each_day(hours: list[int], shown: list[int]) -> None:
    with _in_memory() as connection:
        for place, hour in enumerate(hours):
            _scored(connection, ["Hot"] * (place + 1), DAY + timedelta(hours=hour))
            note_scoring(connection, DAY + timedelta(hours=hour), 1)
        found = trend(connection)
    assert [run.scored_at for run in found.runs] == [DAY + timedelta(hours=hour) for hour in shown]
    new = found.runs[-1].leads - found.runs[-2].leads if len(shown) > 1 else 0
    assert found.moves == ([Move(None, "Hot", new)] if new else ())

"""The scorings on record: when leads were scored and how they stood after it, in totals.

Belongs here: the table `scorings`, and who moved since one of them. Does not belong: the scores themselves (`scores`) and
what the totals say (`reporting.trend`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from contact_pipeline.crm.tables import STANDING

_MOST_RUNS = 12
_COLUMNS = "scored_at, method, model_version, leads, hot, warm, cold, mean_score, expected_wins"


@dataclass(frozen=True, slots=True)
class Scoring:
    """How all leads stood after a scoring (`scored_at` UTC). `expected_wins` among those who may be approached, None with points."""

    scored_at: datetime
    method: str
    model_version: str
    leads: int
    hot: int
    warm: int
    cold: int
    mean_score: float
    expected_wins: float | None

    @property
    def by_category(self) -> tuple[int, int, int]:
        """Leads that were Hot, Warm and Cold."""
        return self.hot, self.warm, self.cold


@dataclass(frozen=True, slots=True)
class Move:
    """So many leads came from one category to another; `before` is None for those that had no score."""

    before: str | None
    now: str
    leads: int


@dataclass(frozen=True, slots=True)
class Trend:
    """The latest scorings, the oldest first, and who moved between the last two of them."""

    runs: Sequence[Scoring]
    moves: Sequence[Move] = ()


def note_scoring(connection: duckdb.DuckDBPyConnection, now: datetime, changed: int) -> None:
    """Put on record how leads stand after a scoring that `changed` so many; no change and the same leads leave no record.

    Needs an open transaction.
    """
    standing = connection.execute(STANDING).fetchall()[0]
    stands = Scoring(now, *standing[1:])
    last = connection.execute(f"SELECT {_COLUMNS} FROM scorings ORDER BY scored_at DESC LIMIT 1").fetchall()
    if stands.leads and (changed or [Scoring(*row).by_category for row in last] != [stands.by_category]):
        connection.execute("INSERT INTO scorings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [now, *standing[1:]])


def past_scorings(connection: duckdb.DuckDBPyConnection) -> list[Scoring]:
    """All that are on record, the oldest first."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM scorings ORDER BY scored_at").fetchall()
    return [Scoring(*row) for row in rows]


def scores_on_record(connection: duckdb.DuckDBPyConnection) -> dict[str, Any] | None:
    """Method, number of leads a category and version of the model in use; None before the first one was learned."""
    used = connection.execute("SELECT method, version FROM model_versions WHERE in_use").fetchall()
    if not used:
        return None
    sizes = dict(
        connection.execute(
            "SELECT lead_category, count(*) FROM contacts WHERE lead_score IS NOT NULL GROUP BY ALL"
        ).fetchall()
    )
    counts = {name.lower(): sizes.get(name, 0) for name in ("Hot", "Warm", "Cold")}
    return {"method": used[0][0], "scored": sum(counts.values()), **counts, "model": used[0][1]}


def trend(connection: duckdb.DuckDBPyConnection) -> Trend:
    """Up to 12 scorings: the last of each day; each of them where all were on one day."""
    past = past_scorings(connection)
    last_of_day = list({one.scored_at.date(): one for one in past}.values())
    runs = (last_of_day if len(last_of_day) > 1 else past)[-_MOST_RUNS:]
    return Trend(runs, moves_since(connection, runs[-2].scored_at) if len(runs) > 1 else ())


def moves_since(connection: duckdb.DuckDBPyConnection, moment: datetime) -> list[Move]:
    """Leads that are in another category than at `moment` (UTC), by where they were; the most first."""
    rows = connection.execute(
        """WITH later AS (SELECT DISTINCT contact_id FROM score_history WHERE scored_at > $moment),
        before AS (
            SELECT contact_id, arg_max(lead_category, scored_at) AS lead_category
            FROM score_history SEMI JOIN later USING (contact_id) WHERE scored_at <= $moment GROUP BY contact_id)
        SELECT before.lead_category, contacts.lead_category, count(*) AS leads
        FROM contacts SEMI JOIN later USING (contact_id) LEFT JOIN before USING (contact_id)
        WHERE contacts.lead_category IS DISTINCT FROM before.lead_category AND contacts.lead_category IS NOT NULL
        GROUP BY ALL ORDER BY leads DESC, 1, 2""",
        {"moment": moment},
    ).fetchall()
    return [Move(*row) for row in rows]

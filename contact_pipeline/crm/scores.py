"""Scores on the contact record, and their history.

Belongs here: writing scores back, which contacts are due, and reading contacts for scoring and for reports. Does not belong:
computing scores.

`is_scored` says that the score on record is of the contact as it stands. Folding a contact anew, or its activities, takes the
mark away, whatever the reason (import, undo, rerun, rebuild); so what scoring has to do is found without looking at imports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb
import polars as pl

from contact_pipeline.crm.tables import CONTACT_COLUMNS
from contact_pipeline.fields import SCORE_FIELD_NAMES
from contact_pipeline.settings import ScoringSettings

EVERYBODY = "true"
DUE = "is_scored IS NOT TRUE"
PAST_LEADS = "converted IS NOT NULL"
# About 10,000 of all contacts, the same ones each time.
ANYBODY = "hash(contact_id) % (SELECT 1 + count(*) // 10_000 FROM contacts) = 0"
_LATELY = 2_000
LATELY = f"""contact_id IN (
    SELECT contact_id FROM (SELECT contact_id FROM records WHERE contributes ORDER BY sequence DESC LIMIT {_LATELY}))"""
# What a new score is compared with; the reasons on record are many times as large, and nobody asks for them.
_ASKED_OF_THE_LAST = {"lead_score", "score_change", "lead_category", "scored_at"}
_COMPARED = [name for name in SCORE_FIELD_NAMES if name != "scored_at"]


@dataclass(frozen=True, slots=True)
class PastScore:
    """A score that a contact had from `scored_at` (UTC) on."""

    scored_at: datetime
    score: float
    category: str
    model_version: str

    def as_json(self) -> dict[str, Any]:
        """One entry of `scores` of `trace --json`."""
        return {**asdict(self), "scored_at": self.scored_at.isoformat()}


def contacts_frame(connection: duckdb.DuckDBPyConnection, chosen: str = EVERYBODY) -> pl.DataFrame:
    """The contacts `chosen` (one of the conditions above) with every column, JSON as text, in the order of contact_id.

    `arrival` is the sequence number of the first record of each: the order in which they came. `told` is that of the first
    record that tells the outcome.
    """
    few = (
        "" if chosen == EVERYBODY else f"SEMI JOIN (SELECT contact_id FROM contacts WHERE {chosen}) USING (contact_id)"
    )
    contacts: pl.DataFrame = connection.sql(
        f"""SELECT * EXCLUDE (is_scored)
            REPLACE (custom_fields::VARCHAR AS custom_fields, score_breakdown::VARCHAR AS score_breakdown)
        FROM (FROM contacts WHERE {chosen}) LEFT JOIN (
            SELECT contact_id, min(sequence) AS arrival, min(sequence) FILTER (converted IS NOT NULL) AS told
            FROM records {few} WHERE contributes GROUP BY contact_id
        ) USING (contact_id) ORDER BY contact_id"""
    ).pl()
    return contacts


def to_score(connection: duckdb.DuckDBPyConnection, chosen: str) -> pl.DataFrame:
    """The contacts `chosen` with what scoring looks at, in the order of contact_id."""
    left_out = ", ".join(name for name in SCORE_FIELD_NAMES if name not in _ASKED_OF_THE_LAST)
    contacts: pl.DataFrame = connection.sql(
        f"""SELECT * EXCLUDE (is_scored, company_id, {left_out}) REPLACE (custom_fields::VARCHAR AS custom_fields)
        FROM contacts WHERE {chosen} ORDER BY contact_id"""
    ).pl()
    return contacts


def others_scored(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Score and category of the contacts that are not due: those that the due ones are ranked among."""
    scored: pl.DataFrame = connection.sql(
        f"SELECT contact_id, lead_score, lead_category FROM contacts WHERE NOT ({DUE}) ORDER BY contact_id"
    ).pl()
    return scored


def mark_due(connection: duckdb.DuckDBPyConnection, addresses: str) -> None:
    """Have the contacts with one of the addresses that the query gives scored again. Needs an open transaction."""
    connection.execute(
        f"""UPDATE contacts SET is_scored = NULL
        WHERE is_scored AND contact_id IN (SELECT contact_id FROM records WHERE contributes AND email IN ({addresses}))"""
    )


def not_fresh(connection: duckdb.DuckDBPyConnection) -> int:
    """Number of contacts whose score is not of the contact as it stands, or by another model than the one in use."""
    found = connection.execute(
        f"""SELECT count(*) FROM contacts
        WHERE {DUE} OR model_version IS DISTINCT FROM (SELECT version FROM model_versions WHERE in_use)"""
    ).fetchall()
    return int(found[0][0])


def written_last(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """lead_score and score_breakdown (JSON as text) of the contacts whose scores were written last."""
    written: pl.DataFrame = connection.sql(
        """SELECT lead_score, score_breakdown::VARCHAR AS score_breakdown
        FROM contacts WHERE scored_at = (SELECT max(scored_at) FROM contacts)"""
    ).pl()
    return written


def leads_in_short(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Score and category of every contact, and what bars it from being Hot."""
    leads: pl.DataFrame = connection.sql(
        "SELECT contact_id, lead_score, lead_category, opted_out, converted, is_duplicate FROM contacts"
    ).pl()
    return leads


def converted_by_band(connection: duckdb.DuckDBPyConnection, settings: ScoringSettings) -> dict[str, tuple[int, int]]:
    """Past leads and conversions by the category that their score alone would have."""
    rows = connection.execute(
        """SELECT CASE WHEN lead_score >= $hot THEN 'Hot' WHEN lead_score >= $warm THEN 'Warm' ELSE 'Cold' END AS band,
                  count(*), count(*) FILTER (converted)
        FROM contacts WHERE converted IS NOT NULL AND lead_score IS NOT NULL GROUP BY band""",
        {"hot": settings.hot_from, "warm": settings.warm_from},
    ).fetchall()
    return {band: (leads, won) for band, leads, won in rows}


def all_are_due(connection: duckdb.DuckDBPyConnection, scored_with: str, now: datetime, stale_after: timedelta) -> bool:
    """Were the scores on record made with other settings or another model, or longer ago than `stale_after`?"""
    at, with_what = connection.execute("SELECT scored_all_at, scored_with FROM meta").fetchall()[0]
    return at is None or with_what != scored_with or at < now - stale_after


def note_all_scored(connection: duckdb.DuckDBPyConnection, scored_with: str, now: datetime) -> None:
    """Keep in mind when and with what all contacts were scored."""
    connection.execute("UPDATE meta SET scored_all_at = ?, scored_with = ?", [now, scored_with])


def last_scored_all(connection: duckdb.DuckDBPyConnection) -> datetime | None:
    """When all contacts were scored last; None before the first time."""
    at: datetime | None = connection.execute("SELECT scored_all_at FROM meta").fetchall()[0][0]
    return at


def write_scores(
    connection: duckdb.DuckDBPyConnection, parts: Iterable[pl.DataFrame], now: datetime, *, rewrite: bool
) -> int:
    """Write the scores that differ from those on record, and note each change of score or category in the history.

    Each of `parts` has contact_id and SCORE_FIELDS. A contact whose score is the same keeps its score columns untouched, so
    scoring again changes nothing. Returns the number of contacts written. Needs an open transaction.

    `rewrite` puts the whole table anew, with the same result: the way for very many contacts, of whom an update would keep
    all old values in memory until the commit.
    """
    if not rewrite:
        return sum(_put(connection, part, now, _update) for part in parts)
    connection.execute(f"CREATE TABLE contacts_anew ({CONTACT_COLUMNS})")
    changed = sum(_put(connection, part, now, _add_anew) for part in parts)
    connection.execute("INSERT INTO contacts_anew BY NAME FROM contacts ANTI JOIN contacts_anew USING (contact_id)")
    connection.execute("DROP TABLE contacts; ALTER TABLE contacts_anew RENAME TO contacts")
    return changed


def _put(
    connection: duckdb.DuckDBPyConnection,
    part: pl.DataFrame,
    now: datetime,
    write: Callable[[duckdb.DuckDBPyConnection], None],
) -> int:
    """Write one part; the number of contacts whose scores differ."""
    differs = " OR ".join(f"c.{name} IS DISTINCT FROM s.{name}" for name in _COMPARED)
    _give(connection, part)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE rescored AS
        SELECT s.* REPLACE (s.score_breakdown::JSON AS score_breakdown,
                            CASE WHEN {differs} THEN ?::TIMESTAMP ELSE c.scored_at END AS scored_at),
               {differs} AS differs,
               c.lead_score IS DISTINCT FROM s.lead_score OR c.lead_category IS DISTINCT FROM s.lead_category AS moved
        FROM given AS s JOIN contacts AS c USING (contact_id)""",
        [now],
    )
    write(connection)
    connection.execute(
        """INSERT INTO score_history SELECT scored_at, contact_id, lead_score, lead_category, model_version
        FROM rescored WHERE moved"""
    )
    return int(connection.execute("SELECT count(*) FROM rescored WHERE differs").fetchall()[0][0])


def _give(connection: duckdb.DuckDBPyConnection, part: pl.DataFrame) -> None:
    """The part as the table `given`: a frame that is registered DuckDB would hold until the commit."""
    columns = ("contact_id", *SCORE_FIELD_NAMES)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE given AS SELECT {', '.join(columns)} FROM contacts LIMIT 0")
    connection.from_arrow(part.select(columns).to_arrow()).insert_into("temp.given")


def _update(connection: duckdb.DuckDBPyConnection) -> None:
    assignments = ", ".join([*(f"{name} = rescored.{name}" for name in SCORE_FIELD_NAMES), "is_scored = true"])
    connection.execute(
        f"UPDATE contacts SET {assignments} FROM rescored WHERE contacts.contact_id = rescored.contact_id AND differs"
    )
    connection.execute(
        f"UPDATE contacts SET is_scored = true FROM rescored WHERE contacts.contact_id = rescored.contact_id AND {DUE}"
    )


def _add_anew(connection: duckdb.DuckDBPyConnection) -> None:
    taken = ", ".join(f"r.{name} AS {name}" for name in SCORE_FIELD_NAMES)
    connection.execute(
        f"""INSERT INTO contacts_anew BY NAME SELECT c.* REPLACE ({taken}, true AS is_scored)
        FROM contacts AS c JOIN rescored AS r USING (contact_id)"""
    )


def past_scores(connection: duckdb.DuckDBPyConnection, contact_id: str) -> list[PastScore]:
    """The scores that a contact had, the newest first."""
    rows = connection.execute(
        """SELECT scored_at, lead_score, lead_category, model_version FROM score_history
        WHERE contact_id = ? ORDER BY scored_at DESC""",
        [contact_id],
    ).fetchall()
    return [PastScore(*row) for row in rows]

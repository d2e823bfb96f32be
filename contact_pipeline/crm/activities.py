"""What people did and when: the table `activities`, a fold like the contacts.

Belongs here: taking the rows of an activity file in and out, telling which of them are known already, and whose they are
today. Does not belong: reading the file (`cleaning.activities`), what fails a row (`validation.activities`) and what a score
makes of activities. Every valid row of every live import is kept; of rows that say the same (address, kind, moment) the first
in sequence counts. So overlapping exports never count twice, and undoing or rerunning imports in any order ends in the same.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from contact_pipeline.cleaning.emails import TOMBSTONE_EMAIL
from contact_pipeline.crm.erased_rows import keep_erased_rows
from contact_pipeline.crm.history import recount
from contact_pipeline.crm.scores import EVERYBODY, mark_due
from contact_pipeline.matching.links import ROWS_PER_IMPORT

KNOWN_ALREADY = "activity known already"
COUNTS, LEFT_OUT = "created", "skipped"  # the states of an activity


@dataclass(frozen=True, slots=True)
class ActivityIntake:
    """One activity file as the table sees it. `received_at` is ISO, UTC; `rows` Parquet of validated_contacts."""

    import_id: str
    sequence: int
    received_at: str
    rows: Path

    @property
    def start(self) -> int:
        """The first sequence number its activities may have."""
        return self.sequence * ROWS_PER_IMPORT


def known_addresses(connection: duckdb.DuckDBPyConnection, addresses: pl.Series) -> pl.Series:
    """Those of the addresses that a contact has, be it opted out or flagged as a duplicate."""
    connection.register("asked", addresses.drop_nulls().unique().to_frame("email"))
    found = connection.sql("SELECT email FROM asked SEMI JOIN (FROM records WHERE contributes) USING (email)").pl()
    connection.unregister("asked")
    known: pl.Series = found["email"]
    return known


def take_activities(connection: duckdb.DuckDBPyConnection, intake: ActivityIntake) -> list[str]:
    """Replace the activities of this import by its valid rows; gives the addresses that opted out by it.

    These are kept as opted out for good; their contacts are to be folded anew. Needs an open transaction.
    """
    _touch(connection, intake.import_id, also=_STATED, rows=intake.rows)
    keep_erased_rows(connection, "activities", intake.rows, intake.import_id, intake.start, {"state": LEFT_OUT})
    connection.execute("DELETE FROM activities WHERE import_id = ? AND email IS NOT NULL", [intake.import_id])
    connection.execute(
        f"""INSERT INTO activities BY NAME
        SELECT $import_id AS import_id, $start + ordinal AS sequence, sheet, line, email, activity AS kind, happened_at,
               times, '{COUNTS}' AS state
        FROM read_parquet($rows) WHERE is_valid AND email <> '{TOMBSTONE_EMAIL}'""",
        {"import_id": intake.import_id, "start": intake.start, "rows": str(intake.rows)},
    )
    _settle(connection, besides=intake.import_id)
    return _note_opt_outs(connection, intake)


def forget_activities(connection: duckdb.DuckDBPyConnection, import_id: str) -> int:
    """Take the activities of an import away; those of others that said the same count from now on. Gives their number."""
    _touch(connection, import_id)
    gone = connection.execute("DELETE FROM activities WHERE import_id = ?", [import_id]).fetchall()[0][0]
    _settle(connection, besides=import_id)
    return int(gone)


def settle_all_activities(connection: duckdb.DuckDBPyConnection) -> None:
    """Tell anew of every activity whether it counts. Needs an open transaction."""
    connection.execute("CREATE OR REPLACE TEMP TABLE concerned AS SELECT DISTINCT email FROM activities")
    _settle(connection)


def erase_activities(connection: duckdb.DuckDBPyConnection, addresses: Collection[str]) -> None:
    """Leave of the activities of these addresses their place, their state and the reason for it."""
    connection.execute(
        """UPDATE activities SET email = NULL, kind = NULL, happened_at = NULL, times = NULL
        WHERE email IN (SELECT unnest(?::VARCHAR[]))""",
        [sorted(addresses)],
    )


def activities_frame(connection: duckdb.DuckDBPyConnection, chosen: str = EVERYBODY) -> pl.DataFrame:
    """What the contacts of today did, nothing twice: contact_id, kind, at (UTC), times (Float64); by contact and moment.

    `chosen` is a condition on contacts, as for `crm.scores.contacts_frame`.

    An activity is of the contact that its address leads to: one that is not flagged rather than a flagged twin, one that is
    kept under the address itself rather than one under another by decision. Without such a contact it is left out.
    """
    activities: pl.DataFrame = connection.sql(activities_query(chosen)).pl()
    return activities


def activities_query(chosen: str = EVERYBODY) -> str:
    """SQL for the rows of `activities_frame`."""
    return f"""WITH asked AS (SELECT contact_id FROM contacts WHERE {chosen}),
    living AS (FROM activities WHERE state = '{COUNTS}' AND email IN (
        SELECT email FROM records SEMI JOIN asked USING (contact_id) WHERE contributes)),
    people AS (
        SELECT email, arg_min(contact_id, (is_duplicate, match_key <> email, sequence)) AS contact_id
        FROM (SELECT email, match_key, sequence, contact_id FROM records
              WHERE contributes AND email IN (SELECT email FROM living))
        JOIN (SELECT contact_id, is_duplicate FROM contacts) USING (contact_id) GROUP BY email)
    SELECT contact_id, kind, happened_at AS "at", arg_min(times, sequence) AS times
    FROM living JOIN people USING (email) SEMI JOIN asked USING (contact_id)
    GROUP BY contact_id, kind, happened_at ORDER BY contact_id, happened_at, kind"""


_STATED = f"UNION SELECT email FROM read_parquet($rows) WHERE is_valid AND email <> '{TOMBSTONE_EMAIL}'"


def _touch(connection: duckdb.DuckDBPyConnection, import_id: str, also: str = "", rows: Path | None = None) -> None:
    """Note the addresses whose activities may change, before anything is changed: the temporary table `concerned`."""
    parameters = {"import_id": import_id, **({"rows": str(rows)} if rows else {})}
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE concerned AS
        SELECT email FROM activities WHERE import_id = $import_id AND email IS NOT NULL {also}""",
        parameters,
    )


def _settle(connection: duckdb.DuckDBPyConnection, besides: str | None = None) -> None:
    """Let of each activity of the addresses in `concerned` the first count, and the counts of its imports follow.

    `besides` is the import that is under way: its counts are on record when it is done.
    """
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE changed AS
        SELECT sequence, import_id, is_first FROM (
            SELECT sequence, import_id, state, row_number() OVER (
                       PARTITION BY email, kind, happened_at ORDER BY sequence) = 1 AS is_first
            FROM activities SEMI JOIN concerned USING (email))
        WHERE is_first <> (state = '{COUNTS}')"""
    )
    connection.execute(
        f"""UPDATE activities SET state = CASE WHEN is_first THEN '{COUNTS}' ELSE '{LEFT_OUT}' END,
                                  reason = CASE WHEN NOT is_first THEN '{KNOWN_ALREADY}' END
        FROM changed WHERE activities.sequence = changed.sequence"""
    )
    for (import_id,) in connection.execute("SELECT DISTINCT import_id FROM changed").fetchall():
        if import_id != besides:
            recount(connection, import_id)
    mark_due(connection, "SELECT email FROM concerned")


def _note_opt_outs(connection: duckdb.DuckDBPyConnection, intake: ActivityIntake) -> list[str]:
    rows = connection.execute(
        f"""SELECT DISTINCT email FROM read_parquet($rows)
        WHERE is_valid AND opted_out AND email <> '{TOMBSTONE_EMAIL}' ORDER BY email""",
        {"rows": str(intake.rows)},
    ).fetchall()
    connection.execute(
        """INSERT INTO opt_outs SELECT email, $received_at::TIMESTAMP, $import_id
        FROM (SELECT unnest($addresses::VARCHAR[]) AS email) WHERE email NOT IN (SELECT match_key FROM opt_outs)""",
        {
            "received_at": intake.received_at,
            "import_id": intake.import_id,
            "addresses": [address for (address,) in rows],
        },
    )
    return [address for (address,) in rows]

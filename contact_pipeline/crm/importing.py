"""Taking the valid rows of one import into the CRM, and taking them out again.

Belongs here: the order of the steps: add or remove records, link them, fold the contacts touched, name each record's state;
and the column of the records that arrive. Does not belong: the rules themselves (`matching.links`, `crm.fold`), which steps
bring contacts up to date (`refolding`) and the history row of this import (`crm.history`).
Running it again with the same rows changes nothing: records are replaced at their old sequence, contacts are written
only where they differ. Running an older import again with other rows can change what later imports did to the same
contacts; their records and counts follow, so that every import tells what it does in the fold as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from contact_pipeline.cleaning.emails import TOMBSTONE_EMAIL
from contact_pipeline.crm.erased_rows import keep_erased_rows
from contact_pipeline.crm.fold import GOLDEN_COLUMNS, in_key_order
from contact_pipeline.crm.refolding import refold, touch
from contact_pipeline.fields import Survivorship
from contact_pipeline.matching.links import ROWS_PER_IMPORT


@dataclass(frozen=True, slots=True)
class Intake:
    """One import as the fold sees it: where its rows are and under which terms they come in."""

    import_id: str
    sequence: int
    policy: str
    received_at: str  # ISO, UTC
    rows: Path  # Parquet of validated_contacts
    tells_outcomes: bool = False  # of contacts that are there, by their ids: rows of our own workbook

    @property
    def start(self) -> int:
        """The first sequence number its records may have."""
        return self.sequence * ROWS_PER_IMPORT


def import_records(connection: duckdb.DuckDBPyConnection, intake: Intake, rules: Mapping[str, Survivorship]) -> None:
    """Replace the records of this import and bring every contact they touch up to date.

    `rules` overrides the survivorship of fields. Needs an open transaction.
    """
    _stage_incoming(connection, intake)
    _note_opt_outs(connection, intake)
    touch(
        connection,
        "SELECT match_key FROM incoming UNION SELECT match_key FROM records WHERE import_id = $import_id",
        {"import_id": intake.import_id},
    )
    stands_for = {"policy": intake.policy, "contributes": False, "state": "skipped"}
    keep_erased_rows(connection, "records", intake.rows, intake.import_id, intake.start, stands_for)
    gone = connection.execute(
        "DELETE FROM records WHERE import_id = ? AND match_key IS NOT NULL", [intake.import_id]
    ).fetchall()[0][0]
    refold(connection, rules, since=intake.start, has_incoming=True, is_new=gone == 0)


def withdraw_records(
    connection: duckdb.DuckDBPyConnection, import_id: str, start: int, rules: Mapping[str, Survivorship]
) -> None:
    """Take the records of an import away and bring every contact they touched up to date.

    `start` is the first sequence number of its records. Needs an open transaction.
    """
    touch(
        connection,
        "SELECT DISTINCT match_key FROM records WHERE import_id = $import_id AND match_key IS NOT NULL",
        {"import_id": import_id},
    )
    connection.execute("DELETE FROM records WHERE import_id = ?", [import_id])
    refold(connection, rules, since=start)


def _stage_incoming(connection: duckdb.DuckDBPyConnection, intake: Intake) -> None:
    """Rows that came through validation, with their place in the order of everything.

    A record is as new as the source says it was last changed, never newer than the file; without a date it is as new as
    the file. `cleared` is there only where the record clears something, be it in a custom field.
    """
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE incoming AS
        SELECT $import_id::VARCHAR AS import_id, $sequence::BIGINT * {ROWS_PER_IMPORT} + ordinal AS sequence,
               $policy::VARCHAR AS policy, least(coalesce(source_date, $moment::TIMESTAMP), $moment::TIMESTAMP) AS as_of,
               email AS match_key, sheet, line, {", ".join(GOLDEN_COLUMNS[:-1])},
               {in_key_order("custom_fields::JSON")} AS custom_fields,
               CASE WHEN len(issues) > 0 THEN to_json(issues) END AS issues,
               CASE WHEN len(cleared) > 0 OR contains(json(custom_fields)::VARCHAR, ':null') THEN coalesce(cleared, []) END AS cleared,
               {"told_of" if intake.tells_outcomes else "NULL::VARCHAR AS told_of"}
        FROM read_parquet($rows) WHERE is_valid AND email <> '{TOMBSTONE_EMAIL}'""",
        {
            "import_id": intake.import_id,
            "sequence": intake.sequence,
            "policy": intake.policy,
            "moment": intake.received_at,
            "rows": str(intake.rows),
        },
    )


def _note_opt_outs(connection: duckdb.DuckDBPyConnection, intake: Intake) -> None:
    """Keep in mind for good who opted out, whatever else becomes of the row."""
    connection.execute(
        """INSERT INTO opt_outs
        SELECT DISTINCT email, ?::TIMESTAMP, import_id FROM incoming
        WHERE opted_out AND email NOT IN (SELECT match_key FROM opt_outs)""",
        [intake.received_at],
    )

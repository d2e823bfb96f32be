"""Taking the valid rows of one import into the CRM, in one transaction.

Belongs here: the order of the steps: add records, link them, fold the contacts touched, name each record's state.
Does not belong: the rules themselves (`matching.links`, `crm.fold`) and the history row (`crm.history`).
Running it again with the same rows changes nothing: records are replaced at their old sequence, contacts are written
only where they differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from contact_pipeline.crm.fold import GOLDEN_COLUMNS, folded
from contact_pipeline.fields import SCORE_FIELD_NAMES, Survivorship
from contact_pipeline.matching.links import ROWS_PER_IMPORT, linked

_KEPT_COLUMNS = ("company_id", *SCORE_FIELD_NAMES)  # what other stages write to a contact survives a fold


@dataclass(frozen=True, slots=True)
class Intake:
    """One import as the fold sees it: where its rows are and under which terms they come in."""

    import_id: str
    sequence: int
    policy: str
    received_at: str  # ISO, UTC
    rows: Path  # Parquet of validated_contacts


def import_records(connection: duckdb.DuckDBPyConnection, intake: Intake, rules: Mapping[str, Survivorship]) -> None:
    """Replace the records of this import and bring every contact they touch up to date.

    `rules` overrides the survivorship of fields. Needs an open transaction.
    """
    _stage_incoming(connection, intake)
    _collect_touched(connection, intake.import_id)
    connection.execute("DELETE FROM records WHERE import_id = ?", [intake.import_id])
    _link(connection)
    _fold_touched(connection, rules)
    _name_states(connection, intake, rules)


def _stage_incoming(connection: duckdb.DuckDBPyConnection, intake: Intake) -> None:
    """Rows that came through validation, with their place in the order of everything.

    A record is as new as the source says it was last changed, never newer than the file; without a date it is as new as
    the file. Rows of one file about the same contact count as equally new, so that the later row wins.
    """
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE incoming AS
        SELECT ?::VARCHAR AS import_id, ?::BIGINT * {ROWS_PER_IMPORT} + ordinal AS sequence, ?::VARCHAR AS policy,
               max(least(coalesce(source_date, ?::TIMESTAMP), ?::TIMESTAMP)) OVER (PARTITION BY email) AS as_of,
               email AS match_key, sheet, line, {", ".join(GOLDEN_COLUMNS[:-1])}, custom_fields::JSON AS custom_fields,
               CASE WHEN len(issues) > 0 THEN to_json(issues) END AS issues
        FROM read_parquet(?) WHERE is_valid""",
        [intake.import_id, intake.sequence, intake.policy, intake.received_at, intake.received_at, str(intake.rows)],
    )


def _collect_touched(connection: duckdb.DuckDBPyConnection, import_id: str) -> None:
    """The keys whose contacts may change: those that come in and those this import held before."""
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE touched AS
        SELECT match_key FROM incoming UNION SELECT match_key FROM records WHERE import_id = ?""",
        [import_id],
    )
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE former AS
        SELECT DISTINCT contact_id FROM records SEMI JOIN touched USING (match_key)"""
    )


def _link(connection: duckdb.DuckDBPyConnection) -> None:
    """Give each record of a touched key its contact: store the new records, mend the links of older ones."""
    placed = "import_id, sequence, sheet, line, match_key, policy"
    pool = f"(SELECT {placed} FROM records SEMI JOIN touched USING (match_key) UNION ALL SELECT {placed} FROM incoming)"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE links AS {linked(pool)}")
    connection.execute(
        """INSERT INTO records BY NAME
        SELECT incoming.*, links.contact_id, links.contributes, links.state, links.reason
        FROM incoming JOIN links USING (sequence)"""
    )
    connection.execute(
        """UPDATE records SET contact_id = links.contact_id, contributes = links.contributes, reason = links.reason,
                              state = CASE links.state WHEN 'merged' THEN 'updated' ELSE links.state END
        FROM links WHERE records.sequence = links.sequence
            AND (records.contact_id, records.contributes) IS DISTINCT FROM (links.contact_id, links.contributes)"""
    )


def _fold_touched(connection: duckdb.DuckDBPyConnection, rules: Mapping[str, Survivorship]) -> None:
    """Fold the contacts touched, and write those that are new, changed or gone."""
    kept = ", ".join(f"old.{column}" for column in _KEPT_COLUMNS)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE golden AS
        SELECT new.*, twins.is_duplicate, {kept}
        FROM ({folded("(SELECT * FROM records SEMI JOIN touched USING (match_key))", rules)}) AS new
        JOIN (SELECT contact_id, bool_and(is_duplicate) AS is_duplicate FROM links WHERE contributes GROUP BY ALL) AS twins
            USING (contact_id)
        LEFT JOIN contacts AS old USING (contact_id)"""
    )
    same = " AND ".join(f"c.{column} IS NOT DISTINCT FROM g.{column}" for column in (*GOLDEN_COLUMNS, "is_duplicate"))
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE settled AS
        SELECT contact_id FROM contacts AS c JOIN golden AS g USING (contact_id) WHERE {same}"""
    )
    connection.execute(
        """DELETE FROM contacts WHERE contact_id IN (SELECT contact_id FROM former UNION SELECT contact_id FROM golden)
            AND contact_id NOT IN (SELECT contact_id FROM settled)"""
    )
    connection.execute("INSERT INTO contacts BY NAME SELECT * FROM golden ANTI JOIN settled USING (contact_id)")


def _name_states(connection: duckdb.DuckDBPyConnection, intake: Intake, rules: Mapping[str, Survivorship]) -> None:
    """Say of each record of this import that met a known contact whether it changed it.

    Compares the fold up to this import with the fold up to the one before, so that a rerun of an old import names the
    same states as its first run.
    """
    start, end = intake.sequence * ROWS_PER_IMPORT, (intake.sequence + 1) * ROWS_PER_IMPORT
    pool = "(SELECT r.* FROM records AS r SEMI JOIN merging USING (contact_id) WHERE r.sequence < {0})"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE merging AS SELECT sequence, contact_id FROM links "
        "WHERE state = 'merged' AND sequence >= ? AND sequence < ?",
        [start, end],
    )
    same = " AND ".join(f"b.{column} IS NOT DISTINCT FROM a.{column}" for column in GOLDEN_COLUMNS)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE unchanged AS
        SELECT contact_id FROM ({folded(pool.format(start), rules)}) AS b
        JOIN ({folded(pool.format(end), rules)}) AS a USING (contact_id) WHERE {same}"""
    )
    connection.execute(
        """UPDATE records SET state = CASE WHEN contact_id IN (SELECT contact_id FROM unchanged)
                                           THEN 'unchanged' ELSE 'updated' END
        WHERE sequence IN (SELECT sequence FROM merging)"""
    )

"""Taking the valid rows of one import into the CRM, in one transaction.

Belongs here: the order of the steps: add records, link them, fold the contacts touched, name each record's state.
Does not belong: the rules themselves (`matching.links`, `crm.fold`) and the history row of this import (`crm.history`).
Running it again with the same rows changes nothing: records are replaced at their old sequence, contacts are written
only where they differ. Running an older import again with other rows can change what later imports did to the same
contacts; their records and counts follow, so that every import tells what it does in the fold as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from contact_pipeline.crm.fold import GOLDEN_COLUMNS, folded, in_key_order
from contact_pipeline.crm.history import recount
from contact_pipeline.fields import SCORE_FIELD_NAMES, Survivorship
from contact_pipeline.matching.links import ROWS_PER_IMPORT, link_records

_KEPT_COLUMNS = ("company_id", *SCORE_FIELD_NAMES)  # what other stages write to a contact survives a fold


@dataclass(frozen=True, slots=True)
class Intake:
    """One import as the fold sees it: where its rows are and under which terms they come in."""

    import_id: str
    sequence: int
    policy: str
    received_at: str  # ISO, UTC
    rows: Path  # Parquet of validated_contacts

    @property
    def start(self) -> int:
        """The first sequence number its records may have."""
        return self.sequence * ROWS_PER_IMPORT

    @property
    def end(self) -> int:
        """The first sequence number of the next import."""
        return self.start + ROWS_PER_IMPORT


def import_records(connection: duckdb.DuckDBPyConnection, intake: Intake, rules: Mapping[str, Survivorship]) -> None:
    """Replace the records of this import and bring every contact they touch up to date.

    `rules` overrides the survivorship of fields. Needs an open transaction.
    """
    _stage_incoming(connection, intake)
    _collect_touched(connection, intake.import_id)
    connection.execute("DELETE FROM records WHERE import_id = ?", [intake.import_id])
    _link(connection, intake)
    _fold_touched(connection, rules)
    _name_states(connection, intake, rules)


def _stage_incoming(connection: duckdb.DuckDBPyConnection, intake: Intake) -> None:
    """Rows that came through validation, with their place in the order of everything.

    A record is as new as the source says it was last changed, never newer than the file; without a date it is as new as
    the file.
    """
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE incoming AS
        SELECT ?::VARCHAR AS import_id, ?::BIGINT * {ROWS_PER_IMPORT} + ordinal AS sequence, ?::VARCHAR AS policy,
               least(coalesce(source_date, ?::TIMESTAMP), ?::TIMESTAMP) AS as_of,
               email AS match_key, sheet, line, {", ".join(GOLDEN_COLUMNS[:-1])},
               {in_key_order("custom_fields::JSON")} AS custom_fields,
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
        SELECT DISTINCT contact_id FROM records SEMI JOIN touched USING (match_key) WHERE contributes"""
    )


def _link(connection: duckdb.DuckDBPyConnection, intake: Intake) -> None:
    """Give each record of a touched key its contact: store the new records, mend the links of later ones.

    Links look back only, so those of earlier records stand.
    """
    placed = "import_id, sequence, sheet, line, match_key, policy, first_name, last_name, full_name"
    connection.execute(
        f"""CREATE OR REPLACE TEMP VIEW pool AS
        SELECT {placed} FROM records SEMI JOIN touched USING (match_key) UNION ALL SELECT {placed} FROM incoming"""
    )
    link_records(connection, "pool")
    connection.execute(
        """UPDATE records SET contact_id = links.contact_id, contributes = links.contributes, state = links.state,
                              reason = links.reason
        FROM links WHERE links.sequence >= ? AND records.sequence = links.sequence""",
        [intake.end],
    )
    connection.execute(
        """INSERT INTO records BY NAME
        SELECT incoming.*, links.contact_id, links.contributes, links.state, links.reason
        FROM incoming JOIN links USING (sequence)"""
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
    """Name the states of this import, and again those of later imports that met the same contacts."""
    later = connection.execute(
        f"""SELECT import_id, sequence // {ROWS_PER_IMPORT} AS place FROM links WHERE sequence >= ?
        GROUP BY ALL ORDER BY place""",
        [intake.start],
    ).fetchall()
    for import_id, place in later:
        _tell_updated_from_unchanged(connection, import_id, place * ROWS_PER_IMPORT, rules)
        if import_id != intake.import_id:
            recount(connection, import_id)


def _tell_updated_from_unchanged(
    connection: duckdb.DuckDBPyConnection, import_id: str, start: int, rules: Mapping[str, Survivorship]
) -> None:
    """Say of each record of an import that met a known contact whether it changed it.

    Compares the fold up to this import with the fold up to the one before, so that a rerun of an old import names the
    same states as its first run.
    """
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE merging AS
        SELECT sequence, contact_id FROM links WHERE state = 'merged' AND import_id = ?""",
        [import_id],
    )
    pool = "(SELECT * FROM records SEMI JOIN merging USING (contact_id) WHERE sequence < {0})"
    same = " AND ".join(f"b.{column} IS NOT DISTINCT FROM a.{column}" for column in GOLDEN_COLUMNS)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE unchanged AS
        SELECT contact_id FROM ({folded(pool.format(start), rules)}) AS b
        JOIN ({folded(pool.format(start + ROWS_PER_IMPORT), rules)}) AS a USING (contact_id) WHERE {same}"""
    )
    connection.execute(
        """UPDATE records SET state = CASE WHEN contact_id IN (SELECT contact_id FROM unchanged)
                                           THEN 'unchanged' ELSE 'updated' END
        WHERE sequence IN (SELECT sequence FROM merging)"""
    )

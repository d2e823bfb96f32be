"""The pre-import duplicate report: which rows of a file meet each other or a contact that is already there.

Belongs here: finding and describing the matches, before anything is written. Does not belong: what the import then does
(`links`, which is asked here); the report says it in words.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from contact_pipeline.matching.links import ROWS_PER_IMPORT, Skip, link_records

HELD = f"held: {Skip.SHARED_MAILBOX}"

_OUTCOMES = {
    ("in file", "update"): "folded into one contact, later values win",
    ("in file", "skip"): "the first row is used, this one is skipped",
    ("in file", "create"): "becomes a contact of its own",
    ("in CRM", "update"): "updates the contact",
    ("in CRM", "skip"): "the contact is left alone, the row is skipped",
    ("in CRM", "create"): "becomes a second contact, flagged as duplicate",
}


def find_duplicates(
    connection: duckdb.DuckDBPyConnection, rows: Path, *, import_id: str, sequence: int, policy: str
) -> pl.DataFrame:
    """Matches of the valid rows in `rows` (Parquet of validated_contacts) with each other and with earlier imports.

    `sequence` is the place of this import; only records of imports before it count as the CRM, so that the report of an
    import stays the same when it is made again. One row a match, in source order: rule, found, sheet, line, row_email,
    row_name, row_company, match (contact id, or "line 12"), match_name, match_company, outcome, ordinal.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE arriving AS SELECT *, ? AS import_id, ? AS policy, ? + ordinal AS sequence, "
        "email AS match_key FROM read_parquet(?) WHERE is_valid",
        [import_id, policy, sequence * ROWS_PER_IMPORT, str(rows)],
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE earlier AS
        SELECT * FROM records SEMI JOIN arriving USING (match_key) WHERE sequence < {sequence * ROWS_PER_IMPORT}"""
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW pool AS SELECT {_PLACED} FROM earlier UNION ALL SELECT {_PLACED} FROM arriving"
    )
    link_records(connection, "pool")
    matches: pl.DataFrame = connection.sql(_MATCHES).pl()
    words = {found: words for (found, of_policy), words in _OUTCOMES.items() if of_policy == policy}
    outcome = pl.when("is_held").then(pl.lit(HELD)).otherwise(pl.col("found").replace_strict(words, default=None))
    return matches.with_columns(outcome=outcome).drop("is_held").select(pl.exclude("ordinal"), "ordinal")


_PLACED = "import_id, sequence, sheet, line, match_key, policy, first_name, last_name, full_name"
_NAME = "coalesce({0}.full_name, nullif(concat_ws(' ', {0}.first_name, {0}.last_name), ''))"

# A row meets the contact of earlier imports, or else the first row of the file that is not held.
_MATCHES = f"""
    WITH judged AS (
        SELECT arriving.*, coalesce(links.reason = '{Skip.SHARED_MAILBOX}', false) AS is_held
        FROM arriving JOIN links USING (sequence)),
    placed AS (
        SELECT *, row_number() OVER (PARTITION BY match_key, is_held ORDER BY sequence) AS place,
               min(sequence) FILTER (NOT is_held) OVER (PARTITION BY match_key) AS first_sequence
        FROM judged),
    known AS (
        SELECT match_key, arg_min(contact_id, sequence) AS contact_id,
               arg_max(full_name, sequence) FILTER (contributes) AS full_name,
               arg_max(company, sequence) FILTER (contributes) AS company
        FROM earlier GROUP BY match_key)
    SELECT 'same e-mail' AS rule, 'in file' AS found, row.sheet, row.line, row.email AS row_email,
           {_NAME.format("row")} AS row_name, row.company AS row_company,
           'line ' || first.line AS match, {_NAME.format("first")} AS match_name, first.company AS match_company,
           row.ordinal, row.is_held
    FROM placed AS row JOIN arriving AS first ON row.first_sequence = first.sequence
    WHERE CASE WHEN row.is_held THEN row.match_key NOT IN (SELECT match_key FROM known) ELSE row.place > 1 END
    UNION ALL
    SELECT 'same e-mail', 'in CRM', row.sheet, row.line, row.email, {_NAME.format("row")}, row.company,
           known.contact_id, known.full_name, known.company, row.ordinal, row.is_held
    FROM placed AS row JOIN known USING (match_key) WHERE row.is_held OR row.place = 1
    ORDER BY ordinal"""

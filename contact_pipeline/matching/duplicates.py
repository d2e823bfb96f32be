"""The pre-import duplicate report: which rows of a file meet each other or a contact that is already there.

Belongs here: finding and describing the matches, before anything is written. Does not belong: what the import then does
(`links`); the report says it in words.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

_OUTCOMES = {
    ("in file", "update"): "folded into one contact, later values win",
    ("in file", "skip"): "the first row is used, this one is skipped",
    ("in file", "create"): "becomes a contact of its own",
    ("in CRM", "update"): "updates the contact",
    ("in CRM", "skip"): "the contact is left alone, the row is skipped",
    ("in CRM", "create"): "becomes a second contact, flagged as duplicate",
}


def find_duplicates(connection: duckdb.DuckDBPyConnection, rows: Path, *, sequence: int, policy: str) -> pl.DataFrame:
    """Matches of the valid rows in `rows` (Parquet of validated_contacts) with each other and with earlier imports.

    `sequence` is the first sequence number of this import; only records before it count as the CRM, so that the report
    of an import stays the same when it is made again. One row a match: rule, found, sheet, line, row_email, row_name,
    row_company, match (contact id, or "line 12"), match_name, match_company, outcome.
    """
    matches: pl.DataFrame = connection.sql(_MATCHES, params=[str(rows), sequence]).pl()
    outcome = pl.col("found").replace_strict(
        {found: words for (found, of_policy), words in _OUTCOMES.items() if of_policy == policy}, return_dtype=pl.String
    )
    return matches.with_columns(outcome=outcome)


_NAME = "coalesce({0}.full_name, concat_ws(' ', {0}.first_name, {0}.last_name))"

_MATCHES = f"""
    WITH incoming AS (
        SELECT *, row_number() OVER (PARTITION BY email ORDER BY ordinal) AS place,
               first_value(ordinal) OVER (PARTITION BY email ORDER BY ordinal) AS first_ordinal
        FROM read_parquet(?) WHERE is_valid),
    known AS (
        SELECT match_key, first(contact_id ORDER BY sequence) AS contact_id, last(full_name ORDER BY sequence) AS full_name,
               last(company ORDER BY sequence) AS company
        FROM records SEMI JOIN incoming ON incoming.email = records.match_key WHERE sequence < ? GROUP BY match_key)
    SELECT 'same e-mail' AS rule, 'in file' AS found, row.sheet, row.line, row.email AS row_email,
           {_NAME.format("row")} AS row_name, row.company AS row_company,
           'line ' || earlier.line AS match, {_NAME.format("earlier")} AS match_name, earlier.company AS match_company,
           row.ordinal
    FROM incoming AS row JOIN incoming AS earlier ON row.first_ordinal = earlier.ordinal WHERE row.place > 1
    UNION ALL
    SELECT 'same e-mail', 'in CRM', row.sheet, row.line, row.email, {_NAME.format("row")}, row.company,
           known.contact_id, known.full_name, known.company, row.ordinal
    FROM incoming AS row JOIN known ON row.email = known.match_key WHERE row.place = 1
    ORDER BY found, ordinal"""

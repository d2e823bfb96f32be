"""The decisions on record: taking in a filled-in duplicate report, and forgetting it.

Belongs here: the table `decisions`. Does not belong: reading the file (`matching.decisions`), what decisions mean
(`matching.verdicts`) and bringing contacts up to date (`refolding`), which needs the addresses that come back from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from contact_pipeline.matching.decisions import person_of
from contact_pipeline.matching.links import ROWS_PER_IMPORT

NO_DECISION = "no decision"


@dataclass(frozen=True, slots=True)
class DecisionsTaken:
    """What became of the valid rows of a report, and every address that a decision of it speaks of, now or before.

    `states`: updated (decided anew), unchanged (as it was on record before this import), skipped; `skips` by reason.
    """

    states: dict[str, int]
    skips: dict[str, int]
    addresses: list[str]


def take_decisions(connection: duckdb.DuckDBPyConnection, import_id: str, sequence: int, rows: Path) -> DecisionsTaken:
    """Replace the decisions of this import by those in `rows`, Parquet of what `read_decisions` gives.

    `sequence` is the place of the import. Rows of a pair that say nothing leave what is on record. Needs an open transaction.
    """
    before = forget_decisions(connection, import_id)
    start = sequence * ROWS_PER_IMPORT
    connection.execute(
        f"""INSERT INTO decisions BY NAME
        SELECT $import_id AS import_id, $start + ordinal AS sequence, sheet, line, of_import, rule,
               email, {person_of("row_name")} AS person, met_email, {person_of("met_name")} AS met_person, decision
        FROM read_parquet($rows) WHERE is_valid AND decision IS NOT NULL""",
        {"import_id": import_id, "start": start, "rows": str(rows)},
    )
    counted = connection.execute(_COUNTS, {"import_id": import_id, "start": start, "rows": str(rows)}).fetchall()[0]
    states = dict(zip(("updated", "unchanged", "skipped"), counted, strict=True))
    skips = {NO_DECISION: states["skipped"]} if states["skipped"] else {}
    return DecisionsTaken(states, skips, sorted({*before, *_addresses(connection, import_id)}))


def forget_decisions(connection: duckdb.DuckDBPyConnection, import_id: str) -> list[str]:
    """Take the decisions of an import away; gives every address they spoke of."""
    addresses = _addresses(connection, import_id)
    connection.execute("DELETE FROM decisions WHERE import_id = ?", [import_id])
    return addresses


_COUNTS = """
    WITH known AS (
        SELECT email, person, met_email, met_person, decision FROM decisions WHERE sequence < $start
        QUALIFY row_number() OVER (PARTITION BY email, person, met_email, met_person ORDER BY sequence DESC) = 1),
    judged AS (
        SELECT known.decision IS NOT DISTINCT FROM own.decision AS is_same
        FROM decisions AS own LEFT JOIN known USING (email, person, met_email, met_person)
        WHERE own.import_id = $import_id)
    SELECT count(*) FILTER (NOT is_same), count(*) FILTER (is_same),
           (SELECT count(*) FROM read_parquet($rows) WHERE is_valid AND decision IS NULL)
    FROM judged"""


def _addresses(connection: duckdb.DuckDBPyConnection, import_id: str) -> list[str]:
    named = connection.execute(
        """SELECT email FROM decisions WHERE import_id = $import_id
        UNION SELECT met_email FROM decisions WHERE import_id = $import_id ORDER BY ALL""",
        {"import_id": import_id},
    )
    return [address for (address,) in named.fetchall()]

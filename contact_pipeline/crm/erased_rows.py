"""Rows of people who were erased: nothing but their number, sheet and line is kept, so that the ledger still adds up.

Belongs here: keeping these rows of an import in the table of its kind. Does not belong: erasing (`erasure`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import duckdb

from contact_pipeline.cleaning.emails import TOMBSTONE_EMAIL
from contact_pipeline.matching.links import Skip


def keep_erased_rows(
    connection: duckdb.DuckDBPyConnection,
    table: Literal["records", "activities"],
    rows: Path,
    import_id: str,
    start: int,
    stands_for: Mapping[str, object],
) -> None:
    """Rows of people who were erased count as they did; one that was never counted is added, with the reason.

    `rows` is stages/validated_contacts of the import, `start` the sequence number of its first row, `stands_for` what an
    added row says in further columns. Rows of `table` whose person is not erased there any more go. Needs an open transaction.
    """
    key = {"records": "match_key", "activities": "email"}[table]
    is_kept = f"import_id = $import_id AND {key} IS NULL"
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE erased AS
        SELECT $import_id::VARCHAR AS import_id, $start::BIGINT + ordinal AS sequence, sheet, line
        FROM read_parquet($rows) WHERE is_valid AND email = '{TOMBSTONE_EMAIL}'""",
        {"import_id": import_id, "start": start, "rows": str(rows)},
    )
    connection.execute(
        f"DELETE FROM {table} WHERE {is_kept} AND (sheet, line) NOT IN (SELECT (sheet, line) FROM erased)",
        {"import_id": import_id},
    )
    said = ", ".join(f"${name} AS {name}" for name in stands_for)
    connection.execute(
        f"""INSERT INTO {table} BY NAME SELECT *, {said}, '{Skip.ERASED}' AS reason FROM erased
        WHERE (sheet, line) NOT IN (SELECT (sheet, line) FROM {table} WHERE {is_kept})""",
        {"import_id": import_id, **stands_for},
    )

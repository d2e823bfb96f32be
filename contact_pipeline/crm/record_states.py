"""What an import did to each contact that was there before: updated it, or left it as it was.

Belongs here: naming the states of records that were merged. Does not belong: which records those are (`matching.links`), and
writing the states down (`refolding`).
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from contact_pipeline.crm.fold import GOLDEN_COLUMNS, fold_records, forget_fold
from contact_pipeline.fields import Survivorship
from contact_pipeline.matching.links import ROWS_PER_IMPORT


def name_states(
    connection: duckdb.DuckDBPyConnection,
    first: int,
    rules: Mapping[str, Survivorship],
    *,
    clears: bool,
    is_latest: bool,
) -> list[str]:
    """Give the merged records in `links`, from the sequence number `first` on, the state updated or unchanged.

    Returns the imports that have records there, in their order. `is_latest` says that the only one is new and the last of
    all. Needs `links`, the view `all_records`, and `settled`: the contacts that folding left as they are.
    """
    affected = connection.execute(
        f"""SELECT import_id, sequence // {ROWS_PER_IMPORT} AS place FROM links WHERE sequence >= ?
        GROUP BY ALL ORDER BY place""",
        [first],
    ).fetchall()
    for _, place in affected:
        _tell_updated_from_unchanged(connection, place * ROWS_PER_IMPORT, rules, clears=clears, is_latest=is_latest)
    return [import_id for import_id, _ in affected]


def _tell_updated_from_unchanged(
    connection: duckdb.DuckDBPyConnection,
    start: int,
    rules: Mapping[str, Survivorship],
    *,
    clears: bool,
    is_latest: bool,
) -> None:
    """Say of each merged record of the import that begins at `start` whether it changed its contact.

    Compares the fold up to this import with the fold up to the one before, so that a rerun of an old import names the
    same states as its first run.
    """
    merged = f"state = 'merged' AND sequence BETWEEN {start} AND {start + ROWS_PER_IMPORT - 1}"
    # Before the latest import a contact is the fold without it. Not so with opt-outs, which outlive their records.
    doubtful = f"SELECT DISTINCT contact_id FROM links WHERE {merged}" + (
        " AND contact_id IN (SELECT contact_id FROM contacts WHERE opted_out)" if is_latest else ""
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE doubtful AS {doubtful}")
    members = """(SELECT contact_id, sequence, is_alone FROM links SEMI JOIN doubtful USING (contact_id)
                  WHERE contributes AND sequence < {0})"""
    for name, end in (("fold_before", start), ("fold_after", start + ROWS_PER_IMPORT)):
        fold_records(connection, name, members.format(end), rules, source="all_records", clears=clears)
    compared = ", ".join(GOLDEN_COLUMNS)
    settled = "UNION ALL SELECT contact_id FROM settled ANTI JOIN doubtful USING (contact_id)" if is_latest else ""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE unchanged AS
        SELECT contact_id FROM (SELECT contact_id, hash({compared}) AS digest FROM fold_before)
        JOIN (SELECT contact_id, hash({compared}) AS digest FROM fold_after) USING (contact_id, digest) {settled}"""
    )
    for name in ("fold_before", "fold_after"):
        forget_fold(connection, name)
    connection.execute(
        f"""UPDATE links SET state = CASE WHEN contact_id IN (SELECT contact_id FROM unchanged)
                                         THEN 'unchanged' ELSE 'updated' END WHERE {merged}"""
    )

"""Taking an import back, and computing the whole CRM anew.

Belongs here: what belongs to an import besides its records, and counting what became of its contacts. Does not belong: the
fold that is left (`refolding`). Undoing restores updates too: contacts become the fold of the records that are left, so
what other imports said since stays. An opt-out that came with the import stays as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from contact_pipeline.crm.activities import forget_activities, settle_all_activities
from contact_pipeline.crm.decisions import forget_decisions
from contact_pipeline.crm.fold import GOLDEN_COLUMNS
from contact_pipeline.crm.history import IMPORTED, UNDONE, WAITING, past_import, record_undone, sequence_of
from contact_pipeline.crm.importing import withdraw_records
from contact_pipeline.crm.refolding import refold_addresses, refold_all
from contact_pipeline.errors import UsageError
from contact_pipeline.fields import Survivorship
from contact_pipeline.matching.links import ROWS_PER_IMPORT


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of the contacts an import had a part in: back to what they were, gone, or the same without it.

    `activities` is the number of rows of activities that were taken back. `was_undone` before: then nothing was left to do.
    """

    import_id: str
    reversed: int
    removed: int
    kept: int
    activities: int = 0
    was_undone: bool = False

    def as_json(self) -> dict[str, Any]:
        """What `undo --json` prints."""
        return asdict(self)


def undo_import(
    connection: duckdb.DuckDBPyConnection, import_id: str, rules: Mapping[str, Survivorship], *, on_day: str
) -> Undone:
    """Take an import back. `on_day` goes into the reason on record. Needs an open transaction.

    Raises UnknownImport, and UsageError for an import that never came into the CRM and does not wait for it.
    """
    past = past_import(connection, import_id)
    if past.status == UNDONE:
        return Undone(import_id, 0, 0, 0, was_undone=True)
    if past.status not in {IMPORTED, WAITING}:
        raise UsageError(f"{import_id} is {past.status}: nothing of it is in the CRM, so there is nothing to undo.")
    _note_contacts(connection, import_id)
    activities = 0
    if past.status == IMPORTED:
        activities = forget_activities(connection, import_id)
        addresses = forget_decisions(connection, import_id)
        withdraw_records(connection, import_id, sequence_of(connection, import_id) * ROWS_PER_IMPORT, rules)
        if addresses:
            refold_addresses(connection, addresses, rules)
        for table in ("learned_mappings", "custom_fields"):
            connection.execute(f"DELETE FROM {table} WHERE import_id = ?", [import_id])
    record_undone(connection, import_id, f"Undone on {on_day}. The same file may be imported again.")
    return _told(connection, import_id, activities)


def rebuild(connection: duckdb.DuckDBPyConnection, rules: Mapping[str, Survivorship]) -> int:
    """Link and fold every record anew; gives the number of contacts. Needs an open transaction."""
    refold_all(connection, rules)
    settle_all_activities(connection)
    return int(connection.execute("SELECT count(*) FROM contacts").fetchall()[0][0])


def _note_contacts(connection: duckdb.DuckDBPyConnection, import_id: str) -> None:
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE before AS SELECT * FROM contacts
        WHERE contact_id IN (SELECT contact_id FROM records WHERE import_id = ? AND contributes)""",
        [import_id],
    )


def _told(connection: duckdb.DuckDBPyConnection, import_id: str, activities: int) -> Undone:
    """A contact founded by the import and known to others goes on under another id: its address tells."""
    same = " AND ".join(f"b.{column} IS NOT DISTINCT FROM a.{column}" for column in GOLDEN_COLUMNS)
    changed, gone, same_as_before = connection.execute(
        f"""SELECT count(*) FILTER (a.contact_id IS NOT NULL AND NOT ({same})), count(*) FILTER (a.contact_id IS NULL),
                   count(*) FILTER (a.contact_id IS NOT NULL AND {same})
        FROM before AS b LEFT JOIN contacts AS a
            ON a.email = b.email AND (a.contact_id = b.contact_id OR NOT (a.is_duplicate OR b.is_duplicate))"""
    ).fetchall()[0]
    return Undone(import_id, changed, gone, same_as_before, activities)

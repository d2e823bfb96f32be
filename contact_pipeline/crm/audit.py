"""Looking whether an import is still in the CRM as its history counts it.

Belongs here: that question, for the check of the running product. Does not belong: the law of the ledger itself (`ledger`).
"""

from __future__ import annotations

import duckdb

from contact_pipeline.crm.history import past_import, state_counts
from contact_pipeline.crm.ledger import STATES


def is_accounted_for(connection: duckdb.DuckDBPyConnection, import_id: str) -> tuple[bool, dict[str, int]]:
    """Do the counts on record add up, and are the records there that they count? Beside it the counts.

    A file of decisions brings no records. Raises UnknownImport.
    """
    past = past_import(connection, import_id)
    there, _ = state_counts(connection, import_id)
    rows = past.ledger.rows
    placed = sum(count for name, count in rows.items() if name != "total")
    counted = {name: rows[name] for name in STATES if rows[name] and past.kind != "decisions"}
    return placed == rows["total"] and counted == there, {
        **rows,
        "accounted_for": placed,
        "records": sum(there.values()),
    }

"""That a CRM was put back from a backup, and when: what happened since the backup is known to Dagster, but not to it.

Belongs here: the column `restored_at` of the table meta. Does not belong: restoring (`backing_up`).
"""

from __future__ import annotations

from datetime import datetime

import duckdb


def note_restored(connection: duckdb.DuckDBPyConnection, moment: datetime) -> None:
    """Write the moment, in UTC, at which this CRM was put back. Needs an open transaction."""
    connection.execute("UPDATE meta SET restored_at = ?", [moment])


def restored_mark(connection: duckdb.DuckDBPyConnection) -> str:
    """What tells runs asked for since the CRM was put back from those before; "" for one that never was."""
    moment: datetime | None = connection.execute("SELECT restored_at FROM meta").fetchall()[0][0]
    return f"-restored-{moment:%Y%m%dT%H%M%S}" if moment else ""

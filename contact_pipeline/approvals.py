"""Imports that wait for a person: releasing them, and which of them were released.

Belongs here: what releases an import: a word by `approve`, or decisions on its duplicate report. Does not belong: making an
import wait (`stages`) and running it (`defs`).
"""

from __future__ import annotations

import duckdb

from contact_pipeline.crm.history import IMPORTED, WAITING, past_import, statuses
from contact_pipeline.crm.session import read_crm
from contact_pipeline.errors import UsageError
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import Receipt, amend, read_receipt


def approve(home: Home, import_id: str) -> Receipt:
    """Release an import that waits. Raises UnknownImport, and UsageError for one that does not wait."""
    with read_crm(home) as connection:
        past = past_import(connection, import_id)
    if past.status != WAITING:
        raise UsageError(f"{import_id} is {past.status}: it does not wait for approval.")
    return amend(home, import_id, approved=True)


def must_wait(connection: duckdb.DuckDBPyConnection, receipt: Receipt) -> bool:
    """Must this import be approved first? Not one that is in the CRM already, nor a file of decisions."""
    if receipt.options.review != "hold" or receipt.kind == "decisions" or receipt.approved:
        return False
    is_in = statuses(connection).get(receipt.import_id, ("", 0))[0] == IMPORTED
    return not is_in and receipt.import_id not in _decided_on(connection)


def released(home: Home, connection: duckdb.DuckDBPyConnection) -> list[Receipt]:
    """The imports that need wait no more, and are not yet in the CRM."""
    waiting = [import_id for import_id, (status, _) in statuses(connection).items() if status == WAITING]
    receipts = [read_receipt(home, import_id) for import_id in waiting]
    return [receipt for receipt in receipts if not must_wait(connection, receipt)]


def _decided_on(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The imports whose duplicate report came back with decisions."""
    return {row[0] for row in connection.execute("SELECT DISTINCT of_import FROM decisions").fetchall()}

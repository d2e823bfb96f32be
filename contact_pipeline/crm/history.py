"""The history of imports: what came in, under which terms, and what became of it.

Belongs here: reading and writing the table `imports`, and counting what its records became. Does not belong: what they
become (`importing`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from contact_pipeline.crm.ledger import COUNTS, STATES, Ledger
from contact_pipeline.errors import UnknownImport
from contact_pipeline.intake.receipt import Receipt
from contact_pipeline.terms.stored import Term
from contact_pipeline.validation.sampled import SampleCheck

IMPORTED = "imported"
REFUSED = "refused"
WAITING = "waiting"  # for approval
UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class PastImport:
    """One row of the history."""

    import_id: str
    sequence: int | None
    attempt: int
    file_name: str
    who: str
    received_at: datetime
    finished_at: datetime | None
    seconds: float | None
    status: str
    reason: str | None
    policy: str
    parent: str | None  # the import whose set-aside rows this one mends
    kind: str
    mapping: list[dict[str, Any]]
    ledger: Ledger
    sample_check: SampleCheck | None

    def as_json(self) -> dict[str, Any]:
        """What `imports --json` prints."""
        return {
            "import_id": self.import_id,
            "file": self.file_name,
            "kind": self.kind,
            "parent": self.parent,
            "status": self.status,
            "reason": self.reason,
            "policy": self.policy,
            "who": self.who,
            "received_at": self.received_at.isoformat(),
            "finished_at": self.finished_at.isoformat() if self.finished_at else None,
            "seconds": self.seconds,
            "rows": self.ledger.rows,
            "failures": dict(self.ledger.failures),
            "skips": dict(self.ledger.skips),
            "sample_check": self.sample_check.as_json() if self.sample_check else None,
            "mapping": self.mapping,
        }


def sequence_of(connection: duckdb.DuckDBPyConnection, import_id: str) -> int:
    """The place of an import in the order of all: its old one where it is in the CRM, else the next that never was one."""
    own = connection.execute(
        "SELECT sequence FROM imports WHERE import_id = ? AND status = ?", [import_id, IMPORTED]
    ).fetchall()
    if own:
        return int(own[0][0])
    return int(connection.execute("SELECT coalesce(max(sequence), 0) + 1 FROM imports").fetchall()[0][0])


def record_import(
    connection: duckdb.DuckDBPyConnection,
    receipt: Receipt,
    sequence: int,
    ledger: Ledger,
    mapping: list[dict[str, Any]],
    terms: Mapping[str, Term],
    *,
    seconds: float,
) -> None:
    """Write the history row of a completed import; `terms` are those of `terms.stored`. A rerun keeps the first moment."""
    _replace(
        connection,
        receipt,
        IMPORTED,
        None,
        sequence=sequence,
        ledger=ledger,
        mapping=mapping,
        terms=terms,
        seconds=seconds,
    )


def record_refusal(connection: duckdb.DuckDBPyConnection, receipt: Receipt, reason: str) -> None:
    """Write that a file was refused, and why; it may come again as the next attempt.

    An import that is in the CRM stays on record as it is: refusing its rerun took nothing away.
    """
    if statuses(connection).get(receipt.import_id, ("", 0))[0] != IMPORTED:
        _replace(connection, receipt, REFUSED, reason)


def record_waiting(connection: duckdb.DuckDBPyConnection, receipt: Receipt, mapping: list[dict[str, Any]]) -> None:
    """Write that an import is ready and waits for approval."""
    reason = (
        f"Waits for approval: look at reports/{receipt.import_id}/, then run 'contact-pipeline approve "
        f"{receipt.import_id}' or drop the duplicate report with decisions; 'contact-pipeline undo' calls it off."
    )
    _replace(connection, receipt, WAITING, reason, mapping=mapping)


def record_undone(connection: duckdb.DuckDBPyConnection, import_id: str, reason: str) -> None:
    """Write that an import was taken back; its counts stay as they were, and its place is never given again."""
    connection.execute("UPDATE imports SET status = ?, reason = ? WHERE import_id = ?", [UNDONE, reason, import_id])


def note_sample_check(connection: duckdb.DuckDBPyConnection, import_id: str, check: SampleCheck) -> None:
    """Write what comparing a sample of the import with its file found. Needs an open transaction."""
    connection.execute(
        "UPDATE imports SET sample_check = ? WHERE import_id = ?", [json.dumps(check.as_json()), import_id]
    )


def state_counts(connection: duckdb.DuckDBPyConnection, import_id: str) -> tuple[dict[str, int], dict[str, int]]:
    """Of the records or activities of an import: how many are in each state, and how many were skipped for each reason."""
    query = """SELECT state, reason, count(*) FROM (
            SELECT state, reason FROM records WHERE import_id = $import_id
            UNION ALL SELECT state, reason FROM activities WHERE import_id = $import_id)
        GROUP BY ALL ORDER BY ALL"""
    states: dict[str, int] = {}
    skips: dict[str, int] = {}
    for state, reason, count in connection.execute(query, {"import_id": import_id}).fetchall():
        states[state] = states.get(state, 0) + count
        if reason is not None:
            skips[reason] = count
    return states, skips


def recount(connection: duckdb.DuckDBPyConnection, import_id: str) -> None:
    """Bring the counts on record of an import up to what its records or activities are now."""
    states, skips = state_counts(connection, import_id)
    connection.execute(
        f"UPDATE imports SET {', '.join(f'{name} = ?' for name in STATES)}, skips = ? WHERE import_id = ?",
        [*(states.get(name, 0) for name in STATES), json.dumps(skips), import_id],
    )


def _replace(
    connection: duckdb.DuckDBPyConnection,
    receipt: Receipt,
    status: str,
    reason: str | None,
    *,
    sequence: int | None = None,
    ledger: Ledger | None = None,
    mapping: list[dict[str, Any]] | None = None,
    terms: Mapping[str, Term] | None = None,
    seconds: float | None = None,
) -> None:
    old = connection.execute(
        "SELECT attempt, finished_at, seconds, sample_check FROM imports WHERE import_id = ? AND status = ?",
        [receipt.import_id, IMPORTED],
    ).fetchall()
    attempt = connection.execute(
        "SELECT coalesce(max(attempt + (status <> ?)::INTEGER), 1) FROM imports WHERE import_id = ?",
        [WAITING, receipt.import_id],
    ).fetchall()[0][0]
    connection.execute("DELETE FROM imports WHERE import_id = ?", [receipt.import_id])
    row: dict[str, Any] = {
        "import_id": receipt.import_id,
        "sequence": sequence,
        "attempt": old[0][0] if old else attempt,
        "file_name": receipt.file_name,
        "sha256": receipt.sha256,
        "bytes": receipt.size,
        "who": receipt.who,
        "received_at": receipt.received_at,
        "finished_at": old[0][1] if old else datetime.now(UTC).replace(tzinfo=None),
        "seconds": old[0][2] if old else seconds,
        "status": status,
        "reason": reason,
        "kind": receipt.kind,
        "policy": receipt.options.policy,
        "options": receipt.options.model_dump_json(),
        "mapping": json.dumps(mapping or []),
        "terms": json.dumps(terms or {}),
        **(ledger.rows if ledger else {}),
        "failures": json.dumps(dict(ledger.failures) if ledger else {}),
        "skips": json.dumps(dict(ledger.skips) if ledger else {}),
        "issues": json.dumps(dict(ledger.issues) if ledger else {}),
        "sample_check": old[0][3] if old else None,
    }
    connection.execute(
        f"INSERT INTO imports ({', '.join(row)}) VALUES ({', '.join('?' for _ in row)})", list(row.values())
    )


_COLUMNS = ", ".join(
    (
        *("import_id", "sequence", "attempt", "file_name", "who", "received_at", "finished_at", "seconds", "status"),
        *("reason", "policy", "options->>'mends' AS parent", "kind", "mapping::VARCHAR AS mapping", *COUNTS),
        *(f"{name}::VARCHAR AS {name}" for name in ("failures", "skips", "issues", "sample_check")),
    )
)


def statuses(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, int]]:
    """Status and attempt of every import on record, by id."""
    rows = connection.execute("SELECT import_id, status, attempt FROM imports").fetchall()
    return {import_id: (status, attempt) for import_id, status, attempt in rows}


def past_imports(connection: duckdb.DuckDBPyConnection) -> list[PastImport]:
    """All imports, the newest first."""
    rows = connection.sql(f"SELECT {_COLUMNS} FROM imports ORDER BY received_at DESC, import_id").pl()
    return [_past_import(row) for row in rows.iter_rows(named=True)]


def past_import(connection: duckdb.DuckDBPyConnection, import_id: str) -> PastImport:
    """One import. Raises UnknownImport."""
    rows = connection.sql(f"SELECT {_COLUMNS} FROM imports WHERE import_id = ?", params=[import_id]).pl()
    if rows.is_empty():
        raise UnknownImport(import_id)
    return _past_import(rows.row(0, named=True))


def _past_import(row: dict[str, Any]) -> PastImport:
    counts = {name: row.pop(name) or 0 for name in COUNTS}
    failures, skips, issues = (json.loads(row.pop(name) or "{}") for name in ("failures", "skips", "issues"))
    mapping = json.loads(row.pop("mapping") or "[]")
    checked = json.loads(row.pop("sample_check") or "null")
    ledger = Ledger(**counts, failures=failures, skips=skips, issues=issues)
    sample_check = SampleCheck.of_json(checked) if checked else None
    return PastImport(**row, mapping=mapping, ledger=ledger, sample_check=sample_check)

"""What the CRM knows of bytes that come in, and so whether they are to be imported, once more or not at all.

Belongs here: that question, asked by the command line and by the drop folder alike. Does not belong: the history as
people read it (`history`) and receiving (`intake.receipt`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from contact_pipeline.crm.history import IMPORTED, WAITING
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import Receipt, amend
from contact_pipeline.settings import ImportOptions


@dataclass(frozen=True, slots=True)
class Known:
    """An import on record. `finished_at` (UTC) is the moment it was first written; `opted_out` is what it was told then."""

    import_id: str
    status: str
    attempt: int
    opted_out: bool
    finished_at: datetime

    @property
    def may_come_again(self) -> bool:
        """Are its bytes taken as new when they come again? Those of a refused or undone import are."""
        return self.status not in {IMPORTED, WAITING}

    def must_opt_out(self, receipt: Receipt) -> bool:
        """Is it on record without the opt-out that a later name of its bytes asks for?"""
        mine = receipt.import_id == self.import_id and not self.may_come_again
        return mine and receipt.options.opted_out and not self.opted_out


def known_imports(connection: duckdb.DuckDBPyConnection) -> dict[str, Known]:
    """Every import on record, by id."""
    return {known.import_id: known for known in _known(connection, "true", [])}


def known_bytes(connection: duckdb.DuckDBPyConnection, sha256: str) -> Known | None:
    """The import of these bytes on record, a live one before any other."""
    return next(iter(_known(connection, "sha256 = ? ORDER BY status <> ?", [sha256, IMPORTED])), None)


def options_again(receipt: Receipt, options: ImportOptions, known: Known | None) -> ImportOptions:
    """Options of bytes that come under a name or a flag that asks for `options`.

    An import keeps those it was imported with until it is refused or undone. An opt-out stays for good.
    """
    kept = options if known is None or known.may_come_again else receipt.options
    return kept.model_copy(update={"opted_out": receipt.options.opted_out or options.opted_out})


def renewed(home: Home, receipt: Receipt, options: ImportOptions, known: Known | None) -> Receipt:
    """The receipt with the options it has from now on, written where they changed. Needs the turn of runs."""
    now = options_again(receipt, options, known)
    return receipt if now == receipt.options else amend(home, receipt.import_id, options=now)


def opted_out_contacts(connection: duckdb.DuckDBPyConnection) -> int:
    """How many contacts want no marketing."""
    return int(connection.execute("SELECT count(*) FROM contacts WHERE opted_out").fetchall()[0][0])


def _known(connection: duckdb.DuckDBPyConnection, condition: str, values: list[str]) -> list[Known]:
    opted_out = "coalesce((options->>'opted_out')::BOOLEAN, false)"
    rows = connection.execute(
        f"SELECT import_id, status, attempt, {opted_out}, finished_at FROM imports WHERE {condition}", values
    )
    return [Known(*row) for row in rows.fetchall()]

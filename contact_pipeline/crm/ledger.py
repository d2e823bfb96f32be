"""The ledger of an import: every record of the file ends in exactly one place, and the sum says so.

Belongs here: the counts and the law that they add up. Does not belong: how the counts are made or stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contact_pipeline.errors import LedgerMismatch

STATES = ("created", "updated", "unchanged", "skipped")  # of a valid row, which is a record of the CRM
COUNTS = ("total", *STATES, "failed", "not_data")


@dataclass(frozen=True, slots=True)
class Ledger:
    """Counts of records below the header of the tables read. `failures` and `skips` give counts by reason."""

    total: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    failed: int
    not_data: int
    failures: Mapping[str, int] = field(default_factory=dict)
    skips: Mapping[str, int] = field(default_factory=dict)
    issues: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> dict[str, int]:
        """The seven counts, as `run --json` shows them."""
        return {name: getattr(self, name) for name in COUNTS}

    def check(self) -> None:
        """Raise LedgerMismatch unless the counts add up."""
        placed = self.created + self.updated + self.unchanged + self.skipped + self.failed + self.not_data
        if placed != self.total:
            raise LedgerMismatch(
                f"{self.total} records came in, {placed} were accounted for ({self.rows}). Nothing was written; "
                "this is a fault of contact_pipeline: please report it with the output of 'contact-pipeline inspect'."
            )
        if sum(self.skips.values()) != self.skipped:
            raise LedgerMismatch(f"{self.skipped} records were skipped, {dict(self.skips)} explains another number.")

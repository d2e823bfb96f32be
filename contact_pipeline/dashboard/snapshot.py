"""The snapshot that readers look at: published after each scoring run, under a new name.

Belongs here: publishing it, and which ones are kept. Does not belong: what a reader asks of it (`reader`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from contact_pipeline.atomic import atomic_path, write_text
from contact_pipeline.crm.scores import contacts_frame
from contact_pipeline.crm.session import read_crm
from contact_pipeline.home import Home


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A published snapshot; `size` in bytes."""

    path: Path
    leads: int
    size: int


def publish_snapshot(home: Home) -> Snapshot:
    """dashboard/<moment>.duckdb with the table leads, best first, and the pointer `current`; the last few are kept.

    A new name each time: a process that has the old file open goes on reading it undisturbed.
    """
    with read_crm(home) as crm:
        leads = contacts_frame(crm).sort("lead_score", "contact_id", descending=[True, False], nulls_last=True)
    path = home.dashboard / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}.duckdb"
    with atomic_path(path) as draft, duckdb.connect(str(draft)) as connection:
        connection.register("sorted_leads", leads)
        connection.execute("CREATE TABLE leads AS SELECT * FROM sorted_leads")
    write_text(home.dashboard / "current", path.name)
    for old in sorted(home.dashboard.glob("*.duckdb"))[: -home.settings.reports.snapshots_kept]:
        old.unlink(missing_ok=True)
    return Snapshot(path, leads.height, path.stat().st_size)

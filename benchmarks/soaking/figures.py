"""The figures of a soak: what was done, how long files took, how much the home holds.

Belongs here: counting and measuring, out of the ledger and the records of the product. Does not belong: judging
(`judgement`) and memory (`memory`).
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from datetime import UTC
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from benchmarks.soaking.ledger import Drop, Ledger, digest_of
from contact_pipeline.home import Home

UNDER_WAY = ("QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING")
ENDED_EARLY = ("FAILURE", "CANCELED")
_AFTERMATH_SECONDS = 60.0  # of a harm: starting again, finding the dead run, trying it once more


def runs_on_record(home: Path) -> list[tuple[str, str | None, float | None]]:
    """Status, partition and end (seconds since 1970) of each run that Dagster knows, the oldest first; nothing before its first start."""
    store = f"file:{home / 'dagster' / 'history' / 'runs.db'}?mode=ro"
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(store, uri=True)) as runs:
        return runs.execute("SELECT status, partition, end_time FROM runs ORDER BY id").fetchall()
    return []


def figures_of(home: Home, ledger: Ledger) -> dict[str, Any]:
    """Counts by name, seconds from the drop of a file until it is imported and scored, megabytes."""
    with duckdb.connect(str(home.crm), read_only=True) as connection:
        statuses = connection.execute("SELECT status, count(*) FROM imports GROUP BY 1 ORDER BY 1").fetchall()
        ((contacts,),) = connection.execute("SELECT count(*) FROM contacts").fetchall()
    waits = list(_waits(home, ledger))
    quiet = [wait for drop, *wait in waits if _was_left_in_peace(drop, ledger)]
    return {
        "files": Counter(one.file.kind for one in ledger.drops),
        "ways": Counter(one.way for one in ledger.drops),
        "harm": Counter(what for _, what in ledger.harms),
        "commands": ledger.commands,
        "imports": dict(statuses),
        "runs": Counter(status for status, _, _ in runs_on_record(home.root)),
        "contacts": contacts,
        "drop to imported": _shares([imported for _, imported, _ in waits]),
        "drop to scored": _shares([scored for _, _, scored in waits]),
        "the same in peace": _shares([scored for _, scored in quiet]),
        "home_mb": _megabytes(home.root),
        "dagster_mb": _megabytes(home.dagster),
    }


def _waits(home: Home, ledger: Ledger) -> Iterator[tuple[Drop, float, float]]:
    """Of each file that was imported because it was dropped: seconds until it was imported, and until all was done."""
    with duckdb.connect(str(home.crm), read_only=True) as connection:
        rows = connection.execute("SELECT sha256, import_id, finished_at FROM imports WHERE attempt = 1").fetchall()
    finished = {digest: (import_id, moment.replace(tzinfo=UTC).timestamp()) for digest, import_id, moment in rows}
    ends = _ends(home)
    first = {digest_of(drop.file.data): drop for drop in reversed(ledger.drops)}
    for digest, drop in first.items():
        import_id, imported = finished.get(digest, ("", 0.0))
        if drop.file.outcome == "imported" and import_id in ends:
            yield drop, imported - drop.at, ends[import_id] - drop.at


def _ends(home: Home) -> dict[str, float]:
    """Import -> when its first run ended that came to its end."""
    ends: dict[str, float] = {}
    for status, partition, ended in runs_on_record(home.root):
        if status == "SUCCESS" and partition and ended:
            ends[partition] = min(ended, ends.get(partition, ended))
    return ends


def _was_left_in_peace(drop: Drop, ledger: Ledger) -> bool:
    return not any(-_AFTERMATH_SECONDS < moment - drop.at < _AFTERMATH_SECONDS for moment, _ in ledger.harms)


def _shares(seconds: Sequence[float]) -> dict[str, float]:
    if not seconds:
        return {"files": 0}
    return {"files": len(seconds)} | {f"p{share}": float(np.percentile(seconds, share)) for share in (50, 95, 100)}


def _megabytes(folder: Path) -> float:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6

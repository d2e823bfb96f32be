"""What a home holds, in a form in which two homes can be compared: tables by hash, what lies where, what is left over.

Belongs here: reading a home from outside, and what counts as the same. Does not belong: what is done to it (`kills`,
`hardships`). Left out of the comparison is what a clock or chance wrote, nothing else.
"""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

# Moments: of receiving (as_of too, for rows without a date of their own, and the opt-outs and mappings that they brought),
# of writing, of scoring. And how long it took.
CLOCK = {
    "imports": ("received_at", "finished_at", "seconds"),
    "records": ("as_of",),
    "contacts": ("scored_at",),
    "opt_outs": ("since",),
    "suppressions": ("since",),
    "learned_mappings": ("learned_at",),
    "model_versions": ("created_at", "used_since"),
    "score_history": ("scored_at",),
    "scorings": ("scored_at",),
    "meta": ("scored_all_at", "suppression_key", "restored_at"),  # the key is chance, not a clock
}
# A moment inside a column that tells more.
_CLOCK_WITHIN = {
    "model_versions": """json_merge_patch(learned_from, '{"learned_at": null}') AS learned_from""",
}
_DRAFT_SIGNS = (".tmp", ".making", ".receiving", ".wal")
_UNDER_WAY = ("QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING")


@dataclass(frozen=True, slots=True)
class HomeState:
    """Hash of each table, and the files handed over or kept, by their place; snapshots are named for a moment."""

    tables: dict[str, str]
    files: frozenset[str]
    leads_shown: str | None

    def differences(self, other: HomeState) -> list[str]:
        """What differs, in words; nothing where both are the same."""
        names = sorted(self.tables.keys() | other.tables.keys())
        found = [f"table {name} differs" for name in names if self.tables.get(name) != other.tables.get(name)]
        found += [f"{name} is in one only" for name in sorted(self.files ^ other.files)]
        return found + (["the snapshot shows other leads"] if self.leads_shown != other.leads_shown else [])


def state_of(root: Path) -> HomeState:
    """What the home at `root` holds now."""
    current = root / "dashboard" / "current"
    snapshot = root / "dashboard" / current.read_text(encoding="utf-8") if current.exists() else None
    return HomeState(
        tables_of(root / "crm.duckdb"),
        frozenset(_kept_files(root)),
        tables_of(snapshot, {"leads": ("scored_at",)})["leads"] if snapshot else None,
    )


def tables_of(path: Path, left_out: dict[str, tuple[str, ...]] = CLOCK) -> dict[str, str]:
    """A hash over the rows of each table, whatever their order, without the columns that are left out."""
    if not path.exists():
        return {}
    with duckdb.connect(str(path), read_only=True) as connection:
        names = [row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        return {name: _hash_of(connection, name, left_out.get(name, ())) for name in names}


def _hash_of(connection: duckdb.DuckDBPyConnection, table: str, left_out: tuple[str, ...]) -> str:
    columns = f"* EXCLUDE ({', '.join(left_out)})" if left_out else "*"
    within = f"REPLACE ({_CLOCK_WITHIN[table]})" if table in _CLOCK_WITHIN else ""
    rows = f"SELECT {columns} {within} FROM {table}"
    query = f"SELECT count(*), md5(string_agg(md5(one::VARCHAR), '' ORDER BY md5(one::VARCHAR))) FROM ({rows}) AS one"
    count, digest = connection.execute(query).fetchall()[0]
    return f"{count} rows, {digest}"


def _kept_files(root: Path) -> Iterator[str]:
    for path in root.rglob("*"):
        place = path.relative_to(root)
        if path.is_file() and place.parts[0] not in {"dagster", "dashboard"} and not path.name.endswith(".turn"):
            yield str(place)


def faults_of(root: Path) -> list[str]:
    """What no home may be left with: drafts, runs under way that nobody runs, reports that cannot be opened."""
    found = [f"{path.relative_to(root)} is left over" for path in root.rglob("*") if _is_draft(path)]
    found += [f"{path.relative_to(root)} cannot be opened" for path in root.rglob("reports/**/*") if _is_broken(path)]
    with closing(sqlite3.connect(root / "dagster" / "history" / "runs.db")) as runs:
        statuses = [row[0] for row in runs.execute("SELECT status FROM runs").fetchall()]
    return found + [f"a run is {status} for ever" for status in statuses if status in _UNDER_WAY]


def _is_draft(path: Path) -> bool:
    inside_dagster = "dagster" in path.parts and path.name.endswith("-wal")
    return not inside_dagster and any(sign in path.name for sign in _DRAFT_SIGNS)


def _is_broken(path: Path) -> bool:
    if path.suffix == ".xlsx":
        return not zipfile.is_zipfile(path) or zipfile.ZipFile(path).testzip() is not None
    return path.suffix == ".html" and not path.read_text(encoding="utf-8").rstrip().endswith("</html>")

"""Making a backup of a home, between two runs.

Belongs here: the order of the steps. Does not belong: copying (`gathering`) and packing (`archive`). Runs wait while the home
is copied, and go on while the copy is packed.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from contact_pipeline.atomic import draft_beside
from contact_pipeline.backing_up.archive import member_of, write_archive
from contact_pipeline.backing_up.gathering import gather
from contact_pipeline.backing_up.manifest import Manifest
from contact_pipeline.crm.history import IMPORTED
from contact_pipeline.crm.session import read_crm
from contact_pipeline.crm.tables import SCHEMA_VERSION
from contact_pipeline.errors import UsageError
from contact_pipeline.hardships import explained
from contact_pipeline.home import Home
from contact_pipeline.private_files import new_private
from contact_pipeline.turns import turn_of_runs

OnStep = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BackupMade:
    """Where a backup lies, its bytes and what is in it; `seconds_held` is how long runs had to wait for it."""

    path: Path
    size: int
    manifest: Manifest
    seconds_held: float


def back_up(home: Home, target: Path, on_step: OnStep) -> BackupMade:
    """Write all of a home into one file: `target`, or one named for the moment where that is a folder.

    Raises UsageError where it exists already or lies in the home, HomeBusy, StorageFailed.
    """
    moment = datetime.now(UTC).replace(tzinfo=None)
    path = _path_for(home, target, moment)
    draft = draft_beside(home.root / "backup")
    try:
        with explained(home.root):
            draft.mkdir(mode=0o700)
            with turn_of_runs(home, on_wait=lambda: on_step("waiting for a run to end")):
                started = time.monotonic()
                on_step("copy the home")
                gather(home, draft)
                held = time.monotonic() - started
            on_step("compute digests")
            manifest = _manifest(Home(draft, home.settings), moment)
        on_step("write the backup")
        with explained(path.parent):
            write_archive(draft, manifest, path)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return BackupMade(path, path.stat().st_size, manifest, held)


def _path_for(home: Home, target: Path, moment: datetime) -> Path:
    path = target.resolve()
    if path.is_dir():
        path = path / f"contact-pipeline-{moment:%Y%m%dT%H%M%S}.tar.zst"
    if home.root in path.parents:
        raise UsageError(f"{target} is in the home itself. Name a place outside of {home.root}, best on another disk.")
    if path.exists():
        raise UsageError(f"{target} exists already. Name a new file, or a folder.")
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no folder. Make it first, or name another place.")
    if not home.root.is_dir():
        raise UsageError(f"{home.root} is no home: nothing was imported yet.")
    _check_place(path)
    return path


def _check_place(path: Path) -> None:
    """Tell before runs have to wait, not after, that nothing can be written there. Raises UsageError."""
    draft = draft_beside(path)
    try:
        new_private(draft).close()
        draft.unlink()
    except OSError as error:
        raise UsageError(f"Nothing can be written to {path.parent} ({error.strerror}). Name another place.") from error


def _manifest(copied: Home, moment: datetime) -> Manifest:
    counts = counts_in(copied)  # brings the copy of an older CRM up to date, so before its digest
    found = (path for path in copied.root.rglob("*") if path.is_file() and path.suffix != ".turn")
    members = {path.relative_to(copied.root).as_posix(): member_of(path) for path in sorted(found)}
    return Manifest(version("contact-pipeline"), SCHEMA_VERSION, moment, counts, members)


def counts_in(home: Home) -> dict[str, int]:
    """Live imports and contacts of a home."""
    with read_crm(home) as connection:
        ((imports,),) = connection.execute("SELECT count(*) FROM imports WHERE status = ?", [IMPORTED]).fetchall()
        ((contacts,),) = connection.execute("SELECT count(*) FROM contacts").fetchall()
    return {"imports": imports, "contacts": contacts}

"""Putting a home back as a backup has it, without bringing back who was erased since.

Belongs here: the order of the steps. Does not belong: unpacking (`archive`), who must stay out (`erased_since`) and putting
things in place (`swapping`). Everything is unpacked, compared with its digests and made ready beside the home before anything
of it changes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from contact_pipeline.atomic import draft_beside
from contact_pipeline.backing_up.archive import unpack_archive
from contact_pipeline.backing_up.erased_since import erase_again, erased_people, stay_revoked
from contact_pipeline.backing_up.making import OnStep
from contact_pipeline.backing_up.manifest import BackupUnusable, Manifest
from contact_pipeline.backing_up.swapping import FOLDERS, NO_SNAPSHOT, READY, put_in_place
from contact_pipeline.crm.restored import note_restored
from contact_pipeline.crm.session import open_crm
from contact_pipeline.crm.tables import SCHEMA_VERSION
from contact_pipeline.dashboard.layout import POINTER
from contact_pipeline.errors import PipelineError, StorageFailed, UsageError
from contact_pipeline.hardships import explained
from contact_pipeline.home import Home
from contact_pipeline.turns import turn_of_runs


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back; `erased_again` people were erased after the backup, None where that cannot be known."""

    manifest: Manifest
    erased_again: int | None


@contextmanager
def opened_backup(home: Home, path: Path, on_step: OnStep) -> Iterator[tuple[Manifest, Path]]:
    """A backup unpacked into a folder of the home, every digest compared; the folder goes when the block ends.

    Raises UsageError where there is no such file, PipelineError where it cannot be used, StorageFailed.
    """
    if not path.is_file():
        raise UsageError(f"{path} is no file. Name a backup that 'contact-pipeline backup' made.")
    with explained(home.root):
        home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = draft_beside(home.root / "restore")
        try:
            draft.mkdir(mode=0o700)
            on_step("unpack the backup")
            yield unpack_archive(path, draft, lambda manifest: _usable(manifest, home.root)), draft
        except BackupUnusable as error:
            raise PipelineError(f"{path.name} {error}") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def restore(home: Home, manifest: Manifest, unpacked: Path, on_step: OnStep) -> Restored:
    """Make the home hold what was unpacked. Killed at any moment it is the old home, or the next run completes the new one.

    Who was erased from the home since the backup is erased from what comes back, and a link that was revoked stays revoked.
    Raises HomeBusy, StorageFailed, SettingsError for settings in the backup that cannot be used.
    """
    restored = Home(unpacked)
    home = Home(home.root, restored.settings)  # those in place may be what is to be put right
    with explained(home.root), turn_of_runs(home, on_wait=lambda: on_step("waiting for a run to end")):
        known = erased_people(home)
        with open_crm(restored) as connection:
            note_restored(connection, datetime.now(UTC).replace(tzinfo=None))
        count = None if known is None else erase_again(restored, known, on_step)
        stay_revoked(home, restored)
        _complete(restored)
        on_step("put it in place")
        os.sync()  # a power cut must not leave names without content
        unpacked.rename(home.root / READY)
        put_in_place(home)
    return Restored(manifest, count)


def is_in_use(home: Home) -> bool:
    """Does the home hold anything that a restore replaces?"""
    return home.crm.exists() or any(home.inbox.glob("*"))


def _usable(manifest: Manifest, folder: Path) -> None:
    if manifest.schema_version > SCHEMA_VERSION:
        raise BackupUnusable(f"was made by version {manifest.version}, which is newer. Restore it with that version.")
    free = shutil.disk_usage(folder).free
    if manifest.size > free:
        raise StorageFailed(
            f"The backup holds {manifest.size:,} bytes, and the disk of {folder} has {free:,} left. Free some space first."
        )


def _complete(restored: Home) -> None:
    """What stands for "nothing was there", so that it replaces what is there now."""
    for name in FOLDERS:
        (restored.root / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    (restored.root / "settings.toml").touch(mode=0o600)
    restored.dashboard.mkdir(mode=0o700, exist_ok=True)
    if not (restored.dashboard / POINTER).exists():
        (restored.dashboard / NO_SNAPSHOT).touch()

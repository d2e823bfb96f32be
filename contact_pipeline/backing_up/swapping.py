"""Putting what was restored in place of what a home holds: all of it, whatever interrupts.

Belongs here: the steps, each of which may be done again. Does not belong: making ready what is put in place (`restoring`). What
is ready lies in a folder of the home whose appearance decides: before, the home is the old one; from then on, whoever takes
the turn of runs next does what is left. Who only looks meanwhile finds the old or the new of each thing, whole.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from contact_pipeline.atomic import draft_beside
from contact_pipeline.backing_up.gathering import copy_sqlite
from contact_pipeline.crm.session import warehouse_of
from contact_pipeline.dashboard.layout import POINTER
from contact_pipeline.home import Home

READY: Final = ".restored"
FOLDERS: Final = ("inbox", "stages", "reports", "drop/done", "drop/refused")  # replaced as a whole
NO_SNAPSHOT: Final = "none"  # a file in the folder `dashboard` of what is ready: nothing was shown then
_REPLACED: Final = ".replaced"


def is_ready(home: Home) -> bool:
    """Is anything left to be put in place?"""
    return (home.root / READY).is_dir()


def put_in_place(home: Home) -> None:
    """Do what is left of it. Needs the turn of runs, and costs nothing where nothing is left. Raises HomeBusy, StorageFailed."""
    ready = home.root / READY
    if not ready.is_dir():
        return
    for name in FOLDERS:
        _replace_folder(home.root / name, ready / name, ready / _REPLACED / name)
    if (ready / home.crm.name).exists():
        warehouse_of(home).replace_by(ready / home.crm.name)
    if (ready / "settings.toml").exists():
        (ready / "settings.toml").replace(home.root / "settings.toml")
    _replace_dashboard(home, ready / home.dashboard.name)
    _add_dagster(home, ready / home.dagster.name)
    _add_others(home, ready)
    done = draft_beside(home.root / "restored")  # so that a process killed from here on leaves a draft, which is swept
    ready.rename(done)
    shutil.rmtree(done)


def _replace_folder(present: Path, restored: Path, replaced: Path) -> None:
    if not restored.exists():
        return
    if present.exists():
        shutil.rmtree(replaced, ignore_errors=True)
        replaced.parent.mkdir(parents=True, exist_ok=True)
        present.rename(replaced)
    present.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    restored.rename(present)


def _replace_dashboard(home: Home, restored: Path) -> None:
    """Links and the snapshot that was shown; later ones show what is not there any more."""
    home.dashboard.mkdir(mode=0o700, exist_ok=True)
    if (restored / home.links.name).exists():
        copy_sqlite(restored / home.links.name, home.links)
        (restored / home.links.name).unlink()
    for snapshot in restored.glob("*.duckdb"):
        snapshot.replace(home.dashboard / snapshot.name)
    pointer = home.dashboard / POINTER
    if (restored / POINTER).exists():
        (restored / POINTER).replace(pointer)
    if (restored / NO_SNAPSHOT).exists():
        pointer.unlink(missing_ok=True)
        (restored / NO_SNAPSHOT).unlink()
    shown = pointer.read_text(encoding="utf-8") if pointer.exists() else ""
    for snapshot in home.dashboard.glob("*.duckdb"):
        if snapshot.name != shown:
            snapshot.unlink()


def _add_dagster(home: Home, restored: Path) -> None:
    """Dagster's own records, where the home has none: those of programs that run are never changed under them."""
    if home.is_complete or not restored.exists():
        return
    home.dagster.mkdir(mode=0o700, exist_ok=True)
    for path in restored.iterdir():
        _replace_folder(home.dagster / path.name, path, restored.parent / _REPLACED / path.name)


def _add_others(home: Home, ready: Path) -> None:
    """Files that waited in the drop folder, and what else lay in the home, where nothing of that name is there."""
    for folder in (ready / home.drop.name, ready):
        for path in folder.glob("*"):
            target = home.root / path.relative_to(ready)
            if path.name != _REPLACED and not target.exists():
                path.rename(target)

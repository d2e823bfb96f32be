"""A consistent copy of all that a home holds, taken while other programs go on.

Belongs here: what belongs to a backup, and how each kind of file is copied. Does not belong: packing the copy (`archive`). What
is only ever replaced as a whole is linked, which takes no time and no space: the copy keeps the file as it was. Databases are
copied, each in its own way. Dagster's come first and the CRM last: so no run is on record whose file was not received, and
no import in the CRM without its bytes.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from contact_pipeline.crm.session import warehouse_of
from contact_pipeline.dashboard.layout import POINTER
from contact_pipeline.home import Home

_SQLITE: Final = frozenset({".db", ".sqlite"})
_BESIDE_DATABASES: Final = ("-wal", "-shm", "-journal", ".wal", ".turn")  # of the moment, or empty
_WAIT_SECONDS: Final = 10


def gather(home: Home, folder: Path) -> None:
    """Copy a home into an empty folder on the same disk. Needs the turn of runs. Raises HomeBusy, StorageFailed.

    Left out are drafts, locks, snapshots but the one that is shown, and what steps of runs wrote to the console.
    """
    for path in sorted(_worth_keeping(home), key=lambda one: home.dagster not in one.parents):
        target = folder / path.relative_to(home.root)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _copy(home, path, target)
    if home.crm.exists():
        warehouse_of(home).copy_to(folder / home.crm.name)


def _worth_keeping(home: Home) -> Iterator[Path]:
    """Every file but the CRM, in no order."""
    pointer = home.dashboard / POINTER
    shown = pointer.read_text(encoding="utf-8") if pointer.is_file() else ""
    for place, folders, names in os.walk(home.root):
        here = Path(place)
        folders[:] = [name for name in folders if not name.startswith(".") and here / name != home.dagster / "storage"]
        for name in names:
            path = here / name
            is_old_snapshot = here == home.dashboard and path.suffix == ".duckdb" and name != shown
            if path != home.crm and not is_old_snapshot and _is_of_the_home(path):
                yield path


def _is_of_the_home(path: Path) -> bool:
    is_passing = path.name.startswith(".") or path.name.endswith(_BESIDE_DATABASES)
    is_followed = path.name == "settings.toml"  # people keep it elsewhere, and link it
    return not is_passing and path.is_file() and (is_followed or not path.is_symlink())


def _copy(home: Home, path: Path, target: Path) -> None:
    try:
        if path.suffix in _SQLITE and _is_ours(home, path):
            copy_sqlite(path, target)
        elif path.parent in (home.root, home.drop):  # people write into these as they like
            shutil.copyfile(path, target)
        else:
            _link(path, target)
    except FileNotFoundError:  # gone since it was seen: a dropped file that was put away, a run that was tidied up
        target.unlink(missing_ok=True)


def _is_ours(home: Home, path: Path) -> bool:
    """A database that we or Dagster write to; what people sent is a file like any other."""
    return path.parent in (home.root, home.dashboard) or home.dagster in path.parents


def copy_sqlite(path: Path, target: Path) -> None:
    """The database at `path` as it is now, put in place of what the one at `target` holds, in one transaction."""
    with (
        closing(sqlite3.connect(path, timeout=_WAIT_SECONDS)) as source,
        closing(sqlite3.connect(target, timeout=_WAIT_SECONDS)) as copy,
    ):
        source.backup(copy)


def _link(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links, or one that lets nobody link files of others
        shutil.copyfile(path, target)

"""Signs of life of runs: a lock on a file named by the run, held by its process, let go by the system however that ends.

Belongs here: showing the sign, looking for it, clearing away old ones. Does not belong: what follows from a missing one
(`defs.interrupted`). A lock holds across containers that share a home, where numbers of processes mean nothing.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection
from pathlib import Path

from contact_pipeline.errors import HomeBusy
from contact_pipeline.home import Home

# The run that this process works on, and the one that it is a part of, with the descriptors of their files.
_SHOWN: dict[str, int] = {}


def show(home: Home, run_id: str, *, within: str = "") -> None:
    """Show that this process works on a run, until it ends or works on another, be it for a part of the run `within`.

    Raises HomeBusy where another process does.
    """
    if run_id in _SHOWN:
        return
    descriptor = os.open(_made_folder(home) / run_id, os.O_RDWR | os.O_CREAT, 0o600)
    if not _lock(descriptor):
        os.close(descriptor)
        raise HomeBusy(f"Another process works on run {run_id} already.")
    for earlier in [one for one in _SHOWN if one != within]:
        os.close(_SHOWN.pop(earlier))
    _SHOWN[run_id] = descriptor


def has_ended(home: Home, run_id: str) -> bool | None:
    """Has the process that worked on a run ended? None where none ever showed a sign."""
    try:
        descriptor = os.open(_folder(home) / run_id, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        return _lock(descriptor)
    finally:
        os.close(descriptor)


def clear(home: Home, under_way: Collection[str]) -> None:
    """Take away the signs of all runs but those under way."""
    for path in _made_folder(home).iterdir():
        if path.name not in under_way:
            path.unlink(missing_ok=True)


def _folder(home: Home) -> Path:
    return home.dagster / "alive"


def _made_folder(home: Home) -> Path:
    folder = _folder(home)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

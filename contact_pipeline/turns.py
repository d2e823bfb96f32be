"""Taking turns between processes: a lock on a file, waited for with a deadline, let go by the system when a process dies.

Belongs here: waiting, and what counts as too long. Does not belong: what is done in a turn (`warehouse`, `receipt`,
`defs.running`).
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from contact_pipeline.errors import HomeBusy
from contact_pipeline.home import Home

_PAUSE_SECONDS = 0.02  # short and the same for all: whoever waits longest is as likely to be next as any other


@contextmanager
def turn(
    path: Path,
    wait_seconds: float,
    *,
    busy: str,
    in_line: bool = True,
    writes: bool = True,
    on_wait: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Hold the lock on `path`, a file made where it is missing, while the block runs.

    `wait_seconds` is how long one other process may hold it: each time it passes on, the wait begins anew, so that a long
    line of short turns tires nobody. Without `in_line` it is the whole wait. `on_wait` is called once where it is taken.
    Without `writes` the file must be there and stays untouched. Raises HomeBusy with the message `busy`.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT if writes else os.O_RDONLY, 0o600)
    try:
        _wait_for(descriptor, wait_seconds, busy, in_line, on_wait)
        if writes:
            os.utime(descriptor)  # tells those who wait that the turn has passed on
        yield
    finally:
        os.close(descriptor)


def hold(path: Path, wait_seconds: float, *, busy: str) -> None:
    """Hold the lock on `path`, a file made where it is missing, until this process ends, whatever program it becomes.

    Raises HomeBusy with the message `busy`.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    _wait_for(descriptor, wait_seconds, busy, in_line=False, on_wait=lambda: None)
    os.set_inheritable(descriptor, True)


def holder(path: Path) -> int | None:
    """The process that holds the lock on `path`; None where none does, or this process cannot see it (proc_locks(5))."""
    try:
        about, locks = path.stat(), Path("/proc/locks").read_text(encoding="ascii")
    except OSError:
        return None
    file = f"{os.major(about.st_dev):02x}:{os.minor(about.st_dev):02x}:{about.st_ino}"
    held = (line.split() for line in locks.splitlines())
    return next((int(words[4]) for words in held if words[1] == "FLOCK" and words[5] == file), None)


@contextmanager
def turn_of_runs(
    home: Home, *, wait_seconds: float | None = None, on_wait: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """The turn that every run holds from its first stage to its last, and whoever else must not meet one.

    A restore that was interrupted is completed first: a run never meets half a home. Waits as long as the settings say, unless
    told otherwise. Raises HomeBusy.
    """
    from contact_pipeline.backing_up.swapping import put_in_place  # which takes turns too

    patience = home.settings.turn_wait_seconds if wait_seconds is None else wait_seconds
    busy = (
        f"Another run has been at work in {home.root} for {patience:.0f} s. Wait until it has ended and try again, or "
        "raise turn_wait_seconds in settings.toml."
    )
    with turn(home.turn_file("runs"), patience, busy=busy, in_line=wait_seconds is None, on_wait=on_wait):
        put_in_place(home)
        yield


def _wait_for(descriptor: int, wait_seconds: float, busy: str, in_line: bool, on_wait: Callable[[], None]) -> None:
    if _locked(descriptor):
        return
    on_wait()
    passed_on, deadline = _passed_on(descriptor), time.monotonic() + wait_seconds
    while not _locked(descriptor):
        if in_line and passed_on != _passed_on(descriptor):
            passed_on, deadline = _passed_on(descriptor), time.monotonic() + wait_seconds
        if time.monotonic() >= deadline:
            raise HomeBusy(busy)
        time.sleep(_PAUSE_SECONDS)


def _passed_on(descriptor: int) -> int:
    return os.fstat(descriptor).st_mtime_ns


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

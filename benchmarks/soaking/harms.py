"""What is done to the running product: which of its processes are killed when, and when its disk is full.

Belongs here: the plan and the doing. Does not belong: what the product makes of it (`judgement`). Everything that ends a
server comes in the first part of a soak: in the second the same servers live on, so that their memory can be told.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.soaking.ledger import Ledger
from benchmarks.soaking.service import COMMAND, RUN_WORKER, STARTER, Service, kill, processes

DISK_MB = 1_500
FULL_SECONDS = 30.0
EVERYTHING, DISK_FULL = "everything", "disk full"
_SERVER_HARMS = (
    *(RUN_WORKER, "daemon", EVERYTHING, "code server", RUN_WORKER),
    *("webserver", STARTER, COMMAND, EVERYTHING, "dashboard"),
)
_GENTLE_HARMS = (RUN_WORKER, COMMAND)
_FIRST_PART = 0.5
_APART_SECONDS = (30.0, 60.0)
_INTO_A_RUN_SECONDS = 9.0  # a run takes about as long from its process to its end
_ROOM_BYTES = (0, 128 * 1024)


@dataclass(frozen=True, slots=True)
class Harm:
    """What happens when; `seconds` since the soak began, or since the process began that is to be killed."""

    seconds: float
    what: str
    into_it: float


def plan(dice: random.Random, seconds: float, *, may_fill: bool) -> list[Harm]:
    """The harms of a soak of so many seconds; the disk is full once, before its middle."""
    first, harms = seconds * _FIRST_PART, list(_SERVER_HARMS)
    dice.shuffle(harms)
    apart = min(max(first / (len(harms) + 1), _APART_SECONDS[0]), _APART_SECONDS[1])
    moments = [apart * number for number in range(1, int(seconds / apart))]
    gentle = (dice.choice(_GENTLE_HARMS) for _ in moments)
    made = [
        Harm(
            moment, harms[number % len(harms)] if moment < first else next(gentle), dice.uniform(0, _INTO_A_RUN_SECONDS)
        )
        for number, moment in enumerate(moments)
    ]
    full = [Harm(first * 0.5, DISK_FULL, 0.0)] if may_fill else []
    return sorted([*made, *full], key=lambda harm: harm.seconds)


class Harmer:
    """Does what is planned, each harm as soon as it is due and there is something to do it to."""

    def __init__(self, service: Service, ledger: Ledger, harms: list[Harm], before_full: Callable[[], None]) -> None:
        self._service, self._ledger, self._harms, self._before_full = service, ledger, list(harms), before_full
        self._dice = random.Random(len(harms))
        self._kill_at: float | None = None
        self._not_before = 0.0

    def tick(self, seconds: float) -> None:
        """Do the next harm where it is due, `seconds` since the soak began; one that comes late puts the next one off."""
        if not self._harms or max(self._harms[0].seconds, self._not_before) > seconds:
            return
        harm = self._harms[0]
        if harm.what == DISK_FULL:
            self._before_full()
            _be_full(self._service, self._dice.choice(_ROOM_BYTES))
        elif harm.what == EVERYTHING:
            self._service.kill_everything()
        elif not self._kill_into(harm):
            return
        self._ledger.harms.append((time.time(), harm.what))
        print(f"  {seconds:6.0f} s  {harm.what}", flush=True)
        self._not_before = seconds + _APART_SECONDS[0] / 2
        self._harms.pop(0)

    def _kill_into(self, harm: Harm) -> bool:
        """Kill processes of a role, some time after they were first seen; false until that is done."""
        is_short_lived = harm.what in (RUN_WORKER, COMMAND)
        if harm.what not in processes(self._service.home).values():
            self._kill_at = None
            return False
        self._kill_at = self._kill_at or time.monotonic() + harm.into_it * is_short_lived
        if time.monotonic() < self._kill_at:
            return False
        self._kill_at = None
        return kill(self._service.home, harm.what)


def _be_full(service: Service, room: int) -> None:
    ballast = service.home.parent / "ballast"
    with ballast.open("wb") as file:
        while shutil.disk_usage(service.home).free > room:
            with suppress(OSError):  # others write meanwhile
                size = os.fstat(file.fileno()).st_size
                os.posix_fallocate(file.fileno(), 0, size + shutil.disk_usage(service.home).free - room)
    until = time.monotonic() + FULL_SECONDS
    while time.monotonic() < until:
        service.keep()
        time.sleep(0.5)
    ballast.unlink()


@contextmanager
def disk_of_its_own(folder: Path, *, may_mount: bool) -> Iterator[Path]:
    """A folder for the home, on a small file system of its own where that may be mounted."""
    place = folder / "disk"
    place.mkdir()
    if may_mount:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        if may_mount:
            subprocess.run(["umount", "--lazy", str(place)], check=True)

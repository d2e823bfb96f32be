"""How much memory each part of the running product holds, sampled while it runs.

Belongs here: sampling, and what a series of samples says. Does not belong: which processes there are (`service`). Memory is
what a process holds for itself alone (anonymous pages) in MB (10^6 bytes): a share of common libraries would grow whenever
another program that uses them ends.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.soaking.service import SERVERS, processes

_EVERY_SECONDS = 5.0
_WARM_UP_SECONDS = (
    420.0  # servers import what they need and start their threads; with nothing to do they stand still then
)
_LONG_ENOUGH_SECONDS = 300.0  # shorter series have no slope worth telling


@dataclass(frozen=True, slots=True)
class Sample:
    """One process at one moment; `seconds` since the soak began."""

    seconds: float
    role: str
    pid: int
    megabytes: float


class MemoryWatch:
    """Samples all servers of a home every few seconds, in a thread of its own, until it is told to stop."""

    def __init__(self, home: Path) -> None:
        self.samples: list[Sample] = []
        self._home, self._told, self._began = home, threading.Event(), time.monotonic()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._told.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._told.wait(_EVERY_SECONDS):
            seconds = time.monotonic() - self._began
            for pid, role in processes(self._home).items():
                with suppress(OSError):  # it has ended meanwhile
                    self.samples.append(Sample(seconds, role, pid, _own_mb(pid)))


def _own_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Anonymous:")) * 1024 / 1e6


def told_by_role(samples: Sequence[Sample]) -> dict[str, dict[str, Any]]:
    """For each server: megabytes at the start, at the end and at the peak, and its slope in MB an hour.

    The slope is of the process that lived longest, after its warm-up; None where none lived long enough.
    """
    return {role: _told([one for one in samples if one.role == role]) for role in SERVERS}


def _told(samples: Sequence[Sample]) -> dict[str, Any]:
    if not samples:
        return {"start": None, "end": None, "peak": None, "slope": None, "minutes": None}
    together: defaultdict[float, float] = defaultdict(float)  # a code server is two processes
    lives: defaultdict[int, list[Sample]] = defaultdict(list)
    for one in samples:
        together[one.seconds] += one.megabytes
        lives[one.pid].append(one)
    series = [together[moment] for moment in sorted(together)]
    longest = max(lives.values(), key=lambda life: (life[-1].seconds - life[0].seconds, life[-1].megabytes))
    settled = [one for one in longest if one.seconds - longest[0].seconds >= _WARM_UP_SECONDS]
    minutes = (settled[-1].seconds - settled[0].seconds) / 60 if settled else 0.0
    long_enough = minutes * 60 >= _LONG_ENOUGH_SECONDS
    return {
        "start": series[0],
        "end": series[-1],
        "peak": max(series),
        "slope": _slope(settled) if long_enough else None,
        "minutes": minutes,
    }


def _slope(samples: Sequence[Sample]) -> float:
    """Least squares, in MB an hour."""
    hours = np.array([one.seconds for one in samples]) / 3_600
    return float(np.polyfit(hours, np.array([one.megabytes for one in samples]), 1)[0])

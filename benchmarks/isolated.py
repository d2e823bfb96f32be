"""Running one piece of work in a process of its own, so that its death, its time and its memory can be told.

Belongs here: starting, timing and outliving that process. Does not belong: what is run in it.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Generic, TypeVar

A = TypeVar("A")
R = TypeVar("R")

# Forked from a server that has the libraries loaded, a process starts in milliseconds instead of a second.
_CONTEXT = multiprocessing.get_context("forkserver")


@dataclass(frozen=True, slots=True)
class Told(Generic[R]):
    """What came of the work. `result` is None where `death` says how the process ended without one.

    `seconds` are those of the work alone, `peak_mb` (10^6 bytes) is the most that it or a child of it held, `processor` the
    seconds that all its threads and children worked, which other work on the machine changes less.
    """

    result: R | None
    death: str | None
    seconds: float
    peak_mb: float
    processor: float = 0.0

    def cost(self) -> dict[str, float]:
        """What it took, as a benchmark tells it."""
        return {"seconds": self.seconds, "peak_mb": self.peak_mb, "processor": self.processor}


def preload(modules: list[str]) -> None:
    """Name the modules that every process needs; before the first of them is started."""
    _CONTEXT.set_forkserver_preload(modules)


def run_all(work: Callable[[A], R], inputs: Iterable[A], *, at_once: int, deadline: float) -> Iterator[Told[R]]:
    """Run `work` on each input in a fresh process, `at_once` of them at a time; told in the order of the inputs.

    A process still running after `deadline` seconds is killed.
    """
    with ThreadPoolExecutor(at_once) as threads:
        yield from threads.map(lambda one: run(work, one, deadline=deadline), inputs)


def run(work: Callable[[A], R], argument: A, *, deadline: float) -> Told[R]:
    """Run `work` on one argument in a fresh process."""
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_report, args=(theirs, work, argument), daemon=True)
    started = time.monotonic()
    process.start()
    theirs.close()
    try:
        if not ours.poll(deadline):
            process.kill()
            return Told(None, f"still running after {deadline:.0f} s", time.monotonic() - started, 0.0)
        return Told(*ours.recv())
    except EOFError:
        process.join()
        return Told(None, f"the process died (exit code {process.exitcode})", time.monotonic() - started, 0.0)
    finally:
        ours.close()
        process.join()


def _report(pipe: Connection, work: Callable[[A], R], argument: A) -> None:
    started = time.monotonic()
    try:
        result, death = work(argument), None
    except Exception as error:  # noqa: BLE001  whatever it is, it is told to the parent as the outcome
        result, death = None, f"{type(error).__name__}: {error}"[:500]
    pipe.send((result, death, time.monotonic() - started, peak_mb(), processor_seconds()))


def processor_seconds() -> float:
    """What this process and its children that ended have worked, all threads together."""
    return sum(os.times()[:4])


def peak_mb() -> float:
    """The most memory (10^6 bytes) that this process, or one of its children, has held.

    Of the process itself the high-water mark of its own memory counts: `ru_maxrss` begins at what the parent held.
    """
    own = int(Path("/proc/self/status").read_text(encoding="ascii").split("VmHWM:")[1].split()[0])
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) * 1024 / 1e6

"""Several programs that live together, such as the Dagster UI and the dashboard under `contact-pipeline dev`.

Belongs here: starting them, waiting, and when one ends by itself stopping all (`run_together`) or starting it again
(`keep_running`). Does not belong: which programs (`programs`). Whatever ends us, they are told to stop.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from contact_pipeline.errors import PipelineError

_LOOKS_EVERY_SECONDS = 0.2
_GRACE_SECONDS = 30  # what Dagster takes to stop its own processes on a busy machine, and more
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded before any fork


class ProgramEnded(PipelineError):
    """One of the programs ended though nobody told it to; the others were stopped."""


def run_together(programs: Mapping[str, Sequence[str]], environment: Mapping[str, str]) -> None:
    """Start the programs, by what a person calls them, and return once a signal told us to stop and all have ended.

    Raises ProgramEnded where one ends by itself.
    """
    with _told_to_stop() as told:
        running: dict[str, subprocess.Popen[bytes]] = {}
        try:
            for name, words in programs.items():
                running[name] = _start(words, environment)
            ended = _wait(running, told)
        finally:
            _stop(running.values())
    if ended is not None:
        status = running[ended].returncode
        raise ProgramEnded(
            f"{ended} ended by itself (exit status {status}), so everything was stopped. Its reason stands above."
        )


def keep_running(
    programs: Mapping[str, Sequence[str]], environment: Mapping[str, str], tell: Callable[[str], None]
) -> None:
    """Start the programs, start each again that ends by itself, and return once a signal told us to stop and all have ended.

    The pause before a program is started again doubles each time, up to a minute, until it has run for that long. `tell`
    hears in a line of each that ended.
    """
    kept = [Kept(name, words, environment) for name, words in programs.items()]
    with _told_to_stop() as told:
        try:
            while True:
                for program in kept:
                    program.look(time.monotonic(), tell)
                if told.wait(_LOOKS_EVERY_SECONDS):
                    break
        finally:
            _stop([program.process for program in kept if program.process])


@dataclass
class Kept:
    """One program that is started again whenever it ends. `due` is when it was started, or will be."""

    name: str
    words: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    due: float = 0.0
    pause: float = 0.0

    def look(self, now: float, tell: Callable[[str], None]) -> None:
        """Start it where it is due; see whether it has ended."""
        if self.process is None:
            if now >= self.due:
                self.process, self.due = _start(self.words, self.environment), now
        elif self.process.poll() is not None:
            status, self.process = self.process.returncode, None
            self.plan_next_start(now)
            tell(f"{self.name} ended by itself (exit status {status}); it starts again in {self.pause:.0f} s.")

    def plan_next_start(self, now: float) -> None:
        """Twice as long after its end as the last time, unless it has run for long since."""
        grown = 0 if now - self.due >= _LONGEST_PAUSE_SECONDS else 2 * self.pause
        self.pause = min(max(grown, _FIRST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
        self.due = now + self.pause


def _start(words: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """In a group of its own, so that Ctrl-C reaches us alone and each program is told to stop once."""
    parent = os.getpid()
    return subprocess.Popen(  # noqa: S603  our own programs
        words,
        env={**os.environ, **environment},
        process_group=0,
        preexec_fn=lambda: _end_with(parent),
    )


def _end_with(parent: int) -> None:
    """In the child: be told to stop when the parent dies, however it dies."""
    if _LIBC is not None:
        _LIBC.prctl(_SET_PARENT_DEATH_SIGNAL, int(signal.SIGTERM))
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)


def _wait(running: Mapping[str, subprocess.Popen[bytes]], told: threading.Event) -> str | None:
    """The name of the program that ended by itself; None once we were told to stop."""
    while not told.wait(_LOOKS_EVERY_SECONDS):
        for name, program in running.items():
            if program.poll() is not None:
                return name
    return None


def _stop(programs: Iterable[subprocess.Popen[bytes]]) -> None:
    """Tell them all, then wait for each; who does not listen is killed with everything it started."""
    alive = [program for program in programs if program.poll() is None]
    for program in alive:
        program.terminate()
    for program in alive:
        try:
            program.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    told = threading.Event()

    def tell(_number: int, _frame: FrameType | None) -> None:
        told.set()

    before = {number: signal.signal(number, tell) for number in _STOPS}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""Several programs that live and end together, such as the Dagster UI and the dashboard under `contact-pipeline dev`.

Belongs here: starting them, waiting, and stopping all when one ends or we are told to. Does not belong: which programs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

from contact_pipeline.errors import PipelineError

_LOOKS_EVERY_SECONDS = 0.2
_GRACE_SECONDS = 20  # what Dagster takes to stop its own processes, and more
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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


def _start(words: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """In a group of its own, so that Ctrl-C reaches us alone and each program is told to stop once."""
    return subprocess.Popen(words, env={**os.environ, **environment}, process_group=0)  # noqa: S603  our own programs


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

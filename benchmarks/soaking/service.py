"""The running product, kept as a service manager keeps it: started again whenever it ends, until it is told to stop.

Belongs here: its processes, what each of them is, and killing them. Does not belong: when they are killed (`benchmarks.soak`).
Only processes that carry the home in their environment are looked at, so those of anybody else are safe.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

_STOP_SECONDS = 90
_RESTART_AFTER_SECONDS = 2
_HOME = "CONTACT_PIPELINE_HOME"

# The first that fits names the process.
_ROLES: tuple[tuple[str, str], ...] = (
    ("dagster_webserver", "webserver"),
    ("dagster-webserver", "webserver"),
    ("dagster._daemon", "daemon"),
    ("dagster-daemon", "daemon"),
    ("code-server start", "code server"),
    ("api grpc", "code server"),
    ("spawn_main", "run worker"),
    ("dashboard serve", "dashboard"),
    ("contact_pipeline start", "starter"),
    ("contact_pipeline dev", "starter"),
    ("contact_pipeline", "command"),
)
RUN_WORKER, COMMAND, STARTER, OTHER = "run worker", "command", "starter", "other"
SERVERS = ("webserver", "daemon", "code server", "dashboard")


@dataclass
class Service:
    """`command` of the product over `home`, with its log; `restarts` counts how often it had to be started again."""

    home: Path
    command: Sequence[str]
    log: Path
    restarts: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _ended_at: float | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it, with its words at the end of the log."""
        with self.log.open("ab") as log:
            self._process = self.run_beside(self.command, log)
        self._ended_at = None

    def run_beside(self, words: Sequence[str], log: BinaryIO) -> subprocess.Popen[bytes]:
        """Start a command of the product over the same home."""
        return subprocess.Popen(
            [sys.executable, "-m", "contact_pipeline", *words],
            env={**os.environ, _HOME: str(self.home)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def keep(self) -> None:
        """Start it again where it has ended, after a pause."""
        if self._process is None or self._process.poll() is None:
            return
        self._ended_at = self._ended_at or time.monotonic()
        if time.monotonic() - self._ended_at >= _RESTART_AFTER_SECONDS:
            self.restarts += 1
            self.start()

    def kill_everything(self) -> bool:
        """As if the machine had lost its power: SIGKILL to all, until none is left."""
        while alive := processes(self.home):
            for pid in alive:
                _kill(pid)
            time.sleep(0.1)
        return True

    def stop(self) -> tuple[int | None, list[str]]:
        """Tell it to stop; its exit status (None where it had to be killed), and what it left running."""
        status = None
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                status = self._process.wait(_STOP_SECONDS)
        left = [f"{role} {pid}" for pid, role in processes(self.home).items()]
        self.kill_everything()
        return status, left


def kill(home: Path, role: str) -> bool:
    """SIGKILL to every process of a role that works on this home; false where there is none."""
    return bool([_kill(pid) for pid, found in processes(home).items() if found == role])


def _kill(pid: int) -> int:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return pid


def processes(home: Path) -> dict[int, str]:
    """The role of each process that works on this home."""
    sign = f"{_HOME}={home}".encode()
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with suppress(OSError):  # it has ended meanwhile, or is not ours to look at
                if sign in (folder / "environ").read_bytes().split(b"\0"):
                    found[int(folder.name)] = _role(folder)
    return found


def _role(folder: Path) -> str:
    words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return next((role for sign, role in _ROLES if sign in words), OTHER)


def answers(url: str) -> bool:
    """Does a server answer there, be it that it wants a link first?"""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310  our own server on loopback
            return bool(response.status == HTTPStatus.OK)
    except urllib.error.HTTPError as error:
        return error.code == HTTPStatus.UNAUTHORIZED
    except OSError:
        return False

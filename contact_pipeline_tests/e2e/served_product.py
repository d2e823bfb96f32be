"""The product started for a test: the Dagster UI, daemon and dashboard over a home, as a user has them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from contact_pipeline.home import Home

PATIENCE_SECONDS = 150
COMMAND = [sys.executable, "-m", "contact_pipeline"]


@dataclass
class Server:
    """A home, the addresses of the UI and of the dashboard over it, and the process that started both."""

    home: Home
    url: str
    dashboard: str
    process: subprocess.Popen[bytes]

    def graphql(self, query: str) -> Any:
        """What the UI would be answered."""
        request = urllib.request.Request(  # noqa: S310  our own server on loopback
            f"{self.url}/graphql", json.dumps({"query": query}).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
            return json.load(response)["data"]


@contextmanager
def product(home: Home, command: str = "start") -> Iterator[Server]:
    """`start` or `dev` over a home whose files settle after a second; stopped at the end. Its log is product.log in the home."""
    with _private_files():
        yield from _served(home, command)


@contextmanager
def _private_files() -> Iterator[None]:
    """What the test itself leaves in the home is made as a command would make it."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _served(home: Home, command: str) -> Iterator[Server]:
    home.set_up()
    (home.root / "settings.toml").write_text("[drop]\nsettle_seconds = 1\n")
    port, dashboard_port = free_port(), free_port()
    with (home.root / "product.log").open("ab") as log:
        process = subprocess.Popen(
            [*COMMAND, command, "--port", str(port), "--dashboard-port", str(dashboard_port)],
            env={**os.environ, "CONTACT_PIPELINE_HOME": str(home.root)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            made = Server(home, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{dashboard_port}", process)
            until(lambda: answers(f"{made.url}/server_info"), "the UI answers")
            yield made
        finally:
            process.terminate()
            process.wait(timeout=60)


def programs_of(process_id: int) -> list[int]:
    """The process and all that it started, and these in turn."""
    threads = Path(f"/proc/{process_id}/task").glob("*/children")  # the code server starts runs in threads
    children = [int(child) for thread in threads for child in thread.read_text().split()]
    return [process_id, *(one for child in children for one in programs_of(child))]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def answers(url: str) -> bool:
    """Does a server answer there, be it that it wants a link first?"""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310
            return bool(response.status == HTTPStatus.OK)
    except urllib.error.HTTPError as error:
        return error.code == HTTPStatus.UNAUTHORIZED
    except OSError:
        return False


def until(true: Callable[[], bool], what: str, *, look_every: float = 0.5) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, f"gave up waiting until {what}"
        time.sleep(look_every)

"""`contact-pipeline dev` started for a test: the Dagster UI and daemon over a home, as a user has them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from contact_pipeline.home import Home

PATIENCE_SECONDS = 150


@dataclass
class Server:
    """A home and the address of the UI over it."""

    home: Home
    url: str

    def graphql(self, query: str) -> Any:
        """What the UI would be answered."""
        request = urllib.request.Request(  # noqa: S310  our own server on loopback
            f"{self.url}/graphql", json.dumps({"query": query}).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
            return json.load(response)["data"]


@contextmanager
def dev_server(home: Home) -> Iterator[Server]:
    """The server over a home whose files settle after a second; it is stopped at the end. Its log is dev.log in the home."""
    home.set_up()
    (home.root / "settings.toml").write_text("[drop]\nsettle_seconds = 1\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (home.root / "dev.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "contact_pipeline", "dev", "--port", str(port)],
            env={**os.environ, "CONTACT_PIPELINE_HOME": str(home.root)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            made = Server(home, f"http://127.0.0.1:{port}")
            until(lambda: _answers(made.url), "the UI answers")
            yield made
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/server_info", timeout=2) as response:  # noqa: S310
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, f"gave up waiting until {what}"
        time.sleep(0.5)

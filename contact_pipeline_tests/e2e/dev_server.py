"""`contact-pipeline dev` started for a test: the Dagster UI, daemon and dashboard over a home, as a user has them."""

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
from typing import Any

from contact_pipeline.home import Home

PATIENCE_SECONDS = 150
DEV = [sys.executable, "-m", "contact_pipeline", "dev"]


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
def dev_server(home: Home) -> Iterator[Server]:
    """The server over a home whose files settle after a second; it is stopped at the end. Its log is dev.log in the home."""
    home.set_up()
    (home.root / "settings.toml").write_text("[drop]\nsettle_seconds = 1\n")
    port, dashboard_port = free_port(), free_port()
    with (home.root / "dev.log").open("wb") as log:
        process = subprocess.Popen(
            [*DEV, "--port", str(port), "--dashboard-port", str(dashboard_port)],
            env={**os.environ, "CONTACT_PIPELINE_HOME": str(home.root)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            made = Server(home, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{dashboard_port}", process)
            until(lambda: _answers(made.url), "the UI answers")
            yield made
        finally:
            process.terminate()
            process.wait(timeout=60)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


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

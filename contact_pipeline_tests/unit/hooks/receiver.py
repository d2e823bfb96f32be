"""Somebody who is told: a real web server of this machine, with the answers that a test wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """What came in, and what is answered: a status, a place to go to instead, or nothing for as long as `silent` is not set."""

    address: str = ""
    status: int = 204
    location: str | None = None
    silent: threading.Event | None = None
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The bodies, in the order they came."""
        return [json.loads(body) for _, _, body in self.requests]

    @property
    def names(self) -> list[str]:
        """The names of the events, in the order they came."""
        return [event["event"] for event in self.events]


@contextmanager
def receiving(**answer: Any) -> Iterator[Receiver]:
    """A receiver that listens on a port of its own."""
    receiver = Receiver(**answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.requests.append((self.path, dict(self.headers), body))
            if receiver.silent:
                receiver.silent.wait(30)
            self.send_response(receiver.status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: the test looks at what came."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.address = f"http://127.0.0.1:{server.server_port}/events"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield receiver
    finally:
        if receiver.silent:
            receiver.silent.set()
        server.shutdown()
        server.server_close()

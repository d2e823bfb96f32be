"""Ports of this machine: listening on one, or saying in one line why that cannot be.

Belongs here: the socket and its errors. Does not belong: what is served there (`dashboard.serving`, `programs`).
"""

from __future__ import annotations

import errno
import os
import socket
import time

from contact_pipeline.errors import PipelineError

_PAUSE_SECONDS = 0.1


class CannotListen(PipelineError):
    """The address is taken, or not of this machine."""


def listener(host: str, port: int, *, way_out: str) -> socket.socket:
    """A socket that listens there. `way_out` is how another port is given. Raises CannotListen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        raise CannotListen(
            f"Cannot listen on {host}, port {port} ({why}). Stop what listens there, or give another port ({way_out})."
        ) from error


def wait_until_free(host: str, port: int, wait_seconds: float, *, way_out: str) -> None:
    """Return once nobody listens there: who was told to stop needs a moment for it. Raises CannotListen after the wait."""
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            listener(host, port, way_out=way_out).close()
            return
        except CannotListen as error:
            if not _is_taken(error) or time.monotonic() >= deadline:
                raise
        time.sleep(_PAUSE_SECONDS)


def _is_taken(error: CannotListen) -> bool:
    return isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EADDRINUSE

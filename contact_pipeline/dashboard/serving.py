"""Listening: the dashboard as a process of its own.

Belongs here: TLS, and the server around the application. Does not belong: the application (`app`), the
socket (`ports`) and who may reach it (`whereabouts`). The log tells of faults and nothing of requests: an address says what somebody looks for.
"""

from __future__ import annotations

import logging
import signal
import ssl
from collections.abc import Callable
from pathlib import Path

import uvicorn

from contact_pipeline.dashboard.app import build_app
from contact_pipeline.dashboard.links import Links
from contact_pipeline.dashboard.whereabouts import base_address, check_reach
from contact_pipeline.errors import UsageError
from contact_pipeline.home import Home
from contact_pipeline.ports import listener

_GRACE_SECONDS = 5  # for downloads under way, once it is told to stop


def serve(home: Home, on_listening: Callable[[str], None]) -> None:
    """Serve the dashboard until SIGINT or SIGTERM; `on_listening` is told the address once it answers there.

    Raises UsageError for a home that does not exist or settings that would show leads to others, CannotListen.
    """
    settings = home.settings.dashboard
    if not home.root.exists():
        raise UsageError(f"There is nothing in {home.root} yet. Import a file first: contact-pipeline run FILE.")
    check_reach(settings)
    _check_certificate(home)
    home.set_up()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    with listener(settings.host, settings.port, way_out="dashboard.port in settings.toml") as listening:
        address = base_address(settings)
        Links(home).note_served(address)
        server = uvicorn.Server(server_configuration(home))
        on_listening(address)
        _end_quietly_on_signals()
        server.run(sockets=[listening])


def server_configuration(home: Home) -> uvicorn.Config:
    """The server around the application. Who is in front of us is believed about the client only where a proxy is meant to be there."""
    certificate, key = _certificate_and_key(home)
    return uvicorn.Config(
        build_app(home),
        access_log=False,
        log_config=None,
        log_level=logging.WARNING,
        server_header=False,
        ws="none",
        lifespan="off",
        proxy_headers=home.settings.dashboard.address is not None,
        forwarded_allow_ips="127.0.0.1",
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )


def _certificate_and_key(home: Home) -> tuple[Path | None, Path | None]:
    """Where they are; a relative path begins where the settings lie, at the home."""
    settings = home.settings.dashboard
    if settings.tls_certificate is None or settings.tls_key is None:
        return None, None
    return home.root / settings.tls_certificate, home.root / settings.tls_key


def _check_certificate(home: Home) -> None:
    certificate, key = _certificate_and_key(home)
    if certificate is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"{certificate} and {key} cannot be used as certificate and key ({error.strerror})."
            " Both are PEM files, the key without a password."
        ) from error


def _end_quietly_on_signals() -> None:
    """The server shuts down on a signal and then raises it once more, when there is nothing left to do."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)

"""Telling one hook one event: by a request, or by starting a command.

Belongs here: a single try. Does not belong: when and how often (`delivering`). What the other side answers is not read and not
kept, beyond its status. Redirects are not followed. Proxies are those of the environment (HTTPS_PROXY, NO_PROXY), as for
other programs of this machine.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import signal
import subprocess
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from contact_pipeline.settings.hooks import HookSettings

SIGNATURE = "X-Contact-Pipeline-Signature"
EVENT, EVENT_ID = "CONTACT_PIPELINE_EVENT", "CONTACT_PIPELINE_EVENT_ID"


class NotDelivered(Exception):
    """A try failed. The message says why in a few words, without address, secret or answer."""


def send(hook: HookSettings, event: str, event_id: str, body: str) -> None:
    """Tell a hook of an event. Raises NotDelivered."""
    if hook.command is not None:
        _start(hook, event, event_id, body.encode())
    else:
        _post(hook, event, event_id, body.encode())


def signature(secret: str, body: bytes) -> str:
    """What the header X-Contact-Pipeline-Signature holds: HMAC-SHA256 of the body, in hex."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would carry headers and event to an address that nobody named: it counts as a failure."""

    def redirect_request(self, *_: object) -> None:  # as any handler: None leaves it an error
        return None


def _post(hook: HookSettings, event: str, event_id: str, body: bytes) -> None:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "contact-pipeline",
        "X-Contact-Pipeline-Event": event,
        "X-Contact-Pipeline-Event-Id": event_id,
        **{name: _filled(value) for name, value in hook.headers.items()},
    }
    if hook.sign_with:
        headers[SIGNATURE] = signature(_filled(hook.sign_with), body)
    try:
        request = Request(_address(hook), body, headers, method="POST")  # noqa: S310  http or https, see _address
        with build_opener(_NoRedirects).open(request, timeout=hook.timeout_seconds):
            pass
    except HTTPError as error:
        error.close()
        raise NotDelivered(f"answered {error.code}") from error
    except TimeoutError as error:
        raise NotDelivered("timed out") from error
    except URLError as error:
        raise NotDelivered(_words(error.reason)) from error
    except (OSError, HTTPException, ValueError) as error:
        raise NotDelivered(_words(error)) from error


def _address(hook: HookSettings) -> str:
    address = _filled(str(hook.url))
    if not address.startswith(("http://", "https://")):
        raise NotDelivered(f"{hook.url} does not begin with http:// or https://")
    return address


def _filled(text: str) -> str:
    """The text with its $NAME replaced by what the environment has."""

    def value(found: re.Match[str]) -> str:
        name = found.group(0)[1:]
        if not os.environ.get(name):
            raise NotDelivered(f"${name} is not set")
        return os.environ[name].strip()

    return re.sub(r"\$[A-Z_][A-Z0-9_]*", value, text)


def _start(hook: HookSettings, event: str, event_id: str, body: bytes) -> None:
    """In a process group of its own, so that all it started ends with it when it takes too long."""
    try:
        process = subprocess.Popen(  # noqa: S603  a command of the settings, without a shell
            hook.command or (),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, EVENT: event, EVENT_ID: event_id},
            start_new_session=True,
        )
    except OSError as error:
        raise NotDelivered(f"cannot be started: {error.strerror}") from error
    try:
        process.communicate(body, timeout=hook.timeout_seconds)
    except subprocess.TimeoutExpired as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise NotDelivered("timed out") from error
    if process.returncode != 0:
        raise NotDelivered(f"exit status {process.returncode}")


def _words(error: object) -> str:
    """What the system says of a failed connection, or what kind of error it was: its own words may quote the answer."""
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, OSError) and error.strerror:
        return f"no connection: {error.strerror}"
    return f"no connection: {type(error).__name__}"

"""What every answer carries, whatever it is: how browsers must treat it. And what becomes of a fault.

Belongs here: headers of all answers, and the last net under the handlers. Does not belong: who may pass (`guard`).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from traceback import extract_tb

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contact_pipeline.dashboard.notices import FAULT, notice_page

# An image may stand in a page itself (`data:`): the mark on the small pages, for which no browser may ask without a link.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-robots-tag": "noindex, nofollow",
}
_OVER_HTTPS = {"strict-transport-security": "max-age=31536000"}
_log = logging.getLogger(__name__)


class SafeHeaders:
    """Sets them on every answer; an answer that says nothing of caches is kept by none."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers: Mapping[str, str] = {**_HEADERS, **(_OVER_HTTPS if https else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("cache-control", "private, no-store")
            await send(message)

        await self._app(scope, receive, send_safely)


class AnswerBroken(Exception):
    """A fault after the answer had begun: it cannot be mended, the connection is cut."""


class Faults:
    """Turns a fault of a handler into a page and one line in the log: what kind, and where, without its words.

    The words of an exception may hold what stands in a lead, so neither the page nor the log has them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def send_noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except Exception as fault:  # noqa: BLE001  whatever it is, nobody is shown its words
            _log.error("fault: %s", _in_a_line(fault))
            if has_begun:
                raise AnswerBroken(type(fault).__name__) from None
            await notice_page(FAULT, way_back=True)(scope, receive, send)


def _in_a_line(fault: Exception) -> str:
    ours = [frame for frame in extract_tb(fault.__traceback__) if "contact_pipeline" in frame.filename]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(ours))
    return f"{type(fault).__name__} at {places}"

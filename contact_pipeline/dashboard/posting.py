"""What a page posts: the fields of a form, read before the handler runs.

Belongs here: reading a body, within a limit. Does not belong: what the fields mean. Handlers are plain functions that run
in threads and cannot wait for a body; they find it with `posted`.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from contact_pipeline.dashboard.notices import Notice, notice_page

BODY_BYTES = 64 * 1024
_FIELDS = 500
_TOO_LARGE = Notice(413, "That was too long", "Nothing was changed. Send less at a time.")
_NO_FORM = Notice(400, "That could not be read", "Nothing was changed. Go back and try again.")


def posted(request: Request) -> dict[str, str]:
    """The fields of the form that was posted, the last of a name counting; empty where none was."""
    return dict(posted_pairs(request))


def posted_pairs(request: Request) -> list[tuple[str, str]]:
    """The same in their order, with every value of a name."""
    pairs: list[tuple[str, str]] = request.state.posted
    return pairs


class PostedForms:
    """Puts the fields of a posted form on `request.state.posted`; longer bodies than BODY_BYTES are refused unread."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            pairs = _fields(await _body(request))
        except HTTPException:
            await notice_page(_TOO_LARGE)(scope, receive, send)
        except ValueError:
            await notice_page(_NO_FORM)(scope, receive, send)
        else:
            scope.setdefault("state", {})["posted"] = pairs
            await self._app(scope, receive, send)


async def _body(request: Request) -> bytes:
    if request.method in ("GET", "HEAD"):
        return b""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES:
            raise HTTPException(413)
    return bytes(body)


def _fields(body: bytes) -> list[tuple[str, str]]:
    return parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict")

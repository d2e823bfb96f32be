"""What a page posts: the fields of a form, read before the handler runs.

Belongs here: reading a body, within a limit. Does not belong: what the fields mean. Handlers are plain functions that run
in threads and cannot wait for a body; they find its fields with `posted`. One that waits may still read the body itself.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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


class TooLong(Exception):
    """A body of more than BODY_BYTES."""


class PostedForms:
    """Puts the fields of a posted form on `request.state.posted`; longer bodies than BODY_BYTES are refused unread."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = await _body(Request(scope, receive))
            pairs = _fields(body)
        except ClientDisconnect:
            return  # nobody is there to answer
        except TooLong:
            await notice_page(_TOO_LARGE)(scope, receive, send)
        except ValueError:
            await notice_page(_NO_FORM)(scope, receive, send)
        else:
            scope.setdefault("state", {})["posted"] = pairs
            await self._app(scope, _again(body, receive), send)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES:
            raise TooLong
    return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """Says the body that was read once more, then whatever comes."""
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return parts.pop() if parts else await receive()

    return next_message


def _fields(body: bytes) -> list[tuple[str, str]]:
    return parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict")

"""Who may pass: every request but those that open a link needs a session of a link that holds.

Belongs here: the check that stands before every route, download and static file, and against requests that another site
makes a browser send. Does not belong: links and sessions (`links`), opening one (`opening`), headers (`safe_headers`).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from contact_pipeline.dashboard.links import Link, Links, Refusal
from contact_pipeline.dashboard.notices import ELSEWHERE, REFUSALS, notice_page
from contact_pipeline.dashboard.whereabouts import is_https
from contact_pipeline.settings import DashboardSettings

OPEN, OPEN_SCRIPT = "/open", "/static/open.js"
_NEEDS_NO_LINK = {("GET", OPEN), ("HEAD", OPEN), ("POST", OPEN), ("GET", OPEN_SCRIPT), ("HEAD", OPEN_SCRIPT)}
_ONLY_READS = {"GET", "HEAD"}


def cookie_name(settings: DashboardSettings) -> str:
    """Of the session. Browsers take a `__Host-` name over https only, and from nobody but this very host."""
    return "__Host-leads" if is_https(settings) else "leads"


class Guard:
    """Lets a request through with `request.state.access`, or answers 401 or 403 itself.

    The link is looked up at every request, so revoking it and its end count at once.
    """

    def __init__(self, app: ASGIApp, links: Links, cookie: str) -> None:
        self._app, self._links, self._cookie = app, links, cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or (scope.get("method"), scope["path"]) in _NEEDS_NO_LINK:
            await self._app(scope, receive, send)
            return
        found = await self._who(Request(scope)) if scope["type"] == "http" else Refusal.UNKNOWN
        if isinstance(found, Link):
            scope.setdefault("state", {})["access"] = found.access
            await self._app(scope, receive, send)
        else:
            await notice_page(REFUSALS[found])(scope, receive, send)

    async def _who(self, request: Request) -> Link | Refusal:
        secret = request.cookies.get(self._cookie)
        return await run_in_threadpool(self._links.look_up, secret) if secret else Refusal.UNKNOWN


class SameSite:
    """Refuses whatever changes something and was not sent by a page of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in _ONLY_READS and _is_from_elsewhere(Request(scope)):
            await notice_page(ELSEWHERE)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_from_elsewhere(request: Request) -> bool:
    """By what browsers say of it; who says nothing is no browser, and is let in by no cookie of somebody else."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site != "same-origin"
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")

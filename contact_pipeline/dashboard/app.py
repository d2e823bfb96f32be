"""The dashboard as one application: its routes, and what every request goes through.

Belongs here: putting it together. Does not belong: any page (`pages`), the guard (`guard`), listening (`serving`).
A handler is a plain function. It finds `request.state.access` (what the link may see), and on `request.app.state` the
`home`, the `snapshots` of the leads, the `links` and the `tries` of wrong tokens.
"""

from __future__ import annotations

from http import HTTPStatus
from types import ModuleType

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response

from contact_pipeline.dashboard import opening, static_files
from contact_pipeline.dashboard.guard import Guard, SameSite, cookie_name
from contact_pipeline.dashboard.links import Clock, Links, utc_now
from contact_pipeline.dashboard.notices import Notice, notice_page
from contact_pipeline.dashboard.pages import exports, imports, insights, leads, model, playbook, views
from contact_pipeline.dashboard.posting import PostedForms
from contact_pipeline.dashboard.query import NotAsked
from contact_pipeline.dashboard.reader import NothingPublished, Snapshots
from contact_pipeline.dashboard.safe_headers import Faults, SafeHeaders
from contact_pipeline.dashboard.tries import Tries
from contact_pipeline.dashboard.whereabouts import host_names, is_https
from contact_pipeline.errors import HomeBusy
from contact_pipeline.home import Home

_PAGES: tuple[ModuleType, ...] = (leads, insights, playbook, model, imports, exports, views)
_COMPRESSED_FROM = 1_000  # bytes
_COMPRESSION = 6  # of 9; the last steps take twice the time for the same page


def build_app(home: Home, clock: Clock = utc_now) -> Starlette:
    """The application over a home. Every answer has the safe headers, and none but those of `opening` comes without a link."""
    settings = home.settings.dashboard
    links = Links(home, clock)
    app = Starlette(
        routes=[*opening.ROUTES, *static_files.ROUTES, *(route for page in _PAGES for route in page.ROUTES)],
        middleware=[
            Middleware(SafeHeaders, https=is_https(settings)),
            Middleware(Faults),
            Middleware(TrustedHostMiddleware, allowed_hosts=host_names(settings), www_redirect=False),
            Middleware(GZipMiddleware, minimum_size=_COMPRESSED_FROM, compresslevel=_COMPRESSION),
            Middleware(SameSite),
            Middleware(Guard, links=links, cookie=cookie_name(settings)),
            Middleware(PostedForms),
        ],
        exception_handlers={
            HTTPException: _no_such_page,
            NotAsked: _not_asked,
            NothingPublished: _nothing_yet,
            HomeBusy: _busy,
        },
    )
    app.state.home, app.state.snapshots, app.state.clock = home, Snapshots(home), clock
    app.state.links, app.state.tries = links, Tries(settings.tries_per_minute)
    return app


def _no_such_page(_: Request, error: Exception) -> Response:
    """Says what the handler said, or what the status means."""
    status = HTTPStatus(error.status_code if isinstance(error, HTTPException) else HTTPStatus.NOT_FOUND)
    said = error.detail if isinstance(error, HTTPException) and error.detail != status.phrase else ""
    text = said or f"{status.description or 'There is nothing here'}."
    return notice_page(Notice(status, status.phrase, text), way_back=True)


def _not_asked(_: Request, error: Exception) -> Response:
    return notice_page(Notice(400, "That cannot be asked", str(error)), way_back=True)


def _nothing_yet(_: Request, error: Exception) -> Response:
    return notice_page(Notice(503, "Nothing to show yet", str(error)))


def _busy(_: Request, __: Exception) -> Response:
    return notice_page(Notice(503, "One moment", "The leads are being written. Try again in a minute."), way_back=True)

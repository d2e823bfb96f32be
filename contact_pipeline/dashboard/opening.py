"""Opening a link, and leaving.

Belongs here: the page a link leads to, trading its token for the cookie of a session, ending the session. Does not belong:
links (`links`) and the check of every other request (`guard`). The token stands behind the # of the link, so no server,
proxy or preview of a chat ever sees it; the script of the page takes it from there and posts it.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from contact_pipeline.dashboard.guard import OPEN, cookie_name
from contact_pipeline.dashboard.links import Links, Refusal, Session
from contact_pipeline.dashboard.notices import REFUSALS, TOO_MANY_TRIES, UNKNOWN_TOKEN, Notice, opening_page
from contact_pipeline.dashboard.posting import posted
from contact_pipeline.dashboard.tries import Tries
from contact_pipeline.dashboard.whereabouts import is_https
from contact_pipeline.settings import DashboardSettings


def _show(_: Request) -> Response:
    return opening_page()


def _open(request: Request) -> Response:
    links: Links = request.app.state.links
    tries: Tries = request.app.state.tries
    client, now = request.client.host if request.client else "", links.now()
    if wait := tries.seconds_to_wait(client, now):
        return _said(TOO_MANY_TRIES, {"retry-after": str(wait)})
    opened = links.open_session(posted(request).get("token", ""))
    if opened is Refusal.UNKNOWN:
        tries.note_wrong(client, now)
        return _said(UNKNOWN_TOKEN)
    if isinstance(opened, Refusal):
        return _said(REFUSALS[opened])
    response = Response(status_code=204)
    _hand_over(response, opened, request.app.state.home.settings.dashboard)
    return response


def _leave(request: Request) -> Response:
    settings: DashboardSettings = request.app.state.home.settings.dashboard
    name = cookie_name(settings)
    request.app.state.links.end_session(request.cookies[name])
    response = RedirectResponse(OPEN, 303)
    response.delete_cookie(name, path="/", secure=is_https(settings), httponly=True, samesite="lax")
    return response


def _hand_over(response: Response, session: Session, settings: DashboardSettings) -> None:
    """Lax, not Strict: under Strict somebody who follows an address from a mail would stand before a closed door."""
    response.set_cookie(
        cookie_name(settings),
        session.secret,
        expires=session.expires_at,
        path="/",
        secure=is_https(settings),
        httponly=True,
        samesite="lax",
    )


def _said(notice: Notice, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"title": notice.title, "text": notice.text}, notice.status, headers)


ROUTES = [
    Route(OPEN, _show, methods=["GET"]),
    Route(OPEN, _open, methods=["POST"]),
    Route("/leave", _leave, methods=["POST"]),
]

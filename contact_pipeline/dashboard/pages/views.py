"""Named views of a link: saving, opening, forgetting.

Belongs here: their routes. Does not belong: keeping them (`saved_views`) and showing the list of them, which is a part of the
first screen; it finds them with `views_of` and opens one by the address of its question.

    POST /views?<question>   name=...   keeps the question of the address under the name, and goes back to it
    POST /views/delete       name=...   forgets it, and goes back to the list
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from contact_pipeline.dashboard.posting import posted
from contact_pipeline.dashboard.query import LeadQuery
from contact_pipeline.dashboard.saved_views import SavedView, SavedViews

_SEE_OTHER = 303


def views_of(request: Request) -> list[SavedView]:
    """The views of the link that asks, by name; `view.query.address()` opens one."""
    return SavedViews(request.app.state.home).of(request.state.access.link_id)


def _save(request: Request) -> Response:
    query = LeadQuery.of_pairs(request.query_params.multi_items())
    views = SavedViews(request.app.state.home)
    kept = views.save(request.state.access.link_id, posted(request).get("name", ""), query)
    return RedirectResponse(kept.query.address(), _SEE_OTHER)


def _delete(request: Request) -> Response:
    SavedViews(request.app.state.home).delete(request.state.access.link_id, posted(request).get("name", ""))
    return RedirectResponse("/", _SEE_OTHER)


ROUTES: list[BaseRoute] = [
    Route("/views", _save, methods=["POST"]),
    Route("/views/delete", _delete, methods=["POST"]),
]

"""The first screen: cards, histogram, filters and the list, and one lead beside it.

Belongs here: which answers these pages show. Does not belong: finding leads (`reader`), what is one click away (`listing`),
the parts of a lead's page (`lead_parts`) and markup (`templates`).
"""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from contact_pipeline.dashboard import lead_parts, listing
from contact_pipeline.dashboard.answers import LeadView
from contact_pipeline.dashboard.asking import asked, is_in_short
from contact_pipeline.dashboard.pages.views import views_of
from contact_pipeline.dashboard.templating import page


def leads(request: Request) -> Response:
    """The list of what the address asks for; a search is posted to the same address."""
    query = asked(request)
    if request.method == "GET" and not is_in_short(request):
        return RedirectResponse(query.address(), 303)
    view = request.app.state.snapshots.current().view(query, request.state.access)
    return page(request, "leads.html.j2", run=view.run, view=view, query=query, **_list(request, view))


def lead(request: Request) -> Response:
    """One lead; its address carries the list it was opened from."""
    reader = request.app.state.snapshots.current()
    found = reader.lead(request.path_params["contact_id"], request.state.access)
    if found is None:
        raise HTTPException(404, "This lead is not there, or not among those that your link shows.")
    return page(request, "lead.html.j2", run=found.run, lead=found, query=asked(request), parts=lead_parts.parts(found))


def values(request: Request) -> Response:
    """All values of one filter, where the list shows the first few."""
    query, reader = asked(request), request.app.state.snapshots.current()
    found = reader.values(request.path_params["name"], query, request.state.access)
    return page(request, "filter.html.j2", run=reader.run, filter=found, query=query)


def sources(request: Request) -> Response:
    """Where each value of a lead came from."""
    reader = request.app.state.snapshots.current()
    found = reader.sources(request.path_params["contact_id"], request.state.access)
    if found is None:
        raise HTTPException(404, "This lead is not there, or not among those that your link shows.")
    return page(request, "sources.html.j2", run=reader.run, traced=found, query=asked(request))


def _list(request: Request, view: LeadView) -> dict[str, Any]:
    shown = listing.columns(by_model=view.run.method == "model")
    return {
        "columns": shown,
        "headings": listing.headings(view.query, shown),
        "chips": list(listing.chips(view)),
        "bars": listing.bars(view.query, view.bins),
        "filters": [one for one in view.filters if one.name != "category"],  # the cards are the filter of categories
        "pages": listing.pages(view),
        "order": listing.order_in_words(view.query, shown),
        "views": views_of(request),
        "workbook_leads": request.app.state.home.settings.reports.workbook_leads,
    }


ROUTES: list[BaseRoute] = [
    Route("/", leads, methods=["GET", "POST"]),
    Route("/filter/{name:path}", values, methods=["GET", "POST"]),
    Route("/lead/{contact_id}", lead),
    Route("/lead/{contact_id}/sources", sources),
]

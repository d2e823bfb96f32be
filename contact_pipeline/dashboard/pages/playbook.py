"""The tab Playbook: how to approach the leads of each segment, and how many of the link's leads are in it.

Belongs here: the route and what the page is told. Does not belong: counting (`segments`) and what a play may say
(`scoring.policy`).
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from contact_pipeline.dashboard.segments import segments_by_category
from contact_pipeline.dashboard.templating import page


def playbook(request: Request) -> Response:
    """The whole tab, over the leads that the link may see."""
    reader = request.app.state.snapshots.current()
    found = segments_by_category(reader, request.state.access)
    return page(request, "playbook.html.j2", run=reader.run, categories=found)


ROUTES: list[BaseRoute] = [Route("/playbook", playbook)]

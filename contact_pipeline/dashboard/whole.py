"""Pages about everybody: for links without limits only.

Belongs here: turning a limited link away, as from a page that does not exist. Does not belong: the pages.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request

from contact_pipeline.dashboard.reader import LeadReader


def reader_of_all(request: Request) -> LeadReader:
    """The snapshot, for a page that counts leads of all. Raises HTTPException (404) for a limited link."""
    if not request.state.access.sees_all:
        raise HTTPException(404)
    reader: LeadReader = request.app.state.snapshots.current()
    return reader

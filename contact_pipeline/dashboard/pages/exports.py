"""Downloads of exactly the view: all its pages, in its order, under its search.

Belongs here: their routes and answers. Does not belong: what such a file holds (`exporting`). A file is written before its
first byte is sent, into one without a name that the system takes back, whatever happens.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from tempfile import TemporaryFile
from threading import Lock
from typing import BinaryIO

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from contact_pipeline.dashboard.asking import asked
from contact_pipeline.dashboard.exporting import write_leads_csv, write_leads_workbook
from contact_pipeline.dashboard.query import NotAsked
from contact_pipeline.home import Home

_CSV = "text/csv; charset=utf-8"
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BYTES_AT_ONCE = 256 * 1024
# A large one takes both cores and hundreds of megabytes: those who want one wait for one another, who looks does not.
_one_at_a_time = Lock()


def as_csv(request: Request) -> Response:
    """The leads of the view as CSV."""
    return _download(request, "csv", _CSV)


def as_workbook(request: Request) -> Response:
    """The leads of the view as a workbook; more than `reports.workbook_leads` are refused."""
    return _download(request, "xlsx", _WORKBOOK)


def _download(request: Request, ending: str, media_type: str) -> Response:
    home, access = request.app.state.home, request.state.access
    reader = request.app.state.snapshots.current()
    with _one_at_a_time, closing(reader.connection()) as connection:
        ranks = reader.leads_frame(asked(request), access, ["rank"])["rank"]
        file = TemporaryFile(dir=home.dashboard)  # noqa: SIM115  closed once it is sent
        if ending == "csv":
            write_leads_csv(file, connection, ranks, limited=not access.sees_all)
        else:
            _check_size(home, ranks.len())
            write_leads_workbook(file, connection, ranks, home.dashboard, limited=not access.sees_all)
    headers = {
        "content-disposition": f'attachment; filename="leads_{reader.run.published_at:%Y-%m-%d}.{ending}"',
        "content-length": str(file.seek(0, os.SEEK_END)),
        "content-encoding": "identity",  # compressing it would take longer than sending it
    }
    return StreamingResponse(_content(file), media_type=media_type, headers=headers)


def _check_size(home: Home, leads: int) -> None:
    most = home.settings.reports.workbook_leads
    if leads > most:
        raise NotAsked(f"A workbook holds up to {most:,} leads here, and these are {leads:,}: take the CSV.")


def _content(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while part := file.read(_BYTES_AT_ONCE):
            yield part


ROUTES: list[BaseRoute] = [
    Route("/export.csv", as_csv, methods=["POST"]),
    Route("/export.xlsx", as_workbook, methods=["POST"]),
]

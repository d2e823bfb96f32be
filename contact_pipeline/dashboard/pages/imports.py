"""The tab Imports: what came in, how it was read, what was set aside and why, and the files to take away.

Belongs here: history, the page of an import, downloads. Does not belong: which files there are (`import_files`). A limited
link has none of these pages: an import is not of its leads alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import duckdb
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from contact_pipeline.crm.history import PastImport, past_imports
from contact_pipeline.dashboard.drawing import completeness
from contact_pipeline.dashboard.import_files import LATEST, OF_CRM, OF_IMPORT, ReportFile, files_there, find_file
from contact_pipeline.dashboard.insights import filled_shares
from contact_pipeline.dashboard.templating import page
from contact_pipeline.dashboard.whole import reader_of_all
from contact_pipeline.errors import SettingsError
from contact_pipeline.fields import FIELD_BY_NAME
from contact_pipeline.home import Home
from contact_pipeline.reporting.facts import ROW_STATES
from contact_pipeline.terms.stale import stale_imports


def imports(request: Request) -> Response:
    """The history, the newest first, and the files over the whole CRM."""
    reader = reader_of_all(request)
    with closing(reader.connection()) as connection:
        history, stale = past_imports(connection), _stale(request, connection)
    files = files_there(request.app.state.home, LATEST, OF_CRM)
    return page(
        request, "imports.html.j2", run=reader.run, imports=history, stale=stale, states=ROW_STATES, files=files
    )


def one_import(request: Request) -> Response:
    """One import: ledger, reasons, mapping, data quality, downloads."""
    reader = reader_of_all(request)
    with closing(reader.connection()) as connection:
        past = next((one for one in past_imports(connection) if one.import_id == _import_id(request)), None)
        if past is None:
            raise HTTPException(404)
        filled = filled_shares(connection, "records WHERE import_id = ?", [past.import_id])
        stale = _stale(request, connection).get(past.import_id, [])
    return page(
        request,
        "import.html.j2",
        run=reader.run,
        past=past,
        stale=stale,
        states=ROW_STATES,
        columns=_columns(past),
        filled=completeness(filled, "Share of rows with a value, by field"),
        files=files_there(request.app.state.home, past.import_id, OF_IMPORT),
    )


def file_of_import(request: Request) -> Response:
    """A file left for one import."""
    reader = reader_of_all(request)
    with closing(reader.connection()) as connection:
        known = [one.import_id for one in past_imports(connection)]
    return _download(request, _import_id(request), known, OF_IMPORT)


def file_of_crm(request: Request) -> Response:
    """A file over the whole CRM."""
    reader_of_all(request)
    return _download(request, LATEST, [LATEST], OF_CRM)


def _stale(request: Request, connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """What the settings of today, not those of when the server started, would do otherwise, by import."""
    try:
        settings = Home(request.app.state.home.root).settings
    except SettingsError:  # who changes them is told by every command
        return {}
    return {one.import_id: one.in_words for one in stale_imports(connection, settings)}


def _import_id(request: Request) -> str:
    return str(request.path_params["import_id"])


def _download(request: Request, folder: str, folders: Sequence[str], known: Sequence[ReportFile]) -> Response:
    """An attachment in any case: a page among them must not run as one of ours."""
    found = find_file(request.app.state.home, folder, folders, request.path_params["name"], known)
    if found is None:
        raise HTTPException(404)
    path, file = found
    headers = {"content-encoding": "identity"}  # compressing it would take longer than sending it
    return FileResponse(path, media_type=file.media_type, filename=file.name, headers=headers)


def _columns(past: PastImport) -> list[tuple[str, dict[str, object], str]]:
    """Sheet, column of the file, and the label of its field ("" unless it is mapped)."""
    return [
        (table["sheet"], column, FIELD_BY_NAME[column["field"]].label if column["field"] in FIELD_BY_NAME else "")
        for table in past.mapping
        for column in table["columns"]
    ]


ROUTES: list[BaseRoute] = [
    Route("/imports", imports),
    Route("/imports/{import_id}", one_import),
    Route("/imports/{import_id}/files/{name}", file_of_import),
    Route("/files/{name}", file_of_crm),
]

"""The files of the pages themselves: styles and scripts, held in memory.

Belongs here: serving them, and their addresses. Does not belong: what they say. An address names the content, so a browser
may keep the file for a year and still has the new one as soon as there is one.
"""

from __future__ import annotations

import hashlib
import mimetypes
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_KEPT = "private, max-age=31536000, immutable"


class StaticFile(NamedTuple):
    """Content of a file, its media type, and what its address says of the content."""

    content: bytes
    media_type: str
    version: str


def static_address(name: str) -> str:
    """The address of a file of `static/`, such as `/static/style.css?v=3f9a...`. Raises KeyError where it does not exist."""
    return f"/static/{name}?v={static_file(name).version}"


def static_file(name: str) -> StaticFile:
    """A file of `static/`. Raises KeyError where it does not exist."""
    return _files()[name]


def _answer(request: Request) -> Response:
    file = _files().get(request.path_params["name"])
    if file is None:
        raise HTTPException(404)
    is_kept = request.query_params.get("v") == file.version
    return Response(file.content, media_type=file.media_type, headers={"cache-control": _KEPT} if is_kept else None)


@lru_cache
def _files() -> dict[str, StaticFile]:
    folder = resources.files("contact_pipeline.dashboard").joinpath("static")
    return {file.name: _read(file.name, file.read_bytes()) for file in folder.iterdir() if file.is_file()}


def _read(name: str, content: bytes) -> StaticFile:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return StaticFile(content, media_type, hashlib.sha256(content).hexdigest()[:16])


ROUTES = [Route("/static/{name}", _answer)]

"""The tab Imports: what came in, how good it is, what was set aside, with downloads."""

from __future__ import annotations

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []

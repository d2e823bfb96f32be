"""Named views of a link: saving, opening, forgetting."""

from __future__ import annotations

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []

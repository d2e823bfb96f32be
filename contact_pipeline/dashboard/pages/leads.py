"""The first screen: cards, histogram, filters and the list, and one lead beside it."""

from __future__ import annotations

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []

"""The tab Insights: how scores are distributed, what moves them, who moved."""

from __future__ import annotations

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []

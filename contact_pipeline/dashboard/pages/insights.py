"""The tab Insights: how scores are distributed, by what they differ, who moved, what moves them, how full the data is.

Belongs here: drawing what `dashboard.insights` finds for the leads of a link. Does not belong: finding it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from functools import partial
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from contact_pipeline.crm.scorings import trend
from contact_pipeline.dashboard.access import Access
from contact_pipeline.dashboard.drawing import WIDE, chart, completeness
from contact_pipeline.dashboard.insights import MOVEMENTS, LinkedSplits, moved, slow_facts, splits_of
from contact_pipeline.dashboard.listing import bars
from contact_pipeline.dashboard.query import LeadQuery
from contact_pipeline.dashboard.reader import LeadReader
from contact_pipeline.dashboard.templating import page
from contact_pipeline.reporting import charts
from contact_pipeline.reporting.aggregates import ScoreBin
from contact_pipeline.reporting.factors import Factor
from contact_pipeline.reporting.trend import standings, trend_in_words


def insights(request: Request) -> Response:
    """The whole tab, over the leads that the link may see."""
    reader, access = request.app.state.snapshots.current(), request.state.access
    view = reader.view(LeadQuery(), access)
    facts = slow_facts(reader, access)
    return page(
        request,
        "insights.html.j2",
        run=reader.run,
        leads=view.of,
        categories=view.categories,
        distribution=_distribution(view.bins),
        splits=[(one.label, _splits(one)) for one in splits_of(reader, access)],
        movements=MOVEMENTS,
        moved=moved(reader, access),
        factors=_factors(facts.factors),
        filled=completeness(facts.filled, "Share of leads with a value, by field"),
        **_trend(reader, access),
    )


def _distribution(bins: Sequence[ScoreBin]) -> Markup:
    links = [bar.query.address() for bar in bars(LeadQuery(), bins)]
    return chart(lambda width: charts.histogram(bins, width=width, links=links), WIDE)


def _splits(one: LinkedSplits) -> Markup:
    title = f"Leads by {one.label} and category"
    return chart(lambda width: charts.stacked_bars(one.splits, width=width, title=title, links=one.addresses))


def _factors(groups: Sequence[tuple[str, Sequence[Factor]]]) -> list[tuple[str, Markup]]:
    reach = max((factor.reach for _, factors in groups for factor in factors), default=0.0)
    return [(title, chart(partial(_diverging, factors, reach))) for title, factors in groups]


def _diverging(factors: Sequence[Factor], reach: float, width: int) -> str:
    return charts.diverging_bars(factors, width=width, reach=reach)


def _trend(reader: LeadReader, access: Access) -> dict[str, Any]:
    """Earlier runs are on record as totals over all leads, so a limited link is told nothing of them."""
    if not access.sees_all:
        return {"trend_words": "", "trend_chart": None}
    with closing(reader.connection()) as connection:
        found = trend(connection)
    drawn = chart(lambda width: charts.trend(standings(found), width=width), WIDE) if len(found.runs) > 1 else None
    return {"trend_words": trend_in_words(found) if found.runs else "", "trend_chart": drawn}


ROUTES: list[BaseRoute] = [Route("/insights", insights)]

"""The tab Model: what the scores were learned from, how good they were measured to be, and the versions before.

Belongs here: what the page is told. Does not belong: measuring (`scoring`), what figures mean and how they are drawn
(`reporting`). A limited link has no such page: every figure is over all leads.
"""

from __future__ import annotations

import math
from contextlib import closing
from typing import Any, NamedTuple

import duckdb
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from contact_pipeline.crm.model_versions import versions
from contact_pipeline.dashboard.drawing import HALF, THIRD, chart
from contact_pipeline.dashboard.templating import page
from contact_pipeline.dashboard.whole import reader_of_all
from contact_pipeline.reporting import charts
from contact_pipeline.reporting.factors import score_points
from contact_pipeline.reporting.model_card import card_facts
from contact_pipeline.reporting.model_section import model_section
from contact_pipeline.scoring.card import ModelCard
from contact_pipeline.scoring.points import points_table
from contact_pipeline.settings import ScoringSettings

_SLICE = 20
_FEATURES_SHOWN = 12


class Slice(NamedTuple):
    """Past leads whose score of today lies from `first` on, and how many of them converted."""

    first: int
    leads: int
    converted: int


def model(request: Request) -> Response:
    """The whole tab."""
    reader = reader_of_all(request)
    with closing(reader.connection()) as connection:
        known, slices = versions(connection), _slices(connection)
    card = next((one.card for one in known if one.in_use), None)
    settings = request.app.state.home.settings.scoring
    return page(
        request,
        "model.html.j2",
        run=reader.run,
        versions=known,
        slices=slices,
        points=_points(settings) if card is not None and card.method == "points" else [],
        **_card(card),
    )


def _card(card: ModelCard | None) -> dict[str, Any]:
    values = model_section(card, width=THIRD)
    if card is None:
        return values | {"facts": [], "features": None, "drifts": []}
    strongest = card.features[:_FEATURES_SHOWN]
    most = max((one.importance for one in strongest), default=0.0) or 1.0
    shares = [(one.label, one.importance / most) for one in strongest]
    drawn = chart(lambda width: charts.share_bars(shares, width=width, title="Strength of each column"), HALF)
    return values | {"facts": [*card_facts(card)], "features": drawn if shares else None, "drifts": card.drift}


def _slices(connection: duckdb.DuckDBPyConnection) -> list[Slice]:
    """Conversion of past leads by the score they have now, the best slice first."""
    rows = connection.execute(
        """SELECT least(floor(lead_score / $slice), 100 // $slice - 1)::INTEGER * $slice AS first, count(*), count(*) FILTER (converted)
        FROM leads WHERE converted IS NOT NULL AND lead_score IS NOT NULL GROUP BY first ORDER BY first DESC""",
        {"slice": _SLICE},
    ).fetchall()
    return [Slice(*row) for row in rows]


def _points(settings: ScoringSettings) -> list[tuple[str, str, float, float]]:
    """Field, words, times the odds and points of each rule."""
    return [
        (rule.field, rule.words, math.exp(rule.worth), score_points(rule.worth))
        for rule in points_table(settings).rules
    ]


ROUTES: list[BaseRoute] = [Route("/model", model)]

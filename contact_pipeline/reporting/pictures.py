"""The pictures of results by name: the same in the report, the Dagster UI and the dashboard.

Belongs here: which numbers make which picture. Does not belong: counting (`aggregates`, `factors`) and drawing (`charts`,
`model_charts`). Totals only, nobody is named.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from contact_pipeline.crm.scorings import Trend
from contact_pipeline.fields import FIELD_BY_NAME
from contact_pipeline.reporting import charts
from contact_pipeline.reporting.aggregates import Split, ranked, score_bins, segments
from contact_pipeline.reporting.factors import high_scoring, key_factors
from contact_pipeline.reporting.facts import ReportFacts
from contact_pipeline.reporting.model_section import pictures
from contact_pipeline.reporting.trend import standings
from contact_pipeline.scoring.card import ModelCard

SEGMENT_FIELDS = ("industry", "lead_source", "country", "company_size")
_WIDTH = 560  # of a picture in the Dagster UI


def report_pictures(leads: pl.DataFrame, facts: ReportFacts) -> dict[str, str]:
    """The pictures of a report by title, for a page that shows them one below the other."""
    found = {
        "Score distribution": charts.histogram(score_bins(leads), width=_WIDTH),
        **{f"Factors of {title}": drawn for title, drawn in factor_pictures(leads, width=_WIDTH)},
    }
    for name in SEGMENT_FIELDS:
        splits = segments(leads, name)
        found |= {f"By {FIELD_BY_NAME[name].label}": segment_picture(name, splits, width=_WIDTH)} if splits else {}
    return found | _trend_picture(facts.trend) | (model_pictures(facts.card) if facts.card else {})


def scoring_pictures(scored: pl.DataFrame, trend: Trend) -> dict[str, str]:
    """Scores of the leads just scored, and how all stand since the runs before."""
    return {"Score distribution": charts.histogram(score_bins(scored), width=_WIDTH), **_trend_picture(trend)}


def model_pictures(card: ModelCard) -> dict[str, str]:
    """How good a model is."""
    return {title: drawn for title, drawn, _ in pictures(card, width=_WIDTH)}


def factor_pictures(leads: pl.DataFrame, *, width: int) -> list[tuple[str, str]]:
    """What moves the score of the high-scoring leads, and that of all, on one scale."""
    best_first = ranked(leads.select("contact_id", "lead_score", "lead_category", "score_breakdown"))
    name, high = high_scoring(best_first)
    found = [(title, key_factors(some)) for title, some in ((name, high), ("All leads", best_first))]
    reach = max((factor.reach for _, factors in found for factor in factors), default=0)
    return [(title, charts.diverging_bars(factors, width=width, reach=reach)) for title, factors in found if factors]


def segment_picture(name: str, splits: Sequence[Split], *, width: int, links: Sequence[str] = ()) -> str:
    """Leads by the values of a field and by category."""
    title = f"Leads by {FIELD_BY_NAME[name].label.lower()} and category"
    return charts.stacked_bars(splits, width=width, title=title, links=links)


def _trend_picture(trend: Trend | None) -> dict[str, str]:
    if trend is None or len(trend.runs) < 2:
        return {}
    return {"Trend": charts.trend(standings(trend), width=_WIDTH)}

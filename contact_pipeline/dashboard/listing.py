"""The list as its template shows it: headings, chips, pages, bars.

Belongs here: what is one click away from a view, and how tall a bar is. Does not belong: finding leads (`reader`) and
markup (`templates`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from contact_pipeline.dashboard.answers import LeadView
from contact_pipeline.dashboard.query import CALL_ORDER, LEADS_A_PAGE, LeadQuery
from contact_pipeline.reporting.aggregates import BIN_POINTS, CATEGORIES, ScoreBin

_NO_VALUE = "no value"
_SHORTEST_BAR = 3.0  # percent of the tallest: a rare score must not look like none


class Column(NamedTuple):
    """A column of the list. `sort` is its name in a question; None where it cannot be sorted by."""

    name: str
    label: str
    sort: str | None
    descends_first: bool = False


class Heading(NamedTuple):
    """A column with the question that a click on it asks; `sorted` is the word of aria-sort, empty where it is not."""

    column: Column
    query: LeadQuery | None
    sorted: str


class Chip(NamedTuple):
    """A filter that is on, and the question without it."""

    label: str
    value: str
    without: LeadQuery


class Bar(NamedTuple):
    """One bar of the histogram: its parts from the bottom as (category, top, height), in percent of the tallest bar."""

    first: int
    last: float
    leads: int
    parts: Sequence[tuple[str, float, float]]
    query: LeadQuery
    is_chosen: bool


class Pages(NamedTuple):
    """Where in the list a page is: the leads `first` to `last`, and the questions for its neighbours."""

    first: int
    last: int
    before: LeadQuery | None
    after: LeadQuery | None


def columns(*, by_model: bool) -> tuple[Column, ...]:
    """The columns of the list, most important first; with points there is no chance to show."""
    sure = Column("chance", "Chance", "probability", True) if by_model else Column("chance", "Confidence", "confidence")
    return (
        Column("lead", "Lead", "name"),
        Column("company", "Company", "company"),
        Column("score", "Score", "score", descends_first=True),
        sure,
        Column("why", "Why", None),
        Column("action", "Next action", "action"),
        Column("active", "Last active", "last_activity", descends_first=True),
        Column("country", "Country", "country"),
        Column("size", "Size", "company_size"),
        Column("engagement", "Engagement", "propensity", descends_first=True),
        Column("source", "Source, owner", "source"),
    )


def headings(query: LeadQuery, shown: Sequence[Column]) -> list[Heading]:
    """Each column with what a click asks: its own order, then the reverse, then the call order again."""
    return [_heading(query, column) for column in shown]


def _heading(query: LeadQuery, column: Column) -> Heading:
    if column.sort is None:
        return Heading(column, None, "")
    if query.sort != column.sort:
        return Heading(column, query.sorted_by(column.sort, descending=column.descends_first), "")
    now = "descending" if query.descending else "ascending"
    if query.descending == column.descends_first:
        return Heading(column, query.sorted_by(column.sort, descending=not query.descending), now)
    return Heading(column, query.sorted_by(CALL_ORDER, descending=False), now)


def chips(view: LeadView) -> Iterator[Chip]:
    """The filters that are on, in the order of the address. The search has a field of its own."""
    query = view.query
    labels = {one.name: one.label for one in view.filters}
    values = {(one.name, value.value): value.label for one in view.filters for value in one.values}
    for name in sorted(query.chosen):
        for value in query.chosen[name]:
            label = values.get((name, value)) or value or _NO_VALUE
            yield Chip(labels.get(name, name), label, query.toggled(name, value))
    if query.has_score_range:
        low, high = query.score_from or 0, 100 if query.score_to is None else query.score_to
        yield Chip("Score", f"{low:g} to {high:g}", query.with_score(None, None))


def bars(query: LeadQuery, bins: Sequence[ScoreBin]) -> list[Bar]:
    """The histogram; a click on a bar asks for its scores, a second one for all again."""
    tallest = max((sum(one.by_category) for one in bins), default=0) or 1
    return [_bar(query, one, tallest) for one in bins]


def _bar(query: LeadQuery, one: ScoreBin, tallest: int) -> Bar:
    last = _last_score(one.start)
    alone = (query.score_from, query.score_to) == (one.start, last)
    inside = (query.score_from or 0) <= one.start and last <= (100 if query.score_to is None else query.score_to)
    asked = query.with_score(None, None) if alone else query.with_score(one.start, last)
    return Bar(one.start, last, sum(one.by_category), _parts(one, tallest), asked, query.has_score_range and inside)


def _last_score(start: int) -> float:
    """The last score of a bin: scores have one decimal, and only the last bin has its end in it."""
    end = start + BIN_POINTS
    return 100 if end >= 100 else round(end - 0.1, 1)


def _parts(one: ScoreBin, tallest: int) -> list[tuple[str, float, float]]:
    parts, top = [], 100.0
    for leads, category in zip(reversed(one.by_category), reversed(CATEGORIES), strict=True):
        if leads:
            height = max(100 * leads / tallest, _SHORTEST_BAR)
            top -= height
            parts.append((category.lower(), round(top, 1), round(height, 1)))
    return parts


def pages(view: LeadView) -> Pages:
    """Where this page is in the list."""
    query = view.query
    before = (query.page - 1) * LEADS_A_PAGE
    return Pages(
        first=before + 1 if view.rows else 0,
        last=before + len(view.rows),
        before=query.on_page(query.page - 1) if query.page > 1 else None,
        after=query.on_page(query.page + 1) if query.page < view.pages else None,
    )


def order_in_words(query: LeadQuery, shown: Sequence[Column]) -> str:
    """How the list is ordered, to be read after the number of leads."""
    if query.sort == CALL_ORDER:
        return "last to call first" if query.descending else "best to call first"
    label = next((column.label for column in shown if column.sort == query.sort), query.sort)
    return f"by {label}, {'from the highest or last' if query.descending else 'from the lowest or first'}"

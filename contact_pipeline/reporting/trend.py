"""What changed since the run before, in words and as values for a chart.

Belongs here: sentences on a trend. Does not belong: what is on record (`crm.scorings`) and drawing (`charts`). Totals by
category only, nobody is named.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from contact_pipeline.crm.scorings import Move, Trend
from contact_pipeline.reporting.aggregates import CATEGORIES
from contact_pipeline.reporting.charts import Standing

_WAYS = ("new", "up", "down", "gone")
FIRST_RUN = "This is the first scoring on record: from the next one on, this shows what moved."


class Movement(NamedTuple):
    """Leads of one category: scored for the first time, come up or down from another, gone to another."""

    category: str
    new: int
    up: int
    down: int
    gone: int


def standings(trend: Trend) -> list[Standing]:
    """The runs as a chart takes them."""
    return [Standing(label, run.by_category) for label, run in zip(run_labels(trend), trend.runs, strict=True)]


def run_labels(trend: Trend) -> list[str]:
    """Each run by its day, or by its time where all were on one day."""
    one_day = len({run.scored_at.date() for run in trend.runs}) == 1 < len(trend.runs)
    return [f"{run.scored_at:%H:%M}" if one_day else f"{run.scored_at:%-d %b}" for run in trend.runs]


def trend_in_words(trend: Trend) -> str:
    """What moved since the run before; with one run, that there is none to compare with."""
    if len(trend.runs) < 2:
        return FIRST_RUN
    before, now = trend.runs[-2:]
    found = movements(trend)
    new, up, down = (sum(ways) for ways in zip(*((one.new, one.up, one.down) for one in found), strict=True))
    gone = before.leads + new - now.leads
    since = f"Since the run of {before.scored_at.day} {before.scored_at:%b %Y, %H:%M} UTC"
    moved = f"{_leads(up)} moved up a category and {down:,} down" if up or down else "no lead changed its category"
    came = f"{new:,} came new" if new else "none came new"
    left = f"; {gone:,} left the CRM" if gone > 0 else ""
    return f"{since}, {moved}; {came}{left}. {_of_hot(found[0], now.hot)}"


def movements(trend: Trend) -> list[Movement]:
    """Hot, Warm and Cold: who came there between the last two runs, and who went to another one."""
    found = {category: Counter[str]() for category in CATEGORIES}
    for move in trend.moves:
        found[move.now][_way(move)] += move.leads
        if move.before:
            found[move.before]["gone"] += move.leads
    return [Movement(category, *(ways[name] for name in _WAYS)) for category, ways in found.items()]


def _way(move: Move) -> str:
    if move.before is None:
        return "new"
    return "up" if CATEGORIES.index(move.now) < CATEGORIES.index(move.before) else "down"


def _of_hot(hot: Movement, leads: int) -> str:
    gained = hot.new + hot.up
    if not gained and not hot.gone:
        return f"Hot are the same {leads:,}." if leads else "Nobody is Hot, as before."
    return f"Hot gained {gained:,} and lost {hot.gone:,}."


def _leads(count: int) -> str:
    return "1 lead" if count == 1 else f"{count:,} leads"

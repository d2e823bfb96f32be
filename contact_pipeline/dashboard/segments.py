"""The segments of the playbook over the leads of a link: how many are in each, and what raised their scores.

Belongs here: counting them in a snapshot, and the address of the leads behind a segment. Does not belong: which lead is in
which segment (`reporting.playbook`) and the page (`pages.playbook`).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Final, NamedTuple

from contact_pipeline.dashboard.access import Access
from contact_pipeline.dashboard.filters import CUSTOM_PREFIX
from contact_pipeline.dashboard.insights import scope_of_leads
from contact_pipeline.dashboard.kept import Kept
from contact_pipeline.dashboard.query import LeadQuery
from contact_pipeline.dashboard.reader import LeadReader
from contact_pipeline.reporting.aggregates import CATEGORIES
from contact_pipeline.reporting.playbook import FIRST_REASON, Segment, segments_counted
from contact_pipeline.scoring.naming import field_name
from contact_pipeline.scoring.policy import Play

_kept: Final = Kept[list[Segment]](8)

_COUNTS = """
    SELECT play - 1, factor, count(*) AS leads FROM (
        SELECT codes.play::INTEGER AS play, nullif(regexp_extract(split_part(key_factors, '; ', 1), $reason, 1), '') AS factor
        FROM leads JOIN codes USING (rank) WHERE codes.play > 0 AND {within})
    GROUP BY ALL ORDER BY leads DESC, factor"""


class LinkedSegment(NamedTuple):
    """A segment, and the address of the leads of its category with the values that it asks for; "" where no filter has them."""

    segment: Segment
    address: str


class CategorySegments(NamedTuple):
    """The segments of a category, how many leads it has in all, and the address of these."""

    category: str
    leads: int
    address: str
    segments: Sequence[LinkedSegment]


def segments_by_category(reader: LeadReader, access: Access) -> list[CategorySegments]:
    """The playbook as it was when the snapshot was published, with the leads of the link."""
    key = (reader.run.name, tuple(sorted(access.only.items())))
    segments = _kept.get(key, lambda: _segments(reader, access))
    leads = {one.category: one.leads for one in reader.view(LeadQuery(), access).categories}
    return [
        CategorySegments(
            category,
            leads.get(category, 0),
            LeadQuery().toggled("category", category).address(),
            [
                LinkedSegment(one, _address(reader, access, one.play))
                for one in segments
                if one.play.category == category
            ],
        )
        for category in CATEGORIES
    ]


def _address(reader: LeadReader, access: Access, play: Play) -> str:
    """Only words that a field must be are a filter; engagement, numbers and parts of words are none."""
    asked = (field_name(play.field) or play.field).casefold()
    names = [one.name for one in reader.view(LeadQuery(), access).filters]
    name = next((name for name in names if asked == name.removeprefix(CUSTOM_PREFIX).casefold()), None)
    if name is None or not play.any_of or play.engagement:
        return ""
    words = {word.casefold() for word in play.any_of}
    query = LeadQuery().toggled("category", play.category)
    values = [one for one in reader.values(name, query, access).values if one.label.casefold() in words]
    for value in values:
        query = query.toggled(name, value.value)
    return query.address() if values else ""


def _segments(reader: LeadReader, access: Access) -> list[Segment]:
    """As `reporting.playbook.segments_of`."""
    with closing(reader.connection()) as connection:
        plays = connection.execute("SELECT play FROM plays ORDER BY place").fetchall()
        within = scope_of_leads(reader, access, connection)
        rows = connection.execute(_COUNTS.format(within=within), {"reason": FIRST_REASON}).fetchall()
    return segments_counted([Play.model_validate_json(play) for (play,) in plays], rows)

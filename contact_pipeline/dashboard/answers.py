"""What a page is told: leads, counts and facts of one question, as plain values.

Belongs here: the shapes between finding (`index`, `reader`) and showing (`pages`, `export`). Does not belong: either of them.
Texts are as in the CRM, unescaped; times are UTC without a zone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from contact_pipeline.dashboard.query import LeadQuery
from contact_pipeline.reporting.aggregates import CategorySummary, ScoreBin
from contact_pipeline.scoring.policy import Play
from contact_pipeline.scoring.reasons import Reason


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The scoring run that a snapshot shows. `roc_auc` is None where scores come from points.

    `scored_at` is when scores were brought up to date last, `all_scored_at` when all of them were; None where that is not
    known.
    """

    name: str  # of the snapshot
    published_at: datetime
    scored_at: datetime | None
    method: str  # points or model; "" before the first scoring
    model_version: str
    roc_auc: float | None
    leads: int
    all_scored_at: datetime | None = None

    def is_stale(self, now: datetime, stale_after: timedelta) -> bool:
        """Were all scored longer ago than that? `now` is UTC without a zone."""
        return self.all_scored_at is not None and now - self.all_scored_at > stale_after


class FilterValue(NamedTuple):
    """One value of a filter, and how many leads have it once every other filter holds."""

    value: str
    label: str
    leads: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class FilterCounts:
    """A filter with its values: chosen ones first, then by number of leads (company sizes and scores in their own order).

    `more` further values have leads and are not listed.
    """

    name: str
    label: str
    values: Sequence[FilterValue]
    more: int


@dataclass(frozen=True, slots=True)
class LeadRow:
    """One line of the list. A value that is not known is None; reasons are at most two that raise and one that lowers."""

    contact_id: str
    name: str  # full name, else the address
    job_title: str | None
    company: str | None
    industry: str | None
    score: float | None
    category: str | None
    change: float | None  # points since the last day of scoring before
    probability: float | None  # conversion, 0-1; None with points
    propensity: float | None  # engagement, 0-1
    confidence: str | None
    reasons: Sequence[Reason]
    action: str | None
    trigger: str | None  # what made it the next action
    company_size: str | None  # the band
    country: str | None
    source: str | None
    owner: str | None
    last_activity: datetime | None


@dataclass(frozen=True, slots=True)
class LeadView:
    """All that the list shows for one question.

    `found` leads fit it, of `of` that the link may see. Categories and bins leave their own filter aside, as every filter
    does; `plays` has the first step for each category.
    """

    run: RunFacts
    query: LeadQuery
    found: int
    of: int
    categories: Sequence[CategorySummary]
    plays: Mapping[str, str]
    bins: Sequence[ScoreBin]
    filters: Sequence[FilterCounts]
    rows: Sequence[LeadRow]
    pages: int


class Contribution(NamedTuple):
    """What one source column, or one group of them, adds to the score: log-odds, and points on an average score."""

    label: str
    effect: float
    points: float


class PastValue(NamedTuple):
    """A moment in the life of a lead: scored, imported, an activity."""

    at: datetime
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class LeadDetail:
    """One lead with everything that is known of it."""

    run: RunFacts
    row: LeadRow
    percentile: float | None
    reasons: Sequence[Reason]  # all of them
    base: float  # log-odds that all leads start from
    groups: Sequence[Contribution]  # by kind of column; they and the base add up to the score
    factors: Sequence[Contribution]  # by source column, strongest first
    fields: Sequence[tuple[str, str, str]]  # name, label, value as text; filled ones, custom fields last
    play: Play | None  # of its segment; None for who is not approached
    history: Sequence[PastValue]  # newest first
    scores: Sequence[tuple[datetime, float, str]]  # oldest first: when, score, category
    email: str | None
    phone: str | None
    mobile_phone: str | None
    linkedin_url: str | None
    website: str | None
    opted_out: bool
    converted: bool | None

"""What a link's leads tell as a whole: counts by value and category, who moved, what moves scores, how full fields are.

Belongs here: finding these for the leads that a link may see, and for no others. Does not belong: drawing (`reporting`) and
the page (`pages.insights`). What takes long is worked out once a snapshot and scope.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final, NamedTuple

import duckdb
import polars as pl

from contact_pipeline.dashboard.access import Access
from contact_pipeline.dashboard.answers import FilterCounts, FilterValue
from contact_pipeline.dashboard.filters import MOVED_DOWN, MOVED_UP, NEW
from contact_pipeline.dashboard.kept import Kept
from contact_pipeline.dashboard.query import LeadQuery
from contact_pipeline.dashboard.reader import LeadReader
from contact_pipeline.fields import FIELDS
from contact_pipeline.reporting.aggregates import CATEGORIES, Split
from contact_pipeline.reporting.factors import BEST, HOT, TENTH, Factor, key_factors
from contact_pipeline.scoring.card import SMALLEST_GROUP

SPLIT_BY: Final = ("industry", "lead_source", "company_size", "country", "owner")
MOVEMENTS: Final = (NEW, MOVED_UP, MOVED_DOWN)
_CATEGORY, _MOVEMENT = "category", "movement"
_BARS = 10
_LEADS_READ = 4_000  # for factors: an even sample, good to a fifth of a point


class LinkedSplits(NamedTuple):
    """Leads by the values of a filter, and the address of the leads behind each bar; "" where no filter tells them."""

    name: str
    label: str
    splits: Sequence[Split]
    addresses: Sequence[str]


class Moved(NamedTuple):
    """Leads of a category that moved in one way since the day before, and the address of these."""

    category: str
    movement: str
    leads: int
    address: str


@dataclass(frozen=True, slots=True)
class Slow:
    """What reads many leads: key factors under the name of whose they are, and the share of leads with a value, by field."""

    factors: Sequence[tuple[str, Sequence[Factor]]]
    filled: Sequence[tuple[str, float]]


_kept = Kept[Slow](8)


def splits_of(reader: LeadReader, access: Access) -> list[LinkedSplits]:
    """The leads by category for the values of each filter of SPLIT_BY that has values: the largest first, the rest summed."""
    found = [(reader.values(name, LeadQuery(), access), _by_category(reader, access, name)) for name in SPLIT_BY]
    return [_linked(counts, parts) for counts, parts in found if counts.values]


def moved(reader: LeadReader, access: Access) -> list[list[Moved]]:
    """For Hot, Warm and Cold how many are new, moved up, moved down."""
    table = []
    for category in CATEGORIES:
        in_category = LeadQuery().toggled(_CATEGORY, category)
        leads = {one.value: one.leads for one in reader.values(_MOVEMENT, in_category, access).values}
        table.append(
            [
                Moved(category, way, leads.get(way, 0), in_category.toggled(_MOVEMENT, way).address())
                for way in MOVEMENTS
            ]
        )
    return table


def slow_facts(reader: LeadReader, access: Access) -> Slow:
    """Key factors and completeness."""
    key = (reader.run.name, tuple(sorted(access.only.items())))
    return _kept.get(key, lambda: _slow_facts(reader, access))


def scope_of_leads(reader: LeadReader, access: Access, connection: duckdb.DuckDBPyConnection) -> str:
    """SQL for the leads of a link: a table with their ranks under the name `scope`, for this connection only."""
    ranks = None if access.sees_all else _ranks(reader, access, LeadQuery())
    if ranks is None:
        return "true"
    connection.register("scope", ranks.to_frame("rank"))
    return "rank IN (SELECT rank FROM scope)"


def filled_shares(
    connection: duckdb.DuckDBPyConnection, rows: str, parameters: Sequence[str] = ()
) -> list[tuple[str, float]]:
    """Label of each field that any of the rows (SQL behind FROM) fills, and the share that does; the fullest first."""
    counts = ", ".join(f"count({field.name})" for field in FIELDS)
    total, *filled = connection.execute(f"SELECT count(*), {counts} FROM {rows}", [*parameters]).fetchall()[0]
    shares = [(field.label, count / total) for field, count in zip(FIELDS, filled, strict=True) if count]
    return sorted(shares, key=lambda pair: -pair[1])


def _by_category(reader: LeadReader, access: Access, name: str) -> list[dict[str, int]]:
    queries = [LeadQuery().toggled(_CATEGORY, category) for category in CATEGORIES]
    return [{one.value: one.leads for one in reader.values(name, query, access).values} for query in queries]


def _linked(counts: FilterCounts, parts: Sequence[dict[str, int]]) -> LinkedSplits:
    """The values of the most leads each, then the rest of them as one bar, then who has no value."""
    known, unknown = [one for one in counts.values if one.value], [one for one in counts.values if not one.value]
    kept = known if len(known) <= _BARS else known[: _BARS - 1]
    rest = known[len(kept) :]
    other = [(f"Other ({len(rest):,})", rest, "")] if rest else []
    bars = [*((one.label, [one], _address(counts, one)) for one in kept), *other]
    bars += [(one.label, [one], _address(counts, one)) for one in unknown]
    splits = [_split(label, values, parts) for label, values, _ in bars]
    return LinkedSplits(counts.name, counts.label, splits, [address for *_, address in bars])


def _address(counts: FilterCounts, one: FilterValue) -> str:
    return LeadQuery().toggled(counts.name, one.value).address()


def _split(label: str, values: Sequence[FilterValue], parts: Sequence[dict[str, int]]) -> Split:
    hot, warm, cold = (sum(part.get(one.value, 0) for one in values) for part in parts)
    leads = sum(one.leads for one in values)
    return Split(label, leads, (hot, warm, cold), hot / leads if leads else None)


def _slow_facts(reader: LeadReader, access: Access) -> Slow:
    everybody = _ranks(reader, access, LeadQuery())
    name, high = _high_scoring(reader, access, everybody.len())
    with closing(reader.connection()) as connection:
        groups = ((name, high), ("All leads", everybody))
        factors = [(title, _factors(connection, ranks)) for title, ranks in groups]
        filled = filled_shares(connection, f"leads WHERE {scope_of_leads(reader, access, connection)}")
    return Slow([(title, found) for title, found in factors if found], filled)


def _ranks(reader: LeadReader, access: Access, query: LeadQuery) -> pl.Series:
    return reader.leads_frame(query, access, ["rank"])["rank"]


def _high_scoring(reader: LeadReader, access: Access, leads: int) -> tuple[str, pl.Series]:
    """The Hot leads; the best tenth where hardly anybody is Hot."""
    hot = _ranks(reader, access, LeadQuery().toggled(_CATEGORY, CATEGORIES[0]))
    if hot.len() >= SMALLEST_GROUP:
        return HOT, hot
    best = _ranks(reader, access, LeadQuery().sorted_by("score", descending=True))
    return BEST, best.head(leads // TENTH)


def _factors(connection: duckdb.DuckDBPyConnection, ranks: pl.Series) -> list[Factor]:
    sample = ranks.gather_every(max(1, math.ceil(ranks.len() / _LEADS_READ)))
    connection.register("sample", sample.to_frame("rank"))
    texts = connection.sql(
        "SELECT score_breakdown FROM breakdowns WHERE contact_id IN (SELECT contact_id FROM leads SEMI JOIN sample USING (rank))"
    ).pl()
    return key_factors(texts)

"""The numbers behind pictures and tables: aggregates of scored leads, no person among them.

Belongs here: counting leads by category, score and segment, and how full their fields are. Does not belong: drawing.
Segment counts are safe to hand on: groups under SMALLEST_GROUP are merged or lose their split.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from contact_pipeline.fields import FIELDS, Field
from contact_pipeline.scoring.card import SMALLEST_GROUP

CATEGORIES: tuple[str, ...] = ("Hot", "Warm", "Cold")
BIN_POINTS = 5
# What is counted of all leads, here and in the playbook, besides the fields that leads are split by.
COUNTED: tuple[str, ...] = (
    "lead_score",
    "lead_category",
    "conversion_probability",
    "engagement_propensity",
    "opted_out",
    "converted",
)
SIZE_BANDS: tuple[tuple[int, str], ...] = (
    (1, "1-10"),
    (11, "11-50"),
    (51, "51-200"),
    (201, "201-500"),
    (501, "501-1,000"),
    (1001, "1,001-5,000"),
    (5001, "5,001+"),
)


@dataclass(frozen=True, slots=True)
class CategorySummary:
    """One category: leads, share of all scored leads, mean score; with a model the chance of those who may be approached,
    on average and summed: a customer cannot be won again.
    """

    category: str
    leads: int
    share: float
    mean_score: float | None
    mean_probability: float | None
    expected_wins: float | None


@dataclass(frozen=True, slots=True)
class Split:
    """Leads by category. `by_category` is None where showing it could single somebody out."""

    label: str
    leads: int
    by_category: tuple[int, int, int] | None  # Hot, Warm, Cold
    hot_share: float | None


@dataclass(frozen=True, slots=True)
class ScoreBin:
    """Leads with a score from `start` to below `start` + BIN_POINTS (the last one to 100), Hot, Warm and Cold."""

    start: int
    by_category: tuple[int, int, int]


def scored(leads: pl.DataFrame) -> pl.DataFrame:
    """The leads that have a score."""
    return leads.filter(pl.col("lead_score").is_not_null())


def ranked(leads: pl.DataFrame) -> pl.DataFrame:
    """Best first; equal scores in the order of contact_id, unscored leads last."""
    return leads.sort(["lead_score", "contact_id"], descending=[True, False], nulls_last=True)


def may_be_approached() -> pl.Expr:
    """Of a lead: has it neither opted out nor become a customer?"""
    return ~pl.any_horizontal(pl.col("opted_out", "converted").fill_null(value=False))


def summarise_categories(leads: pl.DataFrame) -> list[CategorySummary]:
    """Hot, Warm, Cold, also where there is no lead in one."""
    known = scored(leads)
    probability = pl.col("conversion_probability").filter(may_be_approached())
    by_category = known.group_by("lead_category").agg(
        pl.len().alias("leads"),
        pl.col("lead_score").mean().alias("mean_score"),
        probability.mean().alias("mean_probability"),
        pl.when(probability.is_not_null().any()).then(probability.sum()).alias("expected_wins"),
    )
    found = {row["lead_category"]: row for row in by_category.iter_rows(named=True)}
    return [_category_summary(name, found.get(name, {}), known.height) for name in CATEGORIES]


def score_bins(leads: pl.DataFrame) -> list[ScoreBin]:
    """The 20 bins of the score distribution."""
    start = ((pl.col("lead_score") / BIN_POINTS).floor() * BIN_POINTS).clip(0, 100 - BIN_POINTS).cast(pl.Int64)
    counts = scored(leads).group_by(start.alias("start"), "lead_category").len()
    by_key = {(row[0], row[1]): row[2] for row in counts.iter_rows()}
    return [
        ScoreBin(at, (by_key.get((at, "Hot"), 0), by_key.get((at, "Warm"), 0), by_key.get((at, "Cold"), 0)))
        for at in range(0, 100, BIN_POINTS)
    ]


def segments(leads: pl.DataFrame, field: str, *, most: int = 10) -> list[Split]:
    """Scored leads by the values of a field, largest first, at most `most` values, the rest under "Other".

    Company sizes are put in bands and keep their order. Leads without a value are left out. Values of fewer than
    SMALLEST_GROUP leads go to "Other"; empty where no group is large enough.
    """
    known = scored(leads)
    if field not in known.columns:
        return []
    label = company_size_band(pl.col(field)) if field == "company_size" else pl.col(field)
    counts = _count_by_label(known.select(label.alias("label"), "lead_category"))
    splits = _protect(_merge_small(counts, most))
    if field == "company_size":
        order = [name for _, name in SIZE_BANDS]
        splits.sort(key=lambda split: order.index(split.label) if split.label in order else len(order))
    return splits


def company_size_band(size: pl.Expr) -> pl.Expr:
    """The band of a headcount or range, by its lower end; null where it holds no number."""
    employees = size.cast(pl.String).str.extract(r"(\d+)").cast(pl.Int64, strict=False)
    band = pl.lit(None, dtype=pl.String)
    for start, name in SIZE_BANDS:
        band = pl.when(employees >= start).then(pl.lit(name)).otherwise(band)
    return band


def filled_shares(leads: pl.DataFrame) -> list[tuple[Field, float]]:
    """How many leads have a value, as a share, for each canonical field that any lead fills; fullest first."""
    known = [field for field in FIELDS if field.name in leads.columns]
    if leads.is_empty() or not known:
        return []
    filled = leads.select(pl.col(field.name).is_not_null().mean() for field in known).row(0)
    shares = [(field, share) for field, share in zip(known, filled, strict=True) if share]
    return sorted(shares, key=lambda pair: -pair[1])


def _category_summary(name: str, row: dict[str, float], scored_leads: int) -> CategorySummary:
    leads = int(row.get("leads", 0))
    return CategorySummary(
        category=name,
        leads=leads,
        share=leads / scored_leads if scored_leads else 0.0,
        mean_score=row.get("mean_score"),
        mean_probability=row.get("mean_probability"),
        expected_wins=row.get("expected_wins"),
    )


def _count_by_label(labelled: pl.DataFrame) -> list[tuple[str, tuple[int, int, int]]]:
    counted = (
        labelled.drop_nulls("label")
        .group_by("label")
        .agg((pl.col("lead_category") == name).sum().alias(name) for name in CATEGORIES)
    )
    rows = [(str(row[0]), (int(row[1]), int(row[2]), int(row[3]))) for row in counted.iter_rows()]
    return sorted(rows, key=lambda row: (-sum(row[1]), row[0]))


def _merge_small(
    counts: Sequence[tuple[str, tuple[int, int, int]]], most: int
) -> list[tuple[str, tuple[int, int, int]]]:
    """Small values go to "Other"; an "Other" that is small itself takes the smallest value in."""
    large = [row for row in counts if sum(row[1]) >= SMALLEST_GROUP]
    kept = large if len(large) == len(counts) <= most else large[: most - 1]
    rest = [row for row in counts if row not in kept]
    while kept and rest and sum(sum(row[1]) for row in rest) < SMALLEST_GROUP:
        rest.append(kept.pop())
    if not kept or not rest:
        return kept
    hot, warm, cold = (sum(row[1][place] for row in rest) for place in range(3))
    return [*kept, (f"Other ({len(rest):,})", (hot, warm, cold))]


def _protect(counts: Sequence[tuple[str, tuple[int, int, int]]]) -> list[Split]:
    """Withhold the split of groups with a small cell; one alone could be worked out from the totals, so another goes
    with it."""
    withheld = {label for label, cells in counts if any(0 < cell < SMALLEST_GROUP for cell in cells)}
    if len(withheld) == 1:
        others = [(sum(cells), label) for label, cells in counts if label not in withheld]
        withheld |= {min(others)[1]} if others else set()
    return [_split(label, cells, shown=label not in withheld) for label, cells in counts]


def _split(label: str, cells: tuple[int, int, int], *, shown: bool) -> Split:
    leads = sum(cells)
    return Split(label, leads, cells if shown else None, cells[0] / leads if shown else None)

"""Counts behind pictures, and the protection of small groups."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.reporting.aggregates import (
    company_size_band,
    filled_shares,
    ranked,
    score_bins,
    segments,
    summarise_categories,
)
from contact_pipeline.scoring.card import SMALLEST_GROUP

LeadsOf = Callable[..., pl.DataFrame]
_CATEGORY = st.sampled_from(["Hot", "Warm", "Cold"])


def _leads(pairs: list[tuple[str | None, str]]) -> pl.DataFrame:
    industries, categories = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return pl.DataFrame(
        {"industry": industries, "lead_category": categories, "lead_score": [50.0] * len(pairs)},
        schema={"industry": pl.String, "lead_category": pl.String, "lead_score": pl.Float64},
    )


@given(st.lists(st.tuples(st.sampled_from([None, *"abcdefghijklmn"]), _CATEGORY), max_size=120))
def test_segments_show_no_group_under_five_and_lose_no_lead_of_the_shown_values(
    pairs: list[tuple[str | None, str]],
) -> None:
    splits = segments(_leads(pairs), "industry", most=6)
    assert len(splits) <= 6
    assert all(split.leads >= SMALLEST_GROUP for split in splits)
    shown = [cells for split in splits if (cells := split.by_category)]
    assert all(cell == 0 or cell >= SMALLEST_GROUP for cells in shown for cell in cells)
    assert all(sum(split.by_category) == split.leads for split in splits if split.by_category)
    if splits:
        assert sum(split.leads for split in splits) == sum(value is not None for value, _ in pairs)


@given(st.lists(st.tuples(st.sampled_from("abc"), _CATEGORY), max_size=80))
def test_one_withheld_split_is_never_alone_so_that_it_cannot_be_worked_out(pairs: list[tuple[str | None, str]]) -> None:
    splits = segments(_leads(pairs), "industry")
    withheld = [split for split in splits if split.by_category is None]
    assert len(withheld) != 1 or len(splits) == 1


def test_company_sizes_are_put_in_bands_by_size(leads_of: LeadsOf) -> None:
    leads = leads_of(70, company_size=lambda n: ("10001+", "7", "11-50", "250", None, "many", "1,200")[n % 7])
    assert [split.label for split in segments(leads, "company_size")] == ["1-10", "11-50", "201-500", "5,001+"]


@pytest.mark.parametrize(
    ("size", "band"),
    [
        ("1", "1-10"),
        ("10", "1-10"),
        ("11-50", "11-50"),
        ("500", "201-500"),
        ("10001+", "5,001+"),
        ("0", None),
        ("x", None),
    ],
)
def test_a_headcount_belongs_to_the_band_of_its_lower_end(size: str, band: str | None) -> None:
    assert pl.DataFrame({"size": [size]}).select(company_size_band(pl.col("size"))).item() == band


def test_bins_hold_every_scored_lead_once_also_at_the_ends(leads_of: LeadsOf) -> None:
    scores = [0.0, 4.9, 5.0, 74.9, 75.0, 100.0, None]
    leads = leads_of(7, lead_score=lambda n: scores[n], lead_category=lambda n: "Hot" if n in (4, 5) else "Cold")
    bins = {one.start: one.by_category for one in score_bins(leads)}
    assert len(bins) == 20
    assert (bins[0], bins[5], bins[70], bins[75], bins[95]) == ((0, 0, 2), (0, 0, 1), (0, 0, 1), (1, 0, 0), (1, 0, 0))
    assert sum(sum(cells) for cells in bins.values()) == 6


def test_expected_wins_are_the_sum_of_chances_and_unknown_without_a_model(leads_of: LeadsOf) -> None:
    hot, warm, cold = summarise_categories(
        leads_of(4, lead_category="Hot", lead_score=80.0, conversion_probability=lambda n: n / 10)
    )
    assert (hot.leads, hot.share, hot.expected_wins, hot.mean_score) == (4, 1.0, pytest.approx(0.6), 80.0)
    assert (warm.leads, warm.expected_wins, cold.leads) == (0, None, 0)
    by_points = summarise_categories(leads_of(4, lead_category="Hot", conversion_probability=None))
    assert by_points[0].expected_wins is None


@pytest.mark.parametrize("state", ["converted", "opted_out"])
def test_nobody_is_won_who_is_a_customer_or_may_not_be_approached(leads_of: LeadsOf, state: str) -> None:
    leads = leads_of(
        4, lead_category="Hot", conversion_probability=0.5, **{state: lambda n: [True, False, None, True][n]}
    )
    hot = summarise_categories(leads)[0]
    assert (hot.leads, hot.expected_wins, hot.mean_probability) == (4, 1.0, 0.5)


def test_unscored_leads_rank_last(leads_of: LeadsOf) -> None:
    assert ranked(leads_of(3, lead_score=lambda n: [None, 1.0, 2.0][n]))["contact_id"].to_list() == [
        "c00002",
        "c00001",
        "c00000",
    ]


def test_filled_shares_name_only_fields_that_somebody_filled(leads_of: LeadsOf) -> None:
    shares = {
        field.name: share for field, share in filled_shares(leads_of(4, phone=lambda n: "+12025550100" if n else None))
    }
    assert shares["phone"] == 0.75
    assert shares["email"] == 1.0
    assert "fax" not in shares
    assert "notes" not in shares

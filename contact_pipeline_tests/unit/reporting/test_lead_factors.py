"""Factors over all leads, in points of score."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from contact_pipeline.reporting.factors import key_factors, score_points

LeadsOf = Callable[..., pl.DataFrame]


def test_three_times_the_odds_are_25_points_and_the_scale_is_symmetric() -> None:
    assert score_points(1.0986122886681098) == pytest.approx(25)
    assert score_points(-1.0986122886681098) == pytest.approx(-25)


def test_a_factor_averages_raised_and_lowered_leads_apart_strongest_first(leads: pl.DataFrame) -> None:
    source, title, industry = key_factors(leads)
    assert (source.label, title.label, industry.label) == ("Lead Source", "Job Title", "Industry")
    assert source.raises == pytest.approx(score_points(0.9))
    assert source.lowers == pytest.approx(score_points(-0.3))
    assert (title.lowers, industry.raises) == (None, None)


def test_the_sum_of_small_factors_is_not_a_factor_and_few_leads_show_nothing(leads_of: LeadsOf) -> None:
    assert {factor.label for factor in key_factors(leads_of(5))} == {"Job Title", "Industry"}
    assert key_factors(leads_of(4)) == []
    assert key_factors(leads_of(10, score_breakdown=None)) == []


def test_only_the_strongest_are_kept(leads: pl.DataFrame) -> None:
    assert [factor.label for factor in key_factors(leads, most=1)] == ["Lead Source"]

"""The playbook has a play for every lead, in words of the settings or of the package."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contact_pipeline.reporting.aggregates import CATEGORIES
from contact_pipeline.reporting.playbook import first_steps, load_playbook, segments_counted, segments_of
from contact_pipeline.scoring.card import SMALLEST_GROUP
from contact_pipeline.settings import ReportSettings

LeadsOf = Callable[..., pl.DataFrame]
_TEXTS = {"channel": "Phone", "first_step": "Call", "cadence": "Once", "message": "Because of {factor}."}


def _plays(*own: dict[str, object]) -> ReportSettings:
    return ReportSettings.model_validate({"playbook": [_TEXTS | play for play in own]})


def test_the_plays_come_best_first_and_each_category_has_one_for_everybody() -> None:
    plays = load_playbook()
    assert [p.category for p in plays] == sorted((p.category for p in plays), key=CATEGORIES.index)
    assert {p.category for p in plays if not p.field and not p.engagement} == set(CATEGORIES)
    assert any("{factor}" in play.message for play in plays)


@given(
    engagement=st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=1, max_size=20),
    category=st.sampled_from(CATEGORIES),
)
def test_every_scored_lead_to_approach_is_in_exactly_one_segment(
    engagement: list[float | None], category: str, leads_of: LeadsOf
) -> None:
    leads = leads_of(len(engagement), lead_category=category, engagement_propensity=lambda number: engagement[number])
    segments = segments_of(leads, load_playbook())
    assert sum(segment.leads for segment in segments) == leads.height
    assert {segment.play.category for segment in segments if segment.leads} == {category}


def test_the_message_holds_what_raises_the_scores_of_the_segment_most_often(leads_of: LeadsOf) -> None:
    often, seldom = "+ Lead Source Referral: 92 % of 534 past leads converted; - x", "+ Director or above"
    leads = leads_of(
        20,
        lead_category="Hot",
        engagement_propensity=0.9,
        key_factors=lambda number: seldom if number < 5 else often,
    )
    engaged = segments_of(leads, load_playbook())[0]
    assert (engaged.leads, engaged.factor) == (20, "Lead Source Referral")
    assert "Lead Source Referral" in engaged.message
    assert "Lead Source" not in engaged.outline


def test_the_factor_of_a_few_leads_is_not_told(leads_of: LeadsOf) -> None:
    leads = leads_of(SMALLEST_GROUP - 1, lead_category="Hot", engagement_propensity=0.9, key_factors="+ Tier Gold")
    engaged = segments_of(leads, load_playbook())[0]
    assert engaged.factor is None
    assert "{factor}" not in engaged.message


def test_a_play_of_the_settings_comes_first_for_the_leads_that_it_fits(leads_of: LeadsOf) -> None:
    own = _plays({"segment": "Software", "category": "Hot", "field": "Industry", "any_of": ["software"]})
    plays = load_playbook(own.playbook)
    leads = leads_of(12, lead_category="Hot")
    first = segments_of(leads, plays)[0]
    assert first.play.segment == "Software"
    assert first.leads == leads.filter(pl.col("industry") == "Software").height > 0


def test_a_category_is_summed_up_by_the_first_step_of_its_largest_segment(leads_of: LeadsOf) -> None:
    leads = leads_of(9, lead_category="Cold", engagement_propensity=lambda number: 0.9 if number < 3 else 0.1)
    assert first_steps(segments_of(leads, load_playbook()))["Cold"] == load_playbook()[-1].first_step


def test_who_opted_out_or_is_a_customer_is_in_no_segment(leads_of: LeadsOf) -> None:
    leads = leads_of(9, opted_out=lambda number: number < 2, converted=lambda number: number == 2 or None)
    assert sum(segment.leads for segment in segments_of(leads, load_playbook())) == 6


def test_nobody_scored_yet_still_shows_the_plays(leads_of: LeadsOf) -> None:
    assert [s.leads for s in segments_of(leads_of(0), load_playbook())] == [0] * len(load_playbook())


@pytest.mark.parametrize("line", [{"segment": "x"}, {"segment": "x", "category": "Hot", "field": "Industry"}])
def test_an_incomplete_play_is_refused(line: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        _plays(line)


def test_the_factor_of_a_segment_is_the_most_frequent_one_that_can_be_opened_with() -> None:
    counted = [(0, "Phone known", 9), (0, None, 7), (0, "Industry Phone makers", 6), (0, "Country DE", 5)]
    (segment,) = segments_counted(load_playbook()[:1], counted)
    assert (segment.leads, segment.factor) == (27, "Industry Phone makers")
    (few,) = segments_counted(load_playbook()[:1], [(0, "Country DE", SMALLEST_GROUP - 1)])
    assert few.factor is None

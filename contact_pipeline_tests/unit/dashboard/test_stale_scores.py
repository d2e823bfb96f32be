"""Whoever looks at leads is told when their scores are out of date, and since when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contact_pipeline.dashboard.answers import RunFacts
from contact_pipeline.dashboard.layout import facts_as_json, facts_of_json
from contact_pipeline.dashboard.reader import LeadReader
from contact_pipeline.home import Home
from contact_pipeline.settings import Settings
from contact_pipeline_tests.unit.dashboard.conftest import DAY
from contact_pipeline_tests.unit.dashboard.opened import Hands, opened_client

WARNING = "These scores are out of date: all leads were scored last on 5 May 2026."


@pytest.mark.parametrize("path", ["/", "/insights", "/imports"])
def test_every_page_says_that_scores_are_out_of_date(tabs_home: Home, path: str) -> None:
    assert WARNING in opened_client(tabs_home, clock=Hands()).get(path).text


def test_a_limited_link_is_told_too(tabs_home: Home) -> None:
    assert WARNING in opened_client(tabs_home, {"country": ("DE",)}, clock=Hands()).get("/").text


def test_as_long_as_the_settings_call_them_fresh_nothing_is_said(tabs_home: Home) -> None:
    patient = Settings.model_validate({"scoring": {"life": {"stale_after_days": 40_000}}})
    page = opened_client(Home(tabs_home.root, patient), clock=Hands()).get("/").text
    assert "out of date" not in page
    assert '<p class="stale" id="stale" role="status"></p>' in page


def test_scores_are_as_of_the_last_time_all_were_scored_also_where_none_changed(reader: LeadReader) -> None:
    assert reader.run.scored_at == reader.run.all_scored_at == DAY + timedelta(days=1)


def test_facts_of_a_snapshot_that_does_not_know_when_all_were_scored_are_not_called_stale() -> None:
    facts = RunFacts("run", DAY, DAY, "points", "v1", None, 1)
    assert not facts.is_stale(DAY + timedelta(days=400), timedelta(days=7))
    older = facts_as_json(facts).replace(', "all_scored_at": null', "")
    assert facts_of_json(older) == facts

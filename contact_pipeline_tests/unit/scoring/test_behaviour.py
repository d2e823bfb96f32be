from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.scoring.behaviour import FADING, activity_counts
from contact_pipeline_tests.unit.scoring.test_engagement import frame_of, log_of


def _looks(contacts: list[str], moment: datetime) -> pl.DataFrame:
    return pl.DataFrame(
        {"contact_id": contacts, "moment": pl.Series([moment] * len(contacts), dtype=pl.Datetime("us"))}
    )


def test_an_activity_counts_half_after_its_half_life_and_not_before_it_happened(as_of: datetime) -> None:
    log = frame_of(log_of("a", 0, 30, -1, as_of=as_of) + log_of("b", 400, kind="bounce", as_of=as_of))
    counted = activity_counts(_looks(["a", "b", "c"], as_of), log)
    assert counted["activity.click"].to_list() == pytest.approx([1.5, 0, 0])
    assert counted["activity.bounce"].to_list() == [0, 1, 0]
    assert counted["activity.last"].to_list() == [0, None, None]


def test_no_activity_of_this_contact_is_none_done_and_no_activity_of_anybody_is_unknown(as_of: datetime) -> None:
    assert activity_counts(_looks(["a"], as_of), frame_of([]))["activity.visit"].to_list() == [0]
    assert activity_counts(_looks(["a"], as_of), None)["activity.visit"].to_list() == [None]


@given(days=st.lists(st.floats(0, 900), min_size=1, max_size=8), later=st.floats(0.1, 500))
def test_without_news_every_count_falls_as_time_passes(as_of: datetime, days: list[float], later: float) -> None:
    log = frame_of(log_of("a", *days, as_of=as_of))
    soon, late = (activity_counts(_looks(["a"], as_of + timedelta(days=d)), log).row(0, named=True) for d in (0, later))
    assert all(late[name] <= soon[name] for name in FADING)
    assert late["activity.last"] > soon["activity.last"]

"""Who teaches, from when they are looked at, and what became of them: only what was known then, and the horizon from then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.scoring.past import PastLeads, past_leads
from contact_pipeline.settings import ScoringSettings

Maker = Callable[..., pl.DataFrame]
NOW = datetime.fromisoformat("2026-03-01")
SETTINGS = ScoringSettings()
HORIZON = timedelta(days=SETTINGS.horizon_days)


def _dated(contacts_of: Maker, created: list[int], lasted: list[int | None], won: list[bool | None]) -> pl.DataFrame:
    """Contacts created so many days ago that converted, where `won`, so many days later (None: on no known date)."""
    at = [NOW - timedelta(days=ago) for ago in created]
    converted_at = [
        one + timedelta(days=days) if is_won and days is not None else None
        for one, days, is_won in zip(at, lasted, won, strict=True)
    ]
    seen = [NOW] * len(at)
    return contacts_of(len(at), created_at=at, converted_at=converted_at, converted=won, last_activity_at=seen)


def _many(contacts_of: Maker, undated: int = 0) -> pl.DataFrame:
    """200 old leads, every second one converted after 10 to 59 days; the first `undated` conversions have no date."""
    lasted = [None if place < 2 * undated else 10 + place % 50 for place in range(200)]
    created = [800 - place for place in range(200)]
    return _dated(contacts_of, created, lasted, [place % 2 == 0 for place in range(200)])


def _activities(contacts: pl.DataFrame) -> pl.DataFrame:
    return contacts.select(
        "contact_id", kind=pl.lit("visit"), at=pl.lit(NOW, dtype=pl.Datetime("us")), times=pl.lit(1.0)
    )


def _outcomes(past: PastLeads) -> dict[str, float]:
    ids = past.leads["contact_id"].to_list()
    return {one: max(o for i, o in zip(ids, past.outcome, strict=True) if i == one) for one in set(ids)}


def test_a_conversion_after_the_horizon_counts_as_none(contacts_of: Maker) -> None:
    contacts = _many(contacts_of).with_columns(
        converted_at=pl.when(pl.col("contact_id") == "c00000")
        .then(pl.col("created_at") + HORIZON + timedelta(days=1))
        .otherwise("converted_at")
    )
    past = past_leads(contacts, SETTINGS, NOW)
    assert past.horizon_days == SETTINGS.horizon_days
    assert (past.known, past.conversions) == (200, 99)
    assert _outcomes(past)["c00000"] == 0


def test_leads_younger_than_the_horizon_do_not_teach_yet(contacts_of: Maker) -> None:
    young = _dated(contacts_of, [5], [None], [False]).with_columns(contact_id=pl.lit("young"))
    past = past_leads(pl.concat([_many(contacts_of), young]), SETTINGS, NOW)
    assert "young" not in past.leads["contact_id"].to_list()


def test_conversions_without_dates_teach_beside_the_leads_of_the_same_file(contacts_of: Maker) -> None:
    undated = past_leads(_many(contacts_of, undated=40), SETTINGS, NOW)
    assert undated.horizon_days == SETTINGS.horizon_days
    assert (undated.known, undated.conversions) == (200, 100)
    assert all(_outcomes(undated)[f"c{2 * place:05d}"] == 1 for place in range(40))


def test_where_most_conversions_have_no_date_each_counts_whenever_it_was_and_the_card_warns(contacts_of: Maker) -> None:
    past = past_leads(_many(contacts_of, undated=60), SETTINGS, NOW)
    assert past.horizon_days is None
    assert past.conversions == 100
    assert any("counts as converted whenever that was" in one for one in past.warnings)


def test_without_activities_each_lead_is_looked_at_once_when_it_was_created(contacts_of: Maker) -> None:
    past = past_leads(_many(contacts_of), SETTINGS, NOW)
    assert past.leads.height == 200
    assert (past.leads["moment"] == past.leads["created_at"]).all()


@given(
    lasted=st.lists(st.none() | st.integers(0, 400), min_size=40, max_size=40),
    created=st.lists(st.integers(0, 900), min_size=40, max_size=40),
)
def test_a_look_is_at_an_open_lead_and_its_horizon_is_over(
    contacts_of: Maker, lasted: list[int | None], created: list[int]
) -> None:
    some = _dated(contacts_of, created, lasted, [days is not None for days in lasted])
    some = some.with_columns(contact_id="s" + pl.col("contact_id"))
    contacts = pl.concat([_many(contacts_of), some])
    past = past_leads(contacts, SETTINGS, NOW, _activities(contacts))
    converted = past.leads["converted_at"].fill_null(NOW + timedelta(days=1))
    at_creation = past.leads["moment"] == past.leads["created_at"]
    assert ((past.leads["moment"] < converted) | at_creation).all()
    in_time = (past.leads["converted_at"] - past.leads["moment"] <= HORIZON).fill_null(value=False)
    assert past.outcome.tolist() == in_time.cast(pl.Float64).to_list()
    assert (at_creation | (past.leads["moment"] <= past.clock - HORIZON)).all()
    assert past.leads["contact_id"].n_unique() == past.known


def test_looks_of_a_lead_count_as_often_as_it_would_be_scored(contacts_of: Maker) -> None:
    contacts = _many(contacts_of)
    past = past_leads(contacts, ScoringSettings(lead_half_life_days=1e9), NOW, _activities(contacts))
    assert past.leads.height > 200
    assert np.allclose(past.weight, 1.0, atol=1e-5)
    assert past.base_rate == pytest.approx(past.outcome.mean(), abs=1e-5)


def test_a_lead_a_half_life_older_teaches_half_as_much(contacts_of: Maker) -> None:
    contacts = _dated(contacts_of, [765, 400] * 50, [20, 20] * 50, [place % 4 < 2 for place in range(100)])
    past = past_leads(contacts, SETTINGS, NOW)
    old = (past.leads["created_at"] < NOW - timedelta(days=500)).to_numpy()
    assert past.weight[~old].mean() / past.weight[old].mean() == pytest.approx(2.0)


def test_a_date_of_creation_in_the_future_is_a_slip(contacts_of: Maker) -> None:
    contacts = _many(contacts_of).with_columns(
        created_at=pl.when(pl.col("contact_id") == "c00001")
        .then(pl.lit(NOW + timedelta(days=9)))
        .otherwise("created_at")
    )
    past = past_leads(contacts, SETTINGS, NOW)
    assert past.clock == NOW
    assert "c00001" not in past.leads["contact_id"].to_list()


def test_the_age_of_a_lead_at_a_look_does_not_tell_the_outcome_by_how_it_was_counted(contacts_of: Maker) -> None:
    contacts = _many(contacts_of)
    past = past_leads(contacts, SETTINGS, NOW, _activities(contacts))
    age = (past.leads["moment"] - past.leads["created_at"]).to_list()
    won = {one for one, outcome in zip(age, past.outcome, strict=True) if outcome}
    lost = {one for one, outcome in zip(age, past.outcome, strict=True) if not outcome}
    assert won <= lost

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact_pipeline.fields import SCORE_FIELD_NAMES
from contact_pipeline.scoring.training import LeadModel, train
from contact_pipeline.settings import ScoringSettings
from contact_pipeline_tests.unit.scoring.whole_scores import score_contacts

Maker = Callable[..., pl.DataFrame]
few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

visits = st.one_of(st.none(), st.integers(0, 10_000))
moments = st.one_of(st.none(), st.datetimes(*(datetime.fromisoformat(f"{year}-01-01") for year in (2015, 2027))))
anybody = st.fixed_dictionaries(
    {
        "lead_source": st.one_of(st.none(), st.sampled_from(["Referral", "Cold list", "Never seen before"])),
        "seniority": st.one_of(st.none(), st.sampled_from(["Owner", "Entry", "VP"])),
        "company_size": st.one_of(st.none(), st.sampled_from(["250", "11-50", "10,001+", "many"])),
        "website_visits": visits,
        "email_clicks": visits,
        "last_activity_at": moments,
        "opted_out": st.one_of(st.none(), st.booleans()),
        "custom_fields": st.sampled_from([None, "{}", '{"Tier": "T2"}', '{"Tier": 3, "New": "x"}']),
    }
)


@pytest.fixture(params=["learned", "pointed"])
def model(request: pytest.FixtureRequest) -> LeadModel:
    found: LeadModel = request.getfixturevalue(request.param)
    return found


def _log_odds(score: np.ndarray) -> np.ndarray:
    return np.log(score / (1 - score))


def test_scores_have_exactly_the_columns_of_the_catalogue(
    past: pl.DataFrame, model: LeadModel, settings: ScoringSettings, as_of: datetime
) -> None:
    scored = score_contacts(past, model, settings, as_of)
    assert scored.columns == ["contact_id", *SCORE_FIELD_NAMES]
    assert scored["contact_id"].to_list() == past["contact_id"].to_list()
    assert scored.schema["scored_at"] == pl.Datetime("us")
    assert scored.schema["conversion_probability"] == pl.Float64
    assert score_contacts(past.clear(), model, settings, as_of).schema == scored.schema


def test_base_and_factors_of_a_model_add_up_to_its_calibrated_probability(
    past: pl.DataFrame, learned: LeadModel, settings: ScoringSettings, as_of: datetime
) -> None:
    scored = score_contacts(past, learned, settings, as_of)
    base_rate = past["converted"].mean()
    shown = [json.loads(text) for text in scored["score_breakdown"]]
    total = np.array([b["base"] + sum(f["effect"] for f in b["factors"]) for b in shown])
    expected = _log_odds(scored["conversion_probability"].to_numpy()) - _log_odds(np.array(base_rate))
    assert np.abs(total - expected).max() < 1e-4
    by_group = np.array([b["base"] + sum(b["groups"].values()) for b in shown])
    assert np.abs(by_group - expected).max() < 1e-3


@few
@given(people=st.lists(anybody, min_size=1, max_size=4))
def test_any_contact_gets_a_score_that_adds_up_and_a_category_read_from_it(
    people: list[dict[str, object]], learned: LeadModel, pointed: LeadModel, contacts_of: Maker, as_of: datetime
) -> None:
    contacts = contacts_of(len(people), **{key: [p[key] for p in people] for key in people[0]})
    for model in (learned, pointed):
        for row, person in zip(
            score_contacts(contacts, model, ScoringSettings(), as_of).iter_rows(named=True), people, strict=True
        ):
            parts = json.loads(row["score_breakdown"])
            total = parts["base"] + sum(factor["effect"] for factor in parts["factors"])
            assert 0 <= row["lead_score"] <= 100
            assert row["lead_score"] == pytest.approx(100 / (1 + np.exp(-total)), abs=0.0501)
            expected = "Hot" if row["lead_score"] >= 75 else "Warm" if row["lead_score"] >= 40 else "Cold"
            assert row["lead_category"] == ("Warm" if expected == "Hot" and person["opted_out"] else expected)
            assert 0 <= row["engagement_propensity"] <= 1
            assert row["recommended_action"]


@few
@given(person=anybody, days=st.lists(st.integers(0, 400), min_size=2, max_size=5).map(sorted))
def test_a_contact_without_news_cools_as_time_passes(
    person: dict[str, object],
    days: list[int],
    learned: LeadModel,
    pointed: LeadModel,
    contacts_of: Maker,
    as_of: datetime,
) -> None:
    contact = contacts_of(1, **{key: [value] for key, value in person.items()})
    moments = [as_of + timedelta(days=d) for d in days]
    for model in (learned, pointed):
        log_odds = [float(model.effects(contact, moment).log_odds[0]) for moment in moments]
        assert all(later <= earlier + 1e-5 for earlier, later in pairwise(log_odds))
        keen = [
            score_contacts(contact, model, ScoringSettings(), moment)["engagement_propensity"].item()
            for moment in moments
        ]
        assert keen == sorted(keen, reverse=True)


def test_stale_visits_lower_the_score_of_a_model_that_learned_from_visits(
    learned: LeadModel, contacts_of: Maker, settings: ScoringSettings, as_of: datetime
) -> None:
    contact = contacts_of(1, website_visits=[12], last_activity_at=[as_of], lead_source=["Webinar"])
    fresh, stale = (
        score_contacts(contact, learned, settings, as_of + timedelta(days=days))["lead_score"].item()
        for days in (0, 120)
    )
    assert stale < fresh - 10


def test_a_stored_model_gives_identical_scores(
    past: pl.DataFrame, model: LeadModel, settings: ScoringSettings, as_of: datetime
) -> None:
    again = LeadModel.from_bytes(model.to_bytes())
    assert again.to_bytes() == model.to_bytes()
    assert score_contacts(past, again, settings, as_of).equals(score_contacts(past, model, settings, as_of))


def test_a_score_does_not_depend_on_who_else_is_scored(
    past: pl.DataFrame, model: LeadModel, settings: ScoringSettings, as_of: datetime
) -> None:
    together = score_contacts(past, model, settings, as_of).head(5)
    apart = pl.concat([score_contacts(past.slice(i, 1), model, settings, as_of) for i in range(5)])
    assert apart.drop("score_percentile").equals(together.drop("score_percentile"))


def test_points_give_no_probability_and_no_rate(
    past: pl.DataFrame, pointed: LeadModel, settings: ScoringSettings, as_of: datetime
) -> None:
    scored = score_contacts(past, pointed, settings, as_of)
    assert scored["conversion_probability"].null_count() == scored.height
    assert scored["score_method"].unique().to_list() == ["points"]
    assert not scored["key_factors"].str.contains("converted").any()
    assert set(scored["confidence"]) <= {"Low", "Medium"}


def test_the_percentile_is_the_share_with_a_lower_or_equal_score(
    past: pl.DataFrame, model: LeadModel, settings: ScoringSettings, as_of: datetime
) -> None:
    scored = score_contacts(past.head(40), model, settings, as_of)
    scores = scored["lead_score"].to_list()
    expected = [round(100 * sum(other <= score for other in scores) / len(scores), 1) for score in scores]
    assert scored["score_percentile"].to_list() == expected


def test_opted_out_contacts_and_customers_are_never_hot_and_the_action_says_why(
    past: pl.DataFrame, learned: LeadModel, settings: ScoringSettings, as_of: datetime
) -> None:
    hot = score_contacts(past.with_columns(converted=None), learned, settings, as_of)["lead_category"] == "Hot"
    assert hot.any()
    for column, words in (("opted_out", "opted out"), ("converted", "customer")):
        marked = (
            past.filter(hot)
            .with_columns(converted=pl.lit(None, dtype=pl.Boolean))
            .with_columns(pl.lit(True).alias(column))
        )
        scored = score_contacts(marked, learned, settings, as_of)
        assert "Hot" not in scored["lead_category"].to_list()
        assert scored["recommended_action"].str.contains(words).all()


def test_most_contacts_called_highly_confident_keep_their_category_under_another_history(
    learned: LeadModel, history_of: Maker, settings: ScoringSettings, as_of: datetime
) -> None:
    others = history_of(600, seed=99)
    mine = score_contacts(others, learned, settings, as_of)
    theirs = score_contacts(others, train(history_of(1500, seed=8), settings, as_of), settings, as_of)
    same = mine["lead_category"] == theirs["lead_category"]
    high = mine["confidence"] == "High"
    assert same.filter(high).mean() > same.filter(~high).mean() + 0.1

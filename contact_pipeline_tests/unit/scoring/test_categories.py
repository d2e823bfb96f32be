"""The promises of the categories, under any policy that the settings allow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contact_pipeline.scoring.audit import not_scored
from contact_pipeline.scoring.categories import with_categories
from contact_pipeline.scoring.training import LeadModel
from contact_pipeline.settings import ScoringSettings
from contact_pipeline_tests.unit.scoring.whole_scores import score_contacts

Maker = Callable[..., pl.DataFrame]
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

scores = st.integers(0, 1000).map(lambda tenths: tenths / 10)
contact = st.tuples(
    scores,
    st.sampled_from([None, "Hot", "Warm", "Cold"]),
    st.sampled_from([None, None, None, "opted out", "customer", "bounced", "competitor"]),
)
crowd = st.lists(contact, max_size=30)


@st.composite
def policies(draw: st.DrawFn) -> ScoringSettings:
    """Any thresholds, hysteresis and capacity that the settings accept."""
    warm, hot = sorted(draw(st.tuples(scores, scores)))
    slack = draw(st.floats(0, 1)) * (hot - warm)
    capacity = draw(st.one_of(st.none(), st.integers(0, 10)))
    return ScoringSettings(
        hot_from=hot,
        warm_from=warm,
        hysteresis=min(slack, hot - warm) if hot - slack >= warm else 0,
        hot_capacity=capacity,
    )


def _decided(
    people: list[tuple[float, str | None, str | None]], policy: ScoringSettings, elsewhere: int = 0
) -> pl.DataFrame:
    schema = {"lead_score": pl.Float64, "was": pl.String, "never_hot": pl.String}
    frame = pl.DataFrame(people, schema=schema, orient="row")
    ids = pl.Series("contact_id", [f"c{i:03d}" for i in range(frame.height)], dtype=pl.String)
    return with_categories(frame.with_columns(ids), policy, elsewhere)


def _hot(decided: pl.DataFrame) -> pl.DataFrame:
    return decided.filter(pl.col("lead_category") == "Hot")


@given(people=crowd)
def test_with_the_defaults_the_category_is_what_the_shown_score_says(
    people: list[tuple[float, str | None, str | None]],
) -> None:
    for row in _decided(people, ScoringSettings()).iter_rows(named=True):
        said = "Hot" if row["lead_score"] >= 75 else "Warm" if row["lead_score"] >= 40 else "Cold"
        assert row["lead_category"] == ("Warm" if said == "Hot" and row["never_hot"] else said)


@given(people=crowd, policy=policies(), elsewhere=st.integers(0, 12))
def test_the_capacity_is_never_exceeded(
    people: list[tuple[float, str | None, str | None]], policy: ScoringSettings, elsewhere: int
) -> None:
    hot = _hot(_decided(people, policy, elsewhere)).height
    if policy.hot_capacity is not None:
        assert hot <= max(0, policy.hot_capacity - elsewhere)


@given(people=crowd, policy=policies())
def test_nobody_is_passed_over_for_somebody_with_a_lower_score(
    people: list[tuple[float, str | None, str | None]], policy: ScoringSettings
) -> None:
    decided = _decided(people, policy)
    over = decided.filter(pl.col("held_back") == "over capacity")
    if over.height:
        assert _hot(decided).height == policy.hot_capacity
        assert policy.hot_capacity == 0 or over["lead_score"].max() <= _hot(decided)["lead_score"].min()


@given(people=crowd, policy=policies())
def test_hysteresis_lifts_no_fresh_contact_over_a_threshold(
    people: list[tuple[float, str | None, str | None]], policy: ScoringSettings
) -> None:
    decided = _decided(people, policy)
    assert not _hot(decided).filter(pl.col("was").ne_missing("Hot") & (pl.col("lead_score") < policy.hot_from)).height
    warm = decided.filter(pl.col("was").is_null() & (pl.col("lead_category") == "Warm"))
    assert not warm.filter(pl.col("lead_score") < policy.warm_from).height
    assert not _hot(decided).filter(pl.col("lead_score") < policy.hot_from - policy.hysteresis).height


@given(people=crowd, policy=policies())
def test_who_is_never_hot_is_not_hot_and_has_its_reason(
    people: list[tuple[float, str | None, str | None]], policy: ScoringSettings
) -> None:
    decided = _decided(people, policy)
    assert _hot(decided)["never_hot"].null_count() == _hot(decided).height
    kept = decided.filter((pl.col("lead_score") >= policy.hot_from) & (pl.col("lead_category") != "Hot"))
    assert kept["held_back"].null_count() == 0


@given(people=crowd, policy=policies())
def test_deciding_again_with_nothing_changed_changes_nothing(
    people: list[tuple[float, str | None, str | None]], policy: ScoringSettings
) -> None:
    first = _decided(people, policy)
    again = with_categories(first.with_columns(was=pl.col("lead_category")), policy)
    assert again.drop("was").equals(first.drop("was"))


def test_who_is_hot_already_stays_so_within_the_hysteresis() -> None:
    people = [
        (72.0, "Hot", None),
        (72.0, "Warm", None),
        (71.9, "Hot", None),
        (37.0, "Warm", None),
        (37.0, "Cold", None),
    ]
    decided = _decided(people, ScoringSettings(hysteresis=3))
    assert decided["lead_category"].to_list() == ["Hot", "Warm", "Warm", "Warm", "Cold"]


def test_thresholds_that_would_cross_are_refused() -> None:
    for wrong in ({"hot_from": 30}, {"hysteresis": 36}, {"hot_capacity": -1}):
        with pytest.raises(ValidationError):
            ScoringSettings.model_validate(wrong)


@few
@given(policy=policies(), slots=st.integers(0, 20))
def test_what_was_scored_under_any_policy_passes_the_check(
    policy: ScoringSettings, slots: int, past: pl.DataFrame, learned: LeadModel, as_of: datetime
) -> None:
    people = past.head(60).with_columns(converted=pl.lit(None, dtype=pl.Boolean), opted_out=pl.int_range(60) % 7 == 0)
    chosen = policy.model_copy(update={"hot_capacity": slots})
    scored = score_contacts(people, learned, chosen, as_of)
    assert not_scored(people.join(scored, on="contact_id").with_columns(is_duplicate=False), chosen) == 0
    assert "Hot" not in scored.filter(people["opted_out"])["lead_category"].to_list()


def test_the_check_finds_each_way_of_breaking_the_policy(contacts_of: Maker) -> None:
    policy = ScoringSettings(hot_capacity=1, hysteresis=3)
    rows = [(80.0, "Hot"), (80.0, "Hot"), (71.0, "Hot"), (36.0, "Warm"), (41.0, "Cold"), (None, "Cold"), (50.0, None)]
    leads = contacts_of(len(rows)).with_columns(
        lead_score=pl.Series([score for score, _ in rows]),
        lead_category=pl.Series([category for _, category in rows]),
        is_duplicate=pl.lit(value=False),
    )
    assert not_scored(leads.head(1), policy) == 0
    assert not_scored(leads.head(2), policy) == 1
    assert not_scored(leads.tail(5), policy) == 5
    for name in ("opted_out", "converted", "is_duplicate"):
        assert not_scored(leads.head(1).with_columns(pl.lit(value=True).alias(name)), policy) == 1


def _hot_people(past: pl.DataFrame, learned: LeadModel, as_of: datetime) -> pl.DataFrame:
    people = past.with_columns(converted=pl.lit(None, dtype=pl.Boolean))
    scored = score_contacts(people, learned, ScoringSettings(), as_of)
    return people.filter(scored["lead_category"] == "Hot").head(6)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"lead_status": "Bounced"}, "mail bounced"),
        ({"custom_fields": '{"email STATUS": "Hard Bounce"}'}, "mail bounced"),
        ({"is_duplicate": True}, "flagged as a duplicate"),
        ({"company": "Rival Ltd"}, "not Hot: competitor"),
    ],
)
def test_hard_overrides_keep_a_contact_from_being_hot_and_the_action_says_why(
    changed: dict[str, object], words: str, past: pl.DataFrame, learned: LeadModel, as_of: datetime
) -> None:
    policy = ScoringSettings.model_validate(
        {"never_hot": [{"field": "Company", "contains": ["rival"], "reason": "competitor"}], "hot_from": 60}
    )
    people = _hot_people(past, learned, as_of)
    marked = people.with_columns(pl.lit(value).alias(name) for name, value in changed.items())
    assert set(score_contacts(people, learned, policy, as_of)["lead_category"]) == {"Hot"}
    scored = score_contacts(marked, learned, policy, as_of)
    hot_by_score = scored["lead_score"] >= 60
    assert hot_by_score.any()
    assert set(scored["lead_category"]) <= {"Warm", "Cold"}
    assert scored.filter(hot_by_score)["recommended_action"].str.contains(words).all()


def test_a_bounce_counts_until_mail_arrives_again(past: pl.DataFrame, learned: LeadModel, as_of: datetime) -> None:
    people = _hot_people(past, learned, as_of).head(3)
    ids = people["contact_id"].to_list()
    events = [
        (ids[0], "bounce", 5),
        (ids[1], "bounce", 5),
        (ids[1], "open", 2),
        (ids[2], "open", 9),
        (ids[2], "bounce", -1),
    ]
    activities = pl.DataFrame(
        [(who, kind, as_of - timedelta(days=days), 1.0) for who, kind, days in events],
        schema={"contact_id": pl.String, "kind": pl.String, "at": pl.Datetime("us"), "times": pl.Float64},
        orient="row",
    )
    actions = score_contacts(people, learned, ScoringSettings(), as_of, activities=activities)["recommended_action"]
    assert actions.str.contains("mail bounced").to_list() == [True, False, False]


def test_contacts_that_are_not_scored_now_count_for_capacity_and_percentile(
    past: pl.DataFrame, learned: LeadModel, as_of: datetime
) -> None:
    people = _hot_people(past, learned, as_of)
    others = pl.DataFrame(
        {"contact_id": ["x", "y", "z"], "lead_score": [0.0, 100.0, None], "lead_category": ["Cold", "Hot", None]}
    )
    scored = score_contacts(people, learned, ScoringSettings(hot_capacity=3), as_of, others=others)
    assert _hot(scored).height == 2
    assert scored["recommended_action"].str.contains("over capacity").sum() == people.height - 2
    assert scored["score_percentile"].max() == round(100 * (people.height + 1) / (people.height + 2), 1)

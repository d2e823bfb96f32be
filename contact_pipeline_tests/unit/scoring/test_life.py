"""When a model is learned anew, and when what was learned replaces the one in use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.scoring import life
from contact_pipeline.scoring.card import ExcludedColumn
from contact_pipeline.scoring.life import Comparison, LearnedFrom, Situation
from contact_pipeline.scoring.training import LeadModel
from contact_pipeline.settings import ScoringSettings

Maker = Callable[..., pl.DataFrame]
SETTINGS = ScoringSettings()
NOON = datetime.fromisoformat("2026-03-01T12:00")

_outcomes = st.dictionaries(st.integers(0, 5_000), st.booleans(), max_size=200)


def _grouped(outcomes: dict[int, bool]) -> dict[str, tuple[int, int]]:
    won = Counter(f"{lead % 256:02x}" for lead, converted in outcomes.items() if converted)
    lost = Counter(f"{lead % 256:02x}" for lead, converted in outcomes.items() if not converted)
    return {group: (won[group], lost[group]) for group in {*won, *lost}}


def _learned(outcomes: dict[str, tuple[int, int]], **more: object) -> LearnedFrom:
    facts = {"learned_at": NOON, "terms": "t", "outcomes": outcomes, "told_up_to": 0, "fields": (), **more}
    return LearnedFrom.model_validate(facts)


def _now(outcomes: dict[str, tuple[int, int]], **more: object) -> Situation:
    facts: dict[str, object] = {"terms": "t", "outcomes": outcomes, "fields": (), "drift": {}, "at": NOON, **more}
    return Situation(**facts)  # type: ignore[arg-type]


@given(_outcomes, _outcomes)
def test_news_never_count_more_than_what_differs_and_nothing_where_nothing_does(
    before: dict[int, bool], now: dict[int, bool]
) -> None:
    differing = sum(before.get(lead) != now.get(lead) for lead in {*before, *now})
    assert life.news(_grouped(before), _grouped(now)) <= differing
    assert life.news(_grouped(now), _grouped(now)) == 0


@given(_outcomes, st.integers(6_000, 6_200), st.booleans())
def test_one_new_outcome_is_one_piece_of_news(before: dict[int, bool], lead: int, converted: bool) -> None:
    assert life.news(_grouped(before), _grouped({**before, lead: converted})) == 1
    assert life.news(_grouped({**before, lead: converted}), _grouped(before)) == 1


@given(_outcomes.filter(bool))
def test_one_changed_outcome_is_one_piece_of_news(before: dict[int, bool]) -> None:
    lead = next(iter(before))
    assert life.news(_grouped(before), _grouped({**before, lead: not before[lead]})) == 1


@pytest.mark.parametrize(
    ("known", "needed"), [(0, 5), (40, 5), (51, 6), (200, 20), (499, 50), (5_000, 50), (98_000, 980)]
)
def test_a_small_home_learns_from_a_tenth_of_what_it_knows_and_a_large_one_from_a_hundredth(
    known: int, needed: int
) -> None:
    assert life.news_needed(SETTINGS, known) == needed


@pytest.mark.parametrize(("new", "learns"), [(49, False), (50, True)])
def test_fifty_new_outcomes_are_enough_to_learn_anew(new: int, learns: bool) -> None:
    decision = life.whether_to_learn(_learned({"aa": (300, 700)}), _now({"aa": (300, 700 + new)}), SETTINGS)
    assert decision.yes == learns
    assert f"{new} " in decision.reason


def test_outcomes_taken_away_by_an_undo_are_news_as_well() -> None:
    assert life.whether_to_learn(_learned({"aa": (300, 700)}), _now({"aa": (280, 660)}), SETTINGS).yes


def test_a_kept_model_says_what_was_missing() -> None:
    decision = life.whether_to_learn(_learned({"aa": (300, 700)}), _now({"aa": (302, 710)}), SETTINGS)
    assert decision.reason == "kept: 12 new outcomes since it was learned, 50 needed; drift quiet"


def test_a_drift_alarm_makes_one_new_outcome_enough_but_only_once() -> None:
    now = _now({"aa": (301, 700)}, drift={"Industry": 0.3, "score": 0.1})
    assert life.whether_to_learn(_learned({"aa": (300, 700)}), now, SETTINGS).yes
    assert not life.whether_to_learn(_learned({"aa": (300, 700)}, alarms=("Industry",)), now, SETTINGS).yes


def test_a_model_as_old_as_the_horizon_is_learned_anew_with_the_first_new_outcome() -> None:
    last, later = _learned({"aa": (300, 700)}), NOON + timedelta(days=SETTINGS.horizon_days)
    assert life.whether_to_learn(last, _now({"aa": (301, 700)}, at=later), SETTINGS).yes
    assert not life.whether_to_learn(last, _now({"aa": (301, 700)}), SETTINGS).yes
    assert not life.whether_to_learn(last, _now({"aa": (300, 700)}, at=later), SETTINGS).yes


def test_a_drift_alarm_without_any_new_outcome_has_nothing_to_learn_from() -> None:
    now = _now({"aa": (300, 700)}, drift={"Industry": 0.9})
    assert not life.whether_to_learn(_learned({"aa": (300, 700)}), now, SETTINGS).yes


def test_other_terms_a_new_column_or_no_usable_model_are_reasons_to_learn() -> None:
    known = {"aa": (300, 700)}
    assert life.whether_to_learn(None, _now(known), SETTINGS).yes
    assert life.whether_to_learn(_learned(known), _now(known, terms="other"), SETTINGS).yes
    came = life.whether_to_learn(_learned(known), _now(known, fields=("Tier",)), SETTINGS)
    assert came.reason == "columns that may tell something came or went: Tier"
    went = _learned(known).model_copy(update={"fields": ("activities: visit",)})
    assert life.whether_to_learn(went, _now(known), SETTINGS).yes


def test_the_conversion_that_makes_a_model_possible_is_enough() -> None:
    assert life.whether_to_learn(_learned({"aa": (9, 500)}), _now({"aa": (10, 500)}), SETTINGS).yes
    assert not life.whether_to_learn(_learned({"aa": (8, 500)}), _now({"aa": (9, 500)}), SETTINGS).yes


def test_thresholds_of_categories_and_the_hour_of_scoring_teach_nothing_but_excluding_a_column_does() -> None:
    changed = SETTINGS.model_copy(
        update={"hot_from": 80, "life": SETTINGS.life.model_copy(update={"rescore_at": "06:00"})}
    )
    assert life.terms_of_learning(changed) == life.terms_of_learning(SETTINGS)
    assert life.terms_of_scoring(changed) != life.terms_of_scoring(SETTINGS)
    excluded = SETTINGS.model_copy(update={"exclude": ("City",)})
    assert life.terms_of_learning(excluded) != life.terms_of_learning(SETTINGS)


@given(st.lists(st.integers(0, 500), min_size=10, max_size=10).filter(lambda counts: sum(counts) >= 200))
def test_the_same_spread_is_no_drift(counts: list[int]) -> None:
    assert life.alarmed(life.drift_by_column({"score": counts}, {"score": counts})) == ()


def test_another_spread_is_an_alarm_but_not_on_a_handful_of_contacts() -> None:
    then = {"score": [500] * 10, "Industry": [2500, 2500]}
    lately = {"score": [100] * 10, "Industry": [950, 50]}
    assert life.alarmed(life.drift_by_column(then, lately)) == ("Industry",)
    few = {name: [count // 10 for count in counts] for name, counts in lately.items()}
    assert life.drift_by_column(then, few) == {}


@given(st.floats(0, 2), st.floats(0, 2), st.floats(0, 0.1))
def test_a_challenger_is_used_exactly_where_its_log_loss_is_not_greater_by_more_than_chance(
    learned: LeadModel, champion: float, challenger: float, noise: float
) -> None:
    decision = life.whether_to_promote(learned, learned, Comparison(champion, challenger, noise, 200))
    assert decision.yes == (challenger - champion <= noise)


def test_where_there_is_nothing_to_compare_on_or_too_little_history_is_left_the_fresh_one_is_used(
    learned: LeadModel, pointed: LeadModel
) -> None:
    worse = Comparison(0.1, 0.9, 0.0, 200)
    assert life.whether_to_promote(learned, learned, None).yes
    assert life.whether_to_promote(learned, pointed, worse).yes
    assert life.whether_to_promote(pointed, learned, worse).yes


def test_a_model_that_still_beats_the_average_outlives_a_challenger_without_signal(
    past: pl.DataFrame, learned: LeadModel, history_of: Maker, as_of: datetime
) -> None:
    silent = life.train(history_of(900, signal=0.0), SETTINGS, as_of)
    found = life.compare(_told(past), learned, silent, past.height - 201, SETTINGS, as_of)
    assert found is not None
    assert not life.whether_to_promote(learned, silent, found).yes


def _told(leads: pl.DataFrame) -> pl.DataFrame:
    return leads.with_row_index("told").with_columns(pl.col("told").cast(pl.Int64))


def test_only_leads_told_after_the_champion_learned_are_compared_on(
    past: pl.DataFrame, learned: LeadModel, as_of: datetime
) -> None:
    found = life.compare(_told(past), learned, learned, past.height - 201, SETTINGS, as_of)
    assert found is not None
    assert found.leads == 100
    assert life.compare(_told(past), learned, learned, past.height - 30, SETTINGS, as_of) is None


def test_a_champion_that_learned_from_other_times_loses_against_one_that_knows_these(
    past: pl.DataFrame, learned: LeadModel, history_of: Maker, as_of: datetime
) -> None:
    turned = history_of(1500, seed=5).with_columns(converted=~pl.col("converted"))
    champion = life.train(turned, SETTINGS, as_of)
    found = life.compare(_told(past), champion, learned, 700, SETTINGS, as_of)
    assert found is not None
    assert found.challenger < found.champion


def test_what_is_kept_out_now_cannot_win_a_comparison(learned: LeadModel) -> None:
    used = learned.card.features[0].label
    card = learned.card.model_copy(update={"excluded": (ExcludedColumn(column=used, reason="tells the outcome"),)})
    challenger = learned.model_copy(update={"card": card})
    assert life.held_now(learned, challenger) == (used,)
    assert life.held_now(learned, learned) == ()


@pytest.mark.parametrize(("warm_won", "passes"), [(10, True), (27, False)])
def test_hot_is_worth_it_where_it_converts_half_as_often_again(warm_won: int, passes: bool) -> None:
    assert life.hot_is_worth_it({"Hot": (100, 40), "Warm": (100, warm_won)}) == passes


def test_too_few_past_leads_say_nothing_against_hot() -> None:
    assert life.hot_is_worth_it({"Hot": (19, 0), "Warm": (100, 90)})
    assert life.hot_is_worth_it({})


def test_an_alarm_names_the_columns_that_differ_most_and_counts_the_others() -> None:
    assert life.alarm_in_words(()) is None
    assert str(life.alarm_in_words(("City",))).endswith("differ from those learned from in City")
    assert str(life.alarm_in_words(("A", "B", "C", "D", "E"))).endswith("A, B, C and 2 more")

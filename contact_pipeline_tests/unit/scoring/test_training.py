from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from contact_pipeline.scoring.training import LeadModel, train
from contact_pipeline.settings import ScoringSettings

Maker = Callable[..., pl.DataFrame]


def test_the_same_leads_in_any_order_give_the_same_model(
    past: pl.DataFrame, learned: LeadModel, settings: ScoringSettings, as_of: datetime
) -> None:
    shuffled = past.sample(fraction=1.0, shuffle=True, seed=3)
    assert train(shuffled, settings, as_of).to_bytes() == learned.to_bytes()


def test_training_again_later_on_the_same_leads_gives_the_same_version(
    past: pl.DataFrame, learned: LeadModel, settings: ScoringSettings, as_of: datetime
) -> None:
    later = train(past, settings, as_of + timedelta(days=20))
    assert later.card.version == learned.card.version
    assert later.card.trained_at == as_of + timedelta(days=20)


def test_another_outcome_gives_another_version(
    past: pl.DataFrame, learned: LeadModel, settings: ScoringSettings, as_of: datetime
) -> None:
    changed = past.with_columns(
        converted=pl.when(pl.col("contact_id") == "c00000").then(~pl.col("converted")).otherwise("converted")
    )
    assert train(changed, settings, as_of).card.version != learned.card.version


def test_a_lead_with_an_unknown_outcome_never_trains(
    past: pl.DataFrame, learned: LeadModel, history_of: Maker, settings: ScoringSettings, as_of: datetime
) -> None:
    unknown = history_of(300, seed=5).with_columns(
        converted=pl.lit(None, dtype=pl.Boolean), contact_id="u" + pl.col("contact_id")
    )
    assert train(pl.concat([unknown, past]), settings, as_of).to_bytes() == learned.to_bytes()


@pytest.mark.parametrize("outcome", [None, True, False])
def test_without_both_outcomes_scores_come_from_points(
    outcome: bool | None, past: pl.DataFrame, settings: ScoringSettings, as_of: datetime
) -> None:
    model = train(past.with_columns(converted=pl.lit(outcome, dtype=pl.Boolean)), settings, as_of)
    assert (model.card.method, model.card.chosen, model.card.candidates) == ("points", "points", ())
    assert "needs at least 10" in model.card.reason


def test_one_conversion_below_the_minimum_is_points_and_at_the_minimum_candidates_are_tried(
    history_of: Maker, settings: ScoringSettings, as_of: datetime
) -> None:
    leads = history_of(400)
    won, lost = leads.filter("converted"), leads.filter(~pl.col("converted"))
    below = train(pl.concat([won.head(9), lost]), settings, as_of)
    at = train(pl.concat([won.head(10), lost]), settings, as_of)
    assert below.card.method == "points"
    assert below.card.candidates == ()
    assert [m.name for m in at.card.candidates] == ["points", "regression", "xgboost", "blend"]


def test_few_conversions_never_choose_xgboost_alone(
    history_of: Maker, settings: ScoringSettings, as_of: datetime
) -> None:
    card = train(history_of(150), settings, as_of).card
    assert card.chosen in ("points", "regression", "blend")


def test_the_chosen_candidate_beats_points_on_held_out_leads(learned: LeadModel) -> None:
    losses = {metrics.name: metrics.log_loss for metrics in learned.card.candidates}
    assert learned.card.method == "model"
    assert losses[learned.card.chosen] < losses["points"]


def test_an_outcome_by_chance_is_called_no_signal_and_nobody_gets_a_probability(
    history_of: Maker, settings: ScoringSettings, as_of: datetime
) -> None:
    model = train(history_of(900, signal=0.0), settings, as_of)
    assert model.card.method == "points"
    assert model.learned is None
    assert "signal" in model.card.reason
    assert len(model.card.candidates) == 4


def test_the_card_counts_what_was_learned_from(past: pl.DataFrame, learned: LeadModel) -> None:
    card = learned.card
    assert (card.leads, card.conversions) == (past.height, past["converted"].sum())
    assert card.base_rate == pytest.approx(past["converted"].mean())
    assert sum(b.leads for b in card.calibration) == past.height
    assert [g.conversions_share for g in card.gains] == sorted(g.conversions_share for g in card.gains)
    assert card.gains[-1].conversions_share == 1


def test_held_out_probabilities_are_calibrated(learned: LeadModel) -> None:
    chosen = next(m for m in learned.card.candidates if m.name == learned.card.chosen)
    assert chosen.ece < 2.5 * chosen.ece_floor
    assert chosen.roc_auc > 0.7


def test_what_drives_the_outcome_comes_out_on_top(learned: LeadModel) -> None:
    top = [feature.name for feature in learned.card.features[:4]]
    assert "lead_source" in top
    assert "custom.Tier" in [feature.name for feature in learned.card.features]
    importances = [feature.importance for feature in learned.card.features]
    assert importances == sorted(importances, reverse=True)


def test_identifiers_names_and_status_fields_do_not_train(
    past: pl.DataFrame, settings: ScoringSettings, as_of: datetime
) -> None:
    told = past.with_columns(
        lead_status=pl.when("converted").then(pl.lit("Won")).otherwise(pl.lit("Open")), owner=pl.lit("Sam Sample")
    )
    model = train(told, settings, as_of)
    used = {feature.name for feature in model.card.features}
    assert used.isdisjoint({"lead_status", "owner", "first_name", "custom.Ticket"})
    assert {"Lead Status", "Contact Owner", "Ticket"} <= {e.column for e in model.card.excluded}


def test_a_field_excluded_by_a_setting_is_used_neither_by_model_nor_by_points(
    past: pl.DataFrame, as_of: datetime
) -> None:
    model = train(past, ScoringSettings(exclude=("Lead Source", "tier")), as_of)
    assert {"lead_source", "custom.Tier"}.isdisjoint(f.name for f in model.card.features)
    assert "lead_source" not in model.points.fields


def test_a_training_set_without_dates_does_not_decay(
    past: pl.DataFrame, settings: ScoringSettings, as_of: datetime
) -> None:
    undated = past.with_columns(last_activity_at=pl.lit(None, dtype=pl.Datetime("us")))
    model = train(undated, settings, as_of)
    later = model.effects(undated, as_of + timedelta(days=300)).log_odds
    assert np.array_equal(model.effects(undated, as_of).log_odds, later)


def test_one_date_in_the_future_does_not_age_all_history(
    past: pl.DataFrame, learned: LeadModel, settings: ScoringSettings, as_of: datetime
) -> None:
    slipped = past.with_columns(
        created_at=pl.when(pl.col("contact_id") == "c00003").then(as_of + timedelta(days=9999)).cast(pl.Datetime("us"))
    )
    assert train(slipped, settings, as_of).card.version == learned.card.version

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

import numpy as np
import polars as pl
import pytest

from contact_pipeline.scoring.examples import FOLDS, lead_folds
from contact_pipeline.scoring.leakage import single_column_auc
from contact_pipeline.scoring.training import LeadModel, train
from contact_pipeline.settings import ScoringSettings

Maker = Callable[..., pl.DataFrame]


def _with_column(leads: pl.DataFrame, header: str, told: float) -> pl.DataFrame:
    """Leads with a custom column that repeats the outcome with the probability `told`, else says anything."""
    draw = np.random.default_rng(11)
    outcome = leads["converted"].to_numpy()
    said = np.where(draw.random(len(outcome)) < told, outcome, draw.random(len(outcome)) < 0.5)
    return leads.with_columns(custom_fields=pl.Series([json.dumps({header: f"v{int(v)}"}) for v in said]))


def _excluded(model: LeadModel, header: str) -> list[str]:
    return [entry.reason for entry in model.card.excluded if entry.column == header]


def test_a_column_that_knows_the_outcome_is_held_with_its_reason(
    past: pl.DataFrame, settings: ScoringSettings, as_of: datetime
) -> None:
    model = train(_with_column(past, "Colour", 0.9), settings, as_of)
    assert "until confirmed" in _excluded(model, "Colour")[0]
    assert "custom.Colour" not in {feature.name for feature in model.card.features}


def test_a_confirmed_column_is_used(past: pl.DataFrame, as_of: datetime) -> None:
    model = train(_with_column(past, "Colour", 0.9), ScoringSettings(confirmed=("colour",)), as_of)
    assert model.card.features[0].name == "custom.Colour"


@pytest.mark.parametrize(("header", "held"), [("Deal status", True), ("Colour", False)])
def test_between_the_thresholds_only_a_leaky_name_is_held(
    header: str, held: bool, past: pl.DataFrame, settings: ScoringSettings, as_of: datetime
) -> None:
    model = train(_with_column(past, header, 0.56), settings, as_of)
    assert bool(_excluded(model, header)) is held


def test_a_leaky_name_alone_is_not_held(past: pl.DataFrame, settings: ScoringSettings, as_of: datetime) -> None:
    assert not _excluded(train(_with_column(past, "Deal status", 0.2), settings, as_of), "Deal status")


def test_folds_spread_both_outcomes_evenly() -> None:
    outcome = np.array([1.0] * 13 + [0.0] * 101)
    folds = lead_folds(outcome, np.arange(len(outcome)), seed=1)
    won = np.bincount(folds[outcome == 1], minlength=FOLDS)
    lost = np.bincount(folds[outcome == 0], minlength=FOLDS)
    assert (np.ptp(won), np.ptp(lost)) == (1, 1)


def test_a_column_of_unique_values_does_not_look_like_a_leak() -> None:
    outcome = np.tile([1.0, 0.0, 0.0], 100)
    area = single_column_auc(np.arange(300), outcome, lead_folds(outcome, np.arange(300), seed=1))
    assert area < 0.6


def test_a_leaky_name_alone_warns_and_a_confirmed_one_does_not(past: pl.DataFrame, as_of: datetime) -> None:
    leads = _with_column(past, "Deal status", 0.2)
    warned = train(leads, ScoringSettings(), as_of).card.warnings
    confirmed = train(leads, ScoringSettings(confirmed=("Deal status",)), as_of).card.warnings
    assert any("Deal status" in warning for warning in warned)
    assert not any("Deal status" in warning for warning in confirmed)


def test_a_column_whose_blanks_tell_the_outcome_is_used_with_a_warning(
    past: pl.DataFrame, settings: ScoringSettings, as_of: datetime
) -> None:
    draw = np.random.default_rng(12)
    told = [draw.random() < (0.85 if won else 0.4) for won in past["converted"]]
    asked = [json.dumps({"Budget": f"{draw.integers(1, 4)} k"} if known else {}) for known in told]
    card = train(past.with_columns(custom_fields=pl.Series(asked)), settings, as_of).card
    assert any(warning.startswith("Whether Budget is filled") for warning in card.warnings)
    assert "custom.Budget" in {feature.name for feature in card.features}

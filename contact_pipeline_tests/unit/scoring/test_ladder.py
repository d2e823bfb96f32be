"""Which candidate may serve."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.scoring.calibration import Platt
from contact_pipeline.scoring.candidates import Candidate, Trial, choose, holds_signal
from contact_pipeline.scoring.card import Drift, Metrics
from contact_pipeline.scoring.drift import ALARM_FROM, SCORE, score_psi
from contact_pipeline.scoring.training import train
from contact_pipeline.settings import ScoringSettings

Maker = Callable[..., pl.DataFrame]
NAMES: tuple[Candidate, ...] = ("points", "regression", "blend", "xgboost")

_losses = st.lists(st.floats(0.1, 0.7), min_size=4, max_size=4)
_quiet = (Drift(column=SCORE, psi=0.01), Drift(column="Job Title", psi=2.0))
_loud = (Drift(column=SCORE, psi=ALARM_FROM),)


def _trial(name: Candidate, log_loss: float, lower: float = 0.7) -> Trial:
    nothing = np.zeros(0)
    metrics = Metrics(
        name=name, roc_auc=0.8, pr_auc=0.5, log_loss=log_loss, brier=0.1, ece=0.01, ece_floor=0.01, lift_top_decile=2
    )
    return Trial(name, nothing, Platt(slope=1, intercept=0), nothing, metrics, None, lower)


def _trials(losses: list[float]) -> dict[Candidate, Trial]:
    return {name: _trial(name, loss) for name, loss in zip(NAMES, losses, strict=True)}


@given(_losses, st.integers(1000, 50_000), st.integers(10, 25_000))
def test_the_chosen_rung_beats_every_rung_below_it(losses: list[float], leads: int, conversions: int) -> None:
    trials = _trials(losses)
    chosen = choose(trials, leads, min(conversions, leads - 10), _quiet)
    below = NAMES[: NAMES.index(chosen)]
    assert all(trials[chosen].metrics.log_loss < trials[rung].metrics.log_loss for rung in below)


@given(_losses)
def test_xgboost_never_serves_alone_where_the_scores_of_the_latest_leads_drift(losses: list[float]) -> None:
    assert choose(_trials(losses), 50_000, 10_000, _loud) != "xgboost"


@given(_losses, st.integers(10, 29))
def test_below_thirty_conversions_no_trees_serve(losses: list[float], conversions: int) -> None:
    assert choose(_trials(losses), 5000, conversions, _quiet) in ("points", "regression")


@pytest.mark.parametrize(("leads", "conversions"), [(900, 400), (5000, 199), (5000, 4900)])
def test_with_little_history_trees_serve_in_the_blend_only(leads: int, conversions: int) -> None:
    assert choose(_trials([0.6, 0.5, 0.4, 0.3]), leads, conversions, _quiet) == "blend"


@pytest.mark.parametrize(("lower", "passes"), [(0.55, False), (0.56, True)])
def test_the_gate_asks_for_more_than_chance(lower: float, passes: bool) -> None:
    assert holds_signal(_trial("blend", 0.5, lower)) is passes


def test_groups_that_are_spread_alike_do_not_drift_and_moved_ones_do() -> None:
    draw = np.random.default_rng(2)
    scores = draw.normal(size=4000)
    assert score_psi(scores, draw.normal(size=1000)) < 0.1 < ALARM_FROM < score_psi(scores, scores[:1000] + 1)


def test_leads_of_another_kind_raise_the_alarm_and_keep_xgboost_from_serving_alone(
    history_of: Maker, settings: ScoringSettings, as_of: datetime
) -> None:
    calm = history_of(3000).with_columns(arrival=pl.int_range(3000))
    other = pl.col("arrival") > 2500
    moved = calm.with_columns(
        lead_source=pl.when(other).then(pl.lit("Referral")).otherwise("lead_source"),
        seniority=pl.when(other).then(pl.lit("Owner")).otherwise("seniority"),
    )
    first, second = (train(leads, settings, as_of).card for leads in (calm, moved))
    assert first.drift[0].column == second.drift[0].column == SCORE
    assert first.drift[0].psi < ALARM_FROM <= second.drift[0].psi
    assert second.chosen != "xgboost"
    assert any("drift" in warning for warning in second.warnings)
    assert {metrics.name for metrics in second.forward} == set(NAMES)


def test_drift_is_told_score_first_then_the_greatest(
    history_of: Maker, settings: ScoringSettings, as_of: datetime
) -> None:
    told = train(history_of(600), settings, as_of).card.drift
    assert [one.psi for one in told[1:]] == sorted((one.psi for one in told[1:]), reverse=True)

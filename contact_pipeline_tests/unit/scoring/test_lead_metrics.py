from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_pipeline.scoring.calibration import fit_platt, logit, sigmoid
from contact_pipeline.scoring.metrics import (
    auc_lower_bound,
    calibration_error,
    calibration_floor,
    gains,
    lift_top_decile,
    pr_auc,
    roc_auc,
)

pairs = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40)


@settings(max_examples=40, deadline=None)
@given(pairs)
def test_roc_auc_is_the_share_of_pairs_ranked_right(leads: list[tuple[bool, int]]) -> None:
    won = [score for converted, score in leads if converted]
    lost = [score for converted, score in leads if not converted]
    right = [float(w > s) + 0.5 * float(w == s) for w in won for s in lost]
    expected = float(np.mean(right)) if right else 0.5
    outcome, score = (np.array(values, dtype=np.float64) for values in zip(*leads, strict=True))
    assert roc_auc(outcome, score) == pytest.approx(expected)


def test_average_precision_of_a_small_ranking() -> None:
    outcome, score = np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.9, 0.8, 0.7, 0.1])
    assert pr_auc(outcome, score) == pytest.approx((1 + 2 / 3) / 2)
    assert pr_auc(outcome, np.zeros(4)) == pytest.approx(0.5)


def test_the_lower_bound_narrows_with_more_leads() -> None:
    outcome, score = np.array([1.0, 0.0, 1.0, 0.0, 0.0]), np.array([0.9, 0.1, 0.3, 0.2, 0.5])
    few, many = (auc_lower_bound(np.tile(outcome, n), np.tile(score, n)) for n in (1, 100))
    assert few < many < roc_auc(outcome, score)


def test_the_floor_is_what_chance_alone_shows() -> None:
    probability = np.full(500, 0.3)
    outcome = (np.arange(500) % 10 < 3).astype(np.float64)
    assert calibration_error(outcome, probability) == pytest.approx(0.0)
    assert 0.005 < calibration_floor(probability, seed=1) < 0.04
    assert calibration_error(outcome, np.full(500, 0.5)) == pytest.approx(0.2)


def test_lift_and_gains_of_a_perfect_ranking() -> None:
    outcome = np.array([1.0] * 10 + [0.0] * 90)
    assert lift_top_decile(outcome, -np.arange(100.0)) == pytest.approx(10)
    curve = {round(point.leads_share, 2): point.conversions_share for point in gains(outcome, -np.arange(100.0))}
    assert (curve[0.0], curve[0.05], curve[0.1], curve[1.0]) == (0, 0.5, 1, 1)


@settings(max_examples=20, deadline=None)
@given(st.floats(-3, 3), st.floats(0.2, 3), st.integers(0, 1000))
def test_platt_scaling_makes_the_mean_prediction_the_observed_rate(shift: float, slope: float, seed: int) -> None:
    draw = np.random.default_rng(seed)
    margin = draw.normal(size=2000)
    outcome = (draw.random(2000) < sigmoid(slope * margin + shift)).astype(np.float64)
    fitted = sigmoid(fit_platt(margin / slope, outcome).calibrate(margin / slope))
    assert fitted.mean() == pytest.approx(outcome.mean(), abs=0.005)


def test_platt_scaling_stays_finite_and_rising_on_separable_and_on_reversed_margins() -> None:
    outcome = np.array([0.0] * 20 + [1.0] * 20)
    for margin in (np.arange(40.0), -np.arange(40.0)):
        fit = fit_platt(margin, outcome)
        assert fit.slope > 0
        assert np.isfinite(fit.calibrate(margin)).all()


@given(st.floats(0.001, 0.999))
def test_sigmoid_undoes_logit(probability: float) -> None:
    assert sigmoid(np.array(logit(probability))) == pytest.approx(probability)

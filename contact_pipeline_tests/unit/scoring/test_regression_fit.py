from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_pipeline.scoring.calibration import sigmoid
from contact_pipeline.scoring.regression import fit_regression, margin, with_bootstraps


def _data(seed: int, rows: int = 400) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    matrix = draw.normal(size=(rows, 3))
    matrix[:, 2] = matrix[:, 0] + 0.01 * matrix[:, 2]
    outcome = (draw.random(rows) < sigmoid(1.5 * matrix[:, 0] - matrix[:, 1] - 2)).astype(np.float64)
    return matrix, outcome


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_the_fit_is_where_the_penalised_gradient_vanishes(seed: int) -> None:
    matrix, outcome = _data(seed)
    fit = fit_regression(matrix, outcome, np.zeros(3))
    residual = outcome - sigmoid(margin(fit, matrix))
    gradient = (matrix - matrix.mean(axis=0)).T @ residual - 10.0 * np.array(fit.weights)
    assert np.abs(gradient).max() < 1e-3
    assert residual.sum() == pytest.approx(0, abs=1e-3)


def test_a_weight_that_may_not_be_negative_is_held_at_zero() -> None:
    matrix, outcome = _data(1)
    fit = fit_regression(matrix, outcome, np.array([0.0, 1.0, 0.0]))
    assert fit.weights[1] == 0
    assert fit.weights[0] > 0


def test_bootstraps_spread_less_with_more_leads() -> None:
    def spread(rows: int) -> float:
        matrix, outcome = _data(2, rows)
        fit = with_bootstraps(fit_regression(matrix, outcome, np.zeros(3)), matrix, outcome, seed=4)
        return float(np.array(fit.deviations)[:, 2].std())

    assert spread(8000) < 0.5 * spread(400)

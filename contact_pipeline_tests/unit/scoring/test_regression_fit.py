from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_pipeline.scoring.calibration import sigmoid
from contact_pipeline.scoring.columns import Column, Encoded
from contact_pipeline.scoring.examples import Examples
from contact_pipeline.scoring.regression import design_matrix, fit_regression, margin, with_bootstraps


def _examples(seed: int, rows: int = 400, direction: int = 0, weight: np.ndarray | None = None) -> Examples:
    """Three numbers, the third nearly the first; the first raises the odds, the second (with `direction`) lowers them."""
    draw = np.random.default_rng(seed)
    numbers = draw.normal(size=(rows, 3))
    numbers[:, 2] = numbers[:, 0] + 0.01 * numbers[:, 2]
    outcome = (draw.random(rows) < sigmoid(1.5 * numbers[:, 0] - numbers[:, 1] - 2)).astype(np.float64)
    columns = tuple(
        Column(name=f"n{i}", label=f"N{i}", group="custom", words=False, direction=direction if i == 1 else 0)
        for i in range(3)
    )
    return Examples(
        columns=columns,
        encoded=Encoded(np.zeros((rows, 3), dtype=np.intp), numbers),
        points=np.zeros((rows, 3)),
        outcome=outcome,
        weight=np.ones(rows) if weight is None else weight,
        lead=np.arange(rows),
        place=np.arange(rows),
        half_life_days=30.0,
        seed=4,
    )


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_the_fit_is_where_the_penalised_gradient_vanishes(seed: int) -> None:
    weight = np.random.default_rng(seed).uniform(0.2, 1.8, 400)
    examples = _examples(seed, weight=weight)
    fit, matrix = fit_regression(examples), design_matrix(examples)
    residual = weight * (examples.outcome - sigmoid(margin(fit, examples)))
    gradient = (matrix - matrix.mean(axis=0)).T @ residual - 10.0 * np.array(fit.weights)
    assert np.abs(gradient).max() < 1e-3
    assert residual.sum() == pytest.approx(0, abs=1e-3)


def test_a_weight_that_may_not_be_negative_is_held_at_zero() -> None:
    fit = fit_regression(_examples(1, direction=1))
    value_of_each = fit.weights[0:6:2]
    assert value_of_each[1] == 0
    assert value_of_each[0] > 0


def test_bootstraps_spread_less_with_more_leads() -> None:
    def spread(rows: int) -> float:
        examples = _examples(2, rows)
        fit = with_bootstraps(fit_regression(examples), examples)
        return float(np.array(fit.deviations)[:, 3].std())

    assert spread(8000) < 0.5 * spread(400)


def test_the_order_of_the_leads_changes_no_weight() -> None:
    examples = _examples(3)
    order = np.random.default_rng(1).permutation(400)
    assert fit_regression(examples).weights == pytest.approx(fit_regression(examples.take(order)).weights, abs=1e-9)

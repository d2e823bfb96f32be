"""Tables of pairs say what XGBoost itself says of its trees."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import xgboost as xgb
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_pipeline.scoring.pairs import tables_of


def _grown(seed: int, columns: int, rounds: int, depth: int) -> tuple[xgb.Booster, npt.NDArray[np.float32]]:
    """Trees over numbers with holes and ties, some with effects of two columns together."""
    draw = np.random.default_rng(seed)
    values = draw.normal(size=(600, columns)).round(1).astype(np.float32)
    told = values[:, 0] * values[:, columns - 1] + np.abs(values[:, columns // 2])
    values[draw.random(values.shape) < 0.15] = np.nan
    outcome = (draw.random(600) < 1 / (1 + np.exp(-told))).astype(np.float32)
    parameters = {
        "max_depth": depth,
        "objective": "binary:logistic",
        "seed": seed,
        "nthread": 1,
        "num_parallel_tree": 2,
    }
    matrix = xgb.DMatrix(values, label=outcome, base_margin=np.zeros(600))
    return xgb.train(parameters, matrix, num_boost_round=rounds), values


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 25), st.sampled_from([1, 2]))
def test_effects_are_the_shapley_values_of_the_trees(seed: int, columns: int, rounds: int, depth: int) -> None:
    booster, values = _grown(seed, columns, rounds, depth)
    theirs = booster.predict(xgb.DMatrix(values, base_margin=np.zeros(len(values))), pred_contribs=True)
    tables = tables_of(booster)
    assert tables.constant == pytest.approx(float(theirs[0, -1]), abs=1e-4)
    assert np.abs(tables.effects(values) - theirs[:, :-1]).max() < 1e-4


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_constant_and_effects_add_up_to_the_margin_for_values_never_seen(seed: int) -> None:
    booster, _ = _grown(seed, 4, 20, 2)
    unseen = np.random.default_rng(seed + 1).normal(scale=5, size=(300, 4)).astype(np.float32)
    unseen[::7, 2] = np.nan
    margin = booster.predict(xgb.DMatrix(unseen, base_margin=np.zeros(300)), output_margin=True)
    tables = tables_of(booster)
    assert np.abs(tables.constant + tables.effects(unseen).sum(axis=1) - margin).max() < 1e-4


def test_trees_that_ask_nothing_are_a_constant() -> None:
    matrix = xgb.DMatrix(np.zeros((50, 2), dtype=np.float32), label=np.ones(50), base_margin=np.zeros(50))
    booster = xgb.train({"max_depth": 2, "objective": "binary:logistic", "nthread": 1}, matrix, num_boost_round=3)
    tables = tables_of(booster)
    margin = booster.predict(matrix, output_margin=True)
    assert tables.constant == pytest.approx(float(margin[0]), abs=1e-5)
    assert not tables.effects(np.zeros((4, 2), dtype=np.float32)).any()

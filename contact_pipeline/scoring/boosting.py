"""Small regularised XGBoost that starts from the points.

Belongs here: its inputs, parameters, training, margins and contributions. Does not belong: when it is used.

A word goes in as the observed log-odds of its state (shrunk towards the average), which gives trees the order they would
look for and keeps explaining fast. The calibrated points are the base margin: with few leads the trees mend the points
instead of starting from nothing. Decaying behaviour is monotone, so that a contact without news cools.
"""

from __future__ import annotations

import base64
from functools import cached_property

import numpy as np
import numpy.typing as npt
import xgboost as xgb
from pydantic import BaseModel, ConfigDict

from contact_pipeline.scoring.calibration import Platt, fit_platt, logit
from contact_pipeline.scoring.columns import Column, Encoded

FloatArray = npt.NDArray[np.float64]

_ROUNDS = 120
_TRAINING_THREADS = 1  # sums in another order would make another model; a contact is scored alike by any number
_SHRINK_LEADS = 10.0
_PARAMETERS: dict[str, object] = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "max_depth": 3,
    "eta": 0.06,
    "min_child_weight": 4,
    "subsample": 0.8,
    "colsample_bytree": 0.7,
    "lambda": 5,
    "base_score": 0.5,
    "nthread": _TRAINING_THREADS,
}


class Boosting(BaseModel):
    """Trees (UBJSON, base64), the log-odds of each state of each column of words, and how points become a margin."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trees: str
    state_log_odds: tuple[tuple[float, ...], ...]
    points: Platt

    @cached_property
    def booster(self) -> xgb.Booster:
        """The trees, ready to predict."""
        booster = xgb.Booster()
        booster.load_model(bytearray(base64.b64decode(self.trees)))
        return booster


def fit_boosting(
    columns: tuple[Column, ...], encoded: Encoded, points: FloatArray, outcome: FloatArray, seed: int, *, decay: bool
) -> Boosting:
    """Train on past leads; `points` has shape (leads, columns)."""
    log_odds = tuple(_state_log_odds(column, encoded.states[:, index], outcome) for index, column in enumerate(columns))
    calibrated = fit_platt(points.sum(axis=1), outcome)
    matrix = _matrix(columns, log_odds, encoded, calibrated.calibrate(points.sum(axis=1)), outcome)
    monotone = [column.direction if decay and not column.words else 0 for column in columns]
    parameters = {**_PARAMETERS, "seed": seed, "monotone_constraints": str(tuple(monotone)).replace(" ", "")}
    booster = xgb.train(parameters, matrix, num_boost_round=_ROUNDS)
    trees = base64.b64encode(bytes(booster.save_raw("ubj"))).decode("ascii")
    return Boosting(trees=trees, state_log_odds=log_odds, points=calibrated)


def margin(fit: Boosting, columns: tuple[Column, ...], encoded: Encoded, points: FloatArray) -> FloatArray:
    """Log-odds, shape (contacts,)."""
    start = fit.points.calibrate(points.sum(axis=1))
    matrix = _matrix(columns, fit.state_log_odds, encoded, start)
    return fit.booster.predict(matrix, output_margin=True).astype(np.float64)


def column_effects(
    fit: Boosting, columns: tuple[Column, ...], encoded: Encoded, points: FloatArray
) -> tuple[float, FloatArray]:
    """The constant part and what each column adds to it, shape (contacts, columns); they sum to the margin."""
    matrix = _matrix(columns, fit.state_log_odds, encoded, np.zeros(len(points)))
    contributions = fit.booster.predict(matrix, pred_contribs=True).astype(np.float64)
    constant = float(contributions[0, -1]) if len(contributions) else 0.0
    return fit.points.intercept + constant, contributions[:, :-1] + fit.points.slope * points


def _matrix(
    columns: tuple[Column, ...],
    log_odds: tuple[tuple[float, ...], ...],
    encoded: Encoded,
    start: FloatArray,
    outcome: FloatArray | None = None,
) -> xgb.DMatrix:
    values = np.empty(encoded.states.shape, dtype=np.float32)
    for index, column in enumerate(columns):
        own = np.array(log_odds[index])[encoded.states[:, index]] if column.words else encoded.numbers[:, index]
        values[:, index] = own
    return xgb.DMatrix(values, label=outcome, base_margin=start)


def _state_log_odds(column: Column, states: npt.NDArray[np.intp], outcome: FloatArray) -> tuple[float, ...]:
    """Empty for numbers."""
    if not column.words:
        return ()
    average = float(outcome.mean())
    leads = np.bincount(states, minlength=column.states)
    conversions = np.bincount(states, weights=outcome, minlength=column.states)
    rates = (conversions + _SHRINK_LEADS * average) / (leads + _SHRINK_LEADS)
    return tuple(logit(float(rate)) for rate in rates)

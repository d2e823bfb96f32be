"""The candidates for the score, each judged on leads it has not seen, and which of them earns its place.

Belongs here: out-of-fold margins, the ladder, the publish gate. Does not belong: fitting the final model (`training`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from contact_pipeline.scoring import boosting, regression
from contact_pipeline.scoring.calibration import Platt, fit_platt, sigmoid
from contact_pipeline.scoring.card import Metrics
from contact_pipeline.scoring.columns import Column, Encoded
from contact_pipeline.scoring.leakage import FOLDS
from contact_pipeline.scoring.metrics import auc_lower_bound, measure

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Candidate = Literal["points", "regression", "xgboost", "blend"]

_BLEND_FROM_CONVERSIONS = 30
_BOOSTING_FROM_CONVERSIONS = 200
_BOOSTING_FROM_LEADS = 1000
_SIGNAL_FROM_AUC = 0.55


@dataclass(frozen=True, slots=True)
class History:
    """Past leads as arrays: what is known of them, their points (leads, columns; mean zero), their outcome (0 or 1)."""

    columns: tuple[Column, ...]
    encoded: Encoded
    points: FloatArray
    outcome: FloatArray
    half_life_days: float
    decay: bool
    seed: int


@dataclass(frozen=True, slots=True)
class Trial:
    """One candidate on leads it has not seen."""

    name: Candidate
    platt: Platt
    probability: FloatArray
    metrics: Metrics
    auc_lower_bound: float


def run_trials(history: History, folds: IntArray) -> dict[Candidate, Trial]:
    """Every candidate, calibrated on its out-of-fold margins."""
    margins = _out_of_fold_margins(history, folds)
    return {name: _trial(name, margin, history) for name, margin in margins.items()}


def choose(tried: dict[Candidate, Trial], outcome: FloatArray) -> Candidate:
    """Climb the ladder: a rung is used only where it beats the one below on held-out log loss."""
    chosen: Candidate = "points"
    for rung in _ladder(outcome):
        if tried[rung].metrics.log_loss < tried[chosen].metrics.log_loss:
            chosen = rung
    return chosen


def holds_signal(trial: Trial) -> bool:
    """The publish gate: the lower 95 % bound of the AUC is above .55."""
    return trial.auc_lower_bound > _SIGNAL_FROM_AUC


def _ladder(outcome: FloatArray) -> tuple[Candidate, ...]:
    """Rungs that this much history may climb, from below."""
    conversions = min(outcome.sum(), len(outcome) - outcome.sum())
    if conversions < _BLEND_FROM_CONVERSIONS:
        return ("regression",)
    if conversions < _BOOSTING_FROM_CONVERSIONS or len(outcome) < _BOOSTING_FROM_LEADS:
        return ("regression", "blend")
    return ("regression", "blend", "xgboost")


def _out_of_fold_margins(history: History, folds: IntArray) -> dict[Candidate, FloatArray]:
    matrix = regression.design_matrix(history.columns, history.encoded, history.points, history.half_life_days)
    sign = regression.signs(history.columns, decay=history.decay)
    linear, trees = np.empty(len(folds)), np.empty(len(folds))
    for fold in range(FOLDS):
        rest, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        fit = regression.fit_regression(matrix[rest], history.outcome[rest], sign)
        linear[held] = regression.margin(fit, matrix[held])
        grown = boosting.fit_boosting(
            history.columns,
            history.encoded.take(rest),
            history.points[rest],
            history.outcome[rest],
            history.seed,
            decay=history.decay,
        )
        trees[held] = boosting.margin(grown, history.columns, history.encoded.take(held), history.points[held])
    return {
        "points": history.points.sum(axis=1),
        "regression": linear,
        "xgboost": trees,
        "blend": (linear + trees) / 2,
    }


def _trial(name: Candidate, margin: FloatArray, history: History) -> Trial:
    platt = fit_platt(margin, history.outcome)
    probability = sigmoid(platt.calibrate(margin))
    return Trial(
        name=name,
        platt=platt,
        probability=probability,
        metrics=measure(name, history.outcome, probability, history.seed),
        auc_lower_bound=auc_lower_bound(history.outcome, probability),
    )

"""Logistic regression with a ridge penalty, the points as one of its inputs, and its bootstrap.

Belongs here: the design matrix, the fit, the effects of a column. Does not belong: who uses the fit. Weights of decaying
behaviour never fall below zero, so that a contact without news cools as time passes. Points come as log-odds a column,
shape (contacts, columns), with mean zero over the past leads of the final fit.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from contact_pipeline.scoring.calibration import logit, sigmoid
from contact_pipeline.scoring.columns import Column, Encoded, transformed

FloatArray = npt.NDArray[np.float64]

_PENALTY = 10.0  # C = .1, on standardised inputs
_STEPS = 30
_TOLERANCE = 1e-6
BOOTSTRAPS = 12


class Regression(BaseModel):
    """Weights by column of the design matrix. Row k of `deviations` is what bootstrap k changes of all weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    intercept: float
    weights: tuple[float, ...]
    means: tuple[float, ...]
    deviations: tuple[tuple[float, ...], ...] = ()


def design_widths(columns: tuple[Column, ...]) -> list[int]:
    """Columns of the design matrix for each column: one a state for words, value and missing for numbers."""
    return [column.states if column.words else 2 for column in columns]


def design_matrix(
    columns: tuple[Column, ...], encoded: Encoded, points: FloatArray, half_life_days: float
) -> FloatArray:
    """Shape (contacts, sum of widths + 1); the last column is the total of the points."""
    widths = design_widths(columns)
    matrix = np.zeros((len(points), sum(widths) + 1))
    start = 0
    for index, column in enumerate(columns):
        if column.words:
            matrix[np.arange(len(points)), start + encoded.states[:, index]] = 1.0
        else:
            matrix[:, start], matrix[:, start + 1] = _value_and_missing(
                column, encoded.numbers[:, index], half_life_days
            )
        start += widths[index]
    matrix[:, -1] = points.sum(axis=1)
    return matrix


def signs(columns: tuple[Column, ...], *, decay: bool) -> FloatArray:
    """1 where a weight may not be negative, else 0; shape as a row of the design matrix."""
    result = [1.0]
    for column in reversed(columns):
        free = [0.0] * column.states if column.words else [float(decay and column.direction != 0), 0.0]
        result = free + result
    return np.array(result)


def fit_regression(matrix: FloatArray, outcome: FloatArray, sign: FloatArray) -> Regression:
    """Fit; a weight that would be negative against `sign` is held at zero."""
    means = matrix.mean(axis=0)
    centred = matrix - means
    free = np.ones(matrix.shape[1], dtype=bool)
    while True:
        intercept, weights = _newton(centred[:, free], outcome)
        wrong = np.flatnonzero(free)[(sign[free] > 0) & (weights < 0)]
        if not len(wrong):
            break
        free[wrong] = False
    full = np.zeros(matrix.shape[1])
    full[free] = weights
    return Regression(intercept=intercept, weights=tuple(full.tolist()), means=tuple(means.tolist()))


def margin(fit: Regression, matrix: FloatArray) -> FloatArray:
    """Log-odds, shape (contacts,)."""
    return np.asarray(fit.intercept + (matrix - np.array(fit.means)) @ np.array(fit.weights))


def with_bootstraps(fit: Regression, matrix: FloatArray, outcome: FloatArray, seed: int) -> Regression:
    """The fit with what each of 12 resamples of the leads would change, by one Newton step (the score bootstrap)."""
    centred = np.column_stack([np.ones(len(outcome)), matrix - np.array(fit.means)])
    weights = np.array([fit.intercept, *fit.weights])
    p = sigmoid(centred @ weights)
    hessian = (centred * (p * (1 - p))[:, None]).T @ centred + _penalties(centred.shape[1])
    generator = np.random.default_rng(seed)
    chances = np.full(len(outcome), 1 / len(outcome))
    draws = generator.multinomial(len(outcome), chances, size=BOOTSTRAPS).astype(np.float64)
    steps = np.linalg.solve(hessian, centred.T @ ((outcome - p)[:, None] * (draws.T - 1.0)))
    return fit.model_copy(update={"deviations": tuple(tuple(row) for row in steps.T.tolist())})


def column_effects(
    fit: Regression, columns: tuple[Column, ...], encoded: Encoded, points: FloatArray, half_life_days: float
) -> FloatArray:
    """What each column adds to the margin of the average past lead; shape (contacts, columns), intercept not included."""
    return _effects(np.array(fit.weights), fit, columns, encoded, points, half_life_days)


def bootstrap_shifts(
    fit: Regression, columns: tuple[Column, ...], encoded: Encoded, points: FloatArray, half_life_days: float
) -> FloatArray:
    """By how much each bootstrap moves the margin; shape (contacts, bootstraps)."""
    shifts = [
        row[0] + _effects(np.array(row[1:]), fit, columns, encoded, points, half_life_days).sum(axis=1)
        for row in fit.deviations
    ]
    return np.column_stack(shifts)


def _effects(
    weights: FloatArray,
    fit: Regression,
    columns: tuple[Column, ...],
    encoded: Encoded,
    points: FloatArray,
    half_life_days: float,
) -> FloatArray:
    effects = np.empty(points.shape)
    means, start = np.array(fit.means), 0
    for index, (column, width) in enumerate(zip(columns, design_widths(columns), strict=True)):
        own, own_means = weights[start : start + width], means[start : start + width]
        if column.words:
            effects[:, index] = own[encoded.states[:, index]]
        else:
            value, missing = _value_and_missing(column, encoded.numbers[:, index], half_life_days)
            effects[:, index] = value * own[0] + missing * own[1]
        effects[:, index] -= own @ own_means
        start += width
    return np.asarray(effects + weights[-1] * points)


def _value_and_missing(column: Column, numbers: FloatArray, half_life_days: float) -> tuple[FloatArray, FloatArray]:
    missing = np.isnan(numbers)
    value = (transformed(column, numbers, half_life_days) - column.mean) / column.deviation
    return np.where(missing, 0.0, value), missing.astype(np.float64)


def _penalties(width: int) -> FloatArray:
    """Ridge on all but the intercept, which comes first."""
    diagonal = np.full(width, _PENALTY)
    diagonal[0] = 1e-9
    return np.diag(diagonal)


def _newton(centred: FloatArray, outcome: FloatArray) -> tuple[float, FloatArray]:
    """Intercept and weights; a step that does not improve is halved."""
    design = np.column_stack([np.ones(len(outcome)), centred])
    weights = np.zeros(design.shape[1])
    weights[0] = logit(float(outcome.mean()))
    penalties = _penalties(design.shape[1])
    loss = _penalised_loss(design, outcome, weights, penalties)
    for _ in range(_STEPS):
        p = sigmoid(design @ weights)
        gradient = design.T @ (outcome - p) - penalties @ weights
        hessian = (design * (p * (1 - p))[:, None]).T @ design + penalties
        step = np.linalg.solve(hessian, gradient)
        moved = _penalised_loss(design, outcome, weights + step, penalties)
        while moved > loss and np.abs(step).max() > _TOLERANCE:
            step = step / 2
            moved = _penalised_loss(design, outcome, weights + step, penalties)
        weights, loss = weights + step, moved
        if np.abs(step).max() <= _TOLERANCE:
            break
    return float(weights[0]), weights[1:]


def _penalised_loss(design: FloatArray, outcome: FloatArray, weights: FloatArray, penalties: FloatArray) -> float:
    log_odds = design @ weights
    return float(np.logaddexp(0.0, log_odds).sum() - outcome @ log_odds + 0.5 * weights @ penalties @ weights)

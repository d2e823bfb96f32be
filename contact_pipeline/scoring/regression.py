"""Logistic regression with a ridge penalty, the points as one of its inputs, and its bootstrap.

Belongs here: the design matrix, the fit, the effects of a column. Does not belong: who uses the fit. A number is a straight
line and a step for each of its bands. Where more is never worse (`direction`) it is the line alone, with a weight not below
zero, so that a contact without news cools as time passes. Points come as log-odds a column, shape (contacts, columns), with
mean zero over the past leads of the final fit.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from contact_pipeline.scoring.calibration import logit, sigmoid
from contact_pipeline.scoring.columns import Column, Encoded, transformed
from contact_pipeline.scoring.examples import Examples

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

_PENALTY = 10.0  # C = .1, on standardised inputs
_STEPS = 30
_TOLERANCE = 1e-6
_SMALL_STEP = 0.05  # after one, the curvature stays as it is: finding it costs far more than a step or two besides
_MOST_WEIGHTS = 60  # of one column; trees read more
_DECIMALS = 9  # the last bits of a sum hang on the number of threads; scores may not
BOOTSTRAPS = 12


class Regression(BaseModel):
    """Weights by column of the design matrix. Row k of `deviations` is what bootstrap k changes of all weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    intercept: float
    weights: tuple[float, ...]
    means: tuple[float, ...]
    deviations: tuple[tuple[float, ...], ...] = ()


def design_widths(columns: tuple[Column, ...]) -> list[int]:
    """Columns of the design matrix for each column: one a slot for words; value, missing and bands for numbers."""
    return [len(set(_slots(column))) if column.words else 2 + _bands(column) for column in columns]


def design_matrix(examples: Examples) -> FloatArray:
    """Shape (rows, sum of widths + 1); the last column is the total of the points."""
    columns, encoded = examples.columns, examples.encoded
    widths, rows = design_widths(columns), np.arange(len(examples.points))
    matrix = np.zeros((len(rows), sum(widths) + 1))
    start = 0
    for index, column in enumerate(columns):
        states = encoded.states[:, index]
        if column.words:
            matrix[rows, start + _slots(column)[states]] = 1.0
        else:
            matrix[:, start : start + 2] = _value_and_missing(
                column, encoded.numbers[:, index], examples.half_life_days
            )
            banded = rows[states < _bands(column)]
            matrix[banded, start + 2 + states[banded]] = 1.0
        start += widths[index]
    matrix[:, -1] = examples.points.sum(axis=1)
    return matrix


def signs(columns: tuple[Column, ...]) -> FloatArray:
    """1 where a weight may not be negative, else 0; shape as a row of the design matrix."""
    result: list[float] = []
    for column, width in zip(columns, design_widths(columns), strict=True):
        own = [0.0] * width
        if not column.words:
            own[0] = float(column.direction != 0)
        result += own
    return np.array([*result, 1.0])


def fit_regression(examples: Examples) -> Regression:
    """Fit; a weight that would be negative against `signs` is held at zero."""
    matrix, sign = design_matrix(examples), signs(examples.columns)
    means = matrix.mean(axis=0)
    centred = matrix - means
    free = np.ones(matrix.shape[1], dtype=bool)
    found = np.append(logit(float(np.average(examples.outcome, weights=examples.weight))), np.zeros(matrix.shape[1]))
    while True:
        found = _newton(centred[:, free], examples.outcome, examples.weight, found)
        wrong = (sign[free] > 0) & (found[1:] < 0)
        if not wrong.any():
            break
        free[np.flatnonzero(free)[wrong]] = False
        found = np.append(found[0], found[1:][~wrong])
    full = np.zeros(matrix.shape[1])
    full[free] = np.round(found[1:], _DECIMALS)
    return Regression(
        intercept=round(float(found[0]), _DECIMALS),
        weights=tuple(full.tolist()),
        means=tuple(np.round(means, _DECIMALS).tolist()),
    )


def margin(fit: Regression, examples: Examples) -> FloatArray:
    """Log-odds, shape (rows,)."""
    return np.asarray(fit.intercept + (design_matrix(examples) - np.array(fit.means)) @ np.array(fit.weights))


def with_bootstraps(fit: Regression, examples: Examples) -> Regression:
    """The fit with what each of 12 resamples of the leads would change, by one Newton step (the score bootstrap)."""
    outcome = examples.outcome
    centred = np.column_stack([np.ones(len(outcome)), design_matrix(examples) - np.array(fit.means)])
    weights = np.array([fit.intercept, *fit.weights])
    p = sigmoid(centred @ weights)
    hessian = _curvature(centred, examples.weight * p * (1 - p)) + _penalties(centred.shape[1])
    steps = np.linalg.solve(
        hessian, centred.T @ ((examples.weight * (outcome - p))[:, None] * (resamples(examples) - 1.0))
    )
    return fit.model_copy(update={"deviations": tuple(tuple(row) for row in np.round(steps.T, _DECIMALS).tolist())})


def resamples(examples: Examples) -> FloatArray:
    """How often each row is in each of 12 resamples of the leads; shape (rows, resamples)."""
    leads = int(examples.lead.max()) + 1
    generator = np.random.default_rng(examples.seed)
    drawn = generator.multinomial(leads, np.full(leads, 1 / leads), size=BOOTSTRAPS)
    return np.asarray(drawn.T[examples.lead], dtype=np.float64)


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
            effects[:, index] = own[_slots(column)][encoded.states[:, index]]
        else:
            value, missing = _value_and_missing(column, encoded.numbers[:, index], half_life_days).T
            steps = np.append(own[2:], np.zeros(column.states - _bands(column)))
            effects[:, index] = value * own[0] + missing * own[1] + steps[encoded.states[:, index]]
        effects[:, index] -= own @ own_means
        start += width
    return np.asarray(effects + weights[-1] * points)


def _slots(column: Column) -> IntArray:
    """By state of words: the most frequent levels have a weight of their own, all others one together, missing one."""
    slots = np.minimum(np.arange(column.states), _MOST_WEIGHTS)
    slots[column.missing] = min(column.missing, _MOST_WEIGHTS + 1)
    return slots


def _bands(column: Column) -> int:
    """How many bands of a number have a step of their own."""
    return len(column.edges) + 1 if column.edges and not column.direction else 0


def _value_and_missing(column: Column, numbers: FloatArray, half_life_days: float) -> FloatArray:
    """Shape (rows, 2)."""
    missing = np.isnan(numbers)
    value = (transformed(column, numbers, half_life_days) - column.mean) / column.deviation
    return np.column_stack([np.where(missing, 0.0, value), missing])


def _penalties(width: int) -> FloatArray:
    """Ridge on all but the intercept, which comes first."""
    diagonal = np.full(width, _PENALTY)
    diagonal[0] = 1e-9
    return np.diag(diagonal)


def _newton(centred: FloatArray, outcome: FloatArray, leads: FloatArray, start: FloatArray) -> FloatArray:
    """Intercept and weights, from a first guess; `leads` is how much each row counts. A step that does not improve is halved."""
    design = np.column_stack([np.ones(len(outcome)), centred])
    weights, step = start, np.array([np.inf])
    penalties = _penalties(design.shape[1])
    loss = _penalised_loss(design, outcome, leads, weights, penalties)
    for _ in range(_STEPS):
        p = sigmoid(design @ weights)
        gradient = design.T @ (leads * (outcome - p)) - penalties @ weights
        if np.abs(step).max() > _SMALL_STEP:
            hessian = _curvature(design, leads * p * (1 - p)) + penalties
        step = np.linalg.solve(hessian, gradient)
        moved = _penalised_loss(design, outcome, leads, weights + step, penalties)
        while moved > loss and np.abs(step).max() > _TOLERANCE:
            step = step / 2
            moved = _penalised_loss(design, outcome, leads, weights + step, penalties)
        weights, loss = weights + step, moved
        if np.abs(step).max() <= _TOLERANCE:
            break
    return weights


def _curvature(design: FloatArray, counts: FloatArray) -> FloatArray:
    """Sum of the outer products of the rows, each counted so often; numpy needs half the time where both factors are one."""
    scaled = design * np.sqrt(counts)[:, None]
    return np.asarray(scaled.T @ scaled)


def _penalised_loss(
    design: FloatArray, outcome: FloatArray, leads: FloatArray, weights: FloatArray, penalties: FloatArray
) -> float:
    log_odds = design @ weights
    return float(leads @ (np.logaddexp(0.0, log_odds) - outcome * log_odds) + 0.5 * weights @ penalties @ weights)

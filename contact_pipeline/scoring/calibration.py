"""The log-odds scale and Platt scaling: from a margin to a probability that means what it says.

Belongs here: logit, sigmoid, the two numbers that calibrate a margin. Does not belong: how the margin comes about.
Platt and not isotonic: isotonic ties cost ranking in the top decile, where a call list is read.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

FloatArray = npt.NDArray[np.float64]

_STEPS = 50
_TOLERANCE = 1e-8
# A slope of zero or less would turn the ranking round; such a margin holds no signal and is stopped by the publish gate.
_LOWEST_SLOPE = 0.01
_RIDGE = 1e-6
_DECIMALS = 9


class Platt(BaseModel):
    """logit of the probability = slope * margin + intercept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slope: float
    intercept: float

    def calibrate(self, margin: FloatArray) -> FloatArray:
        """Log-odds for margins of any shape."""
        return self.slope * margin + self.intercept


def sigmoid(log_odds: FloatArray) -> FloatArray:
    """Probability of a log-odds; never overflows."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * log_odds)), dtype=np.float64)


def logit(probability: float) -> float:
    """Log-odds of a probability strictly between 0 and 1."""
    return float(np.log(probability) - np.log1p(-probability))


def fit_platt(margin: FloatArray, outcome: FloatArray, weight: FloatArray | None = None) -> Platt:
    """Fit on Platt's smoothed targets, so that separable data stay finite; Newton, a step that does not improve halved."""
    leads = np.ones(len(outcome)) if weight is None else weight
    positives, total = float(outcome.sum()), len(outcome)
    target = np.where(outcome > 0, (positives + 1) / (positives + 2), 1 / (total - positives + 2))
    centre, spread = float(margin.mean()), float(margin.std()) or 1.0
    design = np.column_stack([(margin - centre) / spread, np.ones_like(margin)])
    weights = np.array([0.0, logit(float(np.average(target, weights=leads)))])
    loss = _loss(design, target, leads, weights)
    for _ in range(_STEPS):
        p = sigmoid(design @ weights)
        hessian = (design * (leads * p * (1 - p))[:, None]).T @ design + _RIDGE * np.eye(2)
        step = np.linalg.solve(hessian, design.T @ (leads * (target - p)) - _RIDGE * weights)
        while _loss(design, target, leads, weights + step) > loss and np.abs(step).max() > _TOLERANCE:
            step = step / 2
        weights = weights + step
        loss = _loss(design, target, leads, weights)
        if np.abs(step).max() <= _TOLERANCE:
            break
    slope = round(max(float(weights[0]) / spread, _LOWEST_SLOPE), _DECIMALS)
    return Platt(slope=slope, intercept=round(float(weights[1]) - slope * centre, _DECIMALS))


def _loss(design: FloatArray, target: FloatArray, leads: FloatArray, weights: FloatArray) -> float:
    log_odds = design @ weights
    return float(leads @ (np.logaddexp(0.0, log_odds) - target * log_odds) + 0.5 * _RIDGE * weights @ weights)

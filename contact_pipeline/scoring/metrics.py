"""How good predicted probabilities are: ranking, calibration, lift. numpy in, numbers out.

Belongs here: measures. Does not belong: who predicts (`candidates`) and what is decided by the measures (`training`).
Arrays: `outcome` holds 0.0 or 1.0, `probability` 0-1, both of shape (leads,).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from contact_pipeline.scoring.card import CalibrationBin, GainPoint, Metrics

FloatArray = npt.NDArray[np.float64]

_BINS = 10
_FLOOR_DRAWS = 20
_EPSILON = 1e-12


def measure(name: str, outcome: FloatArray, probability: FloatArray, seed: int) -> Metrics:
    """All measures of one candidate on held-out predictions."""
    return Metrics(
        name=name,
        roc_auc=roc_auc(outcome, probability),
        pr_auc=pr_auc(outcome, probability),
        log_loss=log_loss(outcome, probability),
        brier=float(np.mean((probability - outcome) ** 2)),
        ece=calibration_error(outcome, probability),
        ece_floor=calibration_floor(probability, seed),
        lift_top_decile=lift_top_decile(outcome, probability),
    )


def roc_auc(outcome: FloatArray, score: FloatArray) -> float:
    """Chance that a conversion is ranked above a non-conversion, ties counting half; .5 where one class is missing."""
    positives = outcome.sum()
    negatives = len(outcome) - positives
    if positives == 0 or negatives == 0:
        return 0.5
    _, position, counts = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2.0)[position]
    return float((rank[outcome > 0].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def auc_lower_bound(outcome: FloatArray, score: FloatArray, leads: int | None = None) -> float:
    """Lower end of the 95 % interval of the ROC AUC (Hanley and McNeil 1982).

    `leads` is how many leads the rows are of, where one has several.
    """
    area, known = roc_auc(outcome, score), len(outcome) if leads is None else leads
    positives = max(float(outcome.mean()) * known, 1.0)
    negatives = max(known - positives, 1.0)
    both_positive = area / (2 - area)
    both_negative = 2 * area**2 / (1 + area)
    variance = (
        area * (1 - area) + (positives - 1) * (both_positive - area**2) + (negatives - 1) * (both_negative - area**2)
    ) / (positives * negatives)
    return float(area - 1.96 * np.sqrt(max(variance, 0.0)))


def pr_auc(outcome: FloatArray, score: FloatArray) -> float:
    """Average precision; tied scores are taken together."""
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    found = np.cumsum(outcome[order])[ends]
    precision = found / (ends + 1)
    recall_steps = np.diff(found, prepend=0.0) / max(outcome.sum(), 1.0)
    return float((precision * recall_steps).sum())


def log_loss(outcome: FloatArray, probability: FloatArray) -> float:
    """Mean negative log likelihood."""
    p = np.clip(probability, _EPSILON, 1 - _EPSILON)
    return float(-np.mean(outcome * np.log(p) + (1 - outcome) * np.log1p(-p)))


def calibration_error(outcome: FloatArray, probability: FloatArray) -> float:
    """Expected calibration error over ten bins of equal width."""
    bins = np.minimum((probability * _BINS).astype(np.intp), _BINS - 1)
    gap = np.bincount(bins, weights=outcome - probability, minlength=_BINS)
    return float(np.abs(gap).sum() / len(outcome))


def calibration_floor(probability: FloatArray, seed: int) -> float:
    """The calibration error that a perfectly calibrated model would show on as many leads, by chance alone."""
    generator = np.random.default_rng(seed)
    draws = [
        calibration_error((generator.random(len(probability)) < probability).astype(np.float64), probability)
        for _ in range(_FLOOR_DRAWS)
    ]
    return float(np.mean(draws))


def lift_top_decile(outcome: FloatArray, score: FloatArray) -> float:
    """Conversion rate of the best tenth of leads over that of all."""
    top = max(len(score) // 10, 1)
    best = np.argsort(-score, kind="stable")[:top]
    return float(outcome[best].mean() / max(outcome.mean(), _EPSILON))


def calibration_bins(outcome: FloatArray, probability: FloatArray) -> tuple[CalibrationBin, ...]:
    """Predicted and observed conversion in ten bins of equally many leads."""
    parts = np.array_split(np.argsort(probability, kind="stable"), _BINS)
    return tuple(
        CalibrationBin(predicted=float(probability[p].mean()), observed=float(outcome[p].mean()), leads=len(p))
        for p in parts
        if len(p)
    )


def gains(outcome: FloatArray, score: FloatArray) -> tuple[GainPoint, ...]:
    """Share of conversions found in the best 0, 5, 10 ... 100 % of leads."""
    found = np.concatenate([[0.0], np.cumsum(outcome[np.argsort(-score, kind="stable")])]) / max(outcome.sum(), 1.0)
    shares = np.linspace(0, 1, 21)
    positions = np.round(shares * len(outcome)).astype(np.intp)
    return tuple(
        GainPoint(leads_share=float(s), conversions_share=float(found[p]))
        for s, p in zip(shares, positions, strict=True)
    )

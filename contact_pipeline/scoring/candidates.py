"""The candidates for the score, each judged on leads it has not seen, and which of them earns its place.

Belongs here: margins of held-out and of later leads, the ladder, the publish gate. Does not belong: fitting the final model
(`training`).

The ladder is climbed by leads of all times, of which no candidate sees the fold it is judged on. How each does on the latest
20 % of the leads, learned from the earlier ones, is measured and shown, but chooses nothing: choosing the winner of the latest
leads was measured to lose more than it gains. Time decides by drift alone: where the scores of the latest leads have moved,
XGBoost may not serve alone, for trees were measured to lose most there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from contact_pipeline.scoring import boosting, regression
from contact_pipeline.scoring.calibration import Platt, fit_platt, sigmoid
from contact_pipeline.scoring.card import Drift, Metrics
from contact_pipeline.scoring.drift import ALARM_FROM, SCORE, psi_beyond_chance, score_psi
from contact_pipeline.scoring.examples import FOLDS, Examples
from contact_pipeline.scoring.metrics import auc_lower_bound, measure

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Candidate = Literal["points", "regression", "xgboost", "blend"]
Margins = dict[Candidate, FloatArray]

SIGNAL_FROM_AUC = 0.55  # the lower 95 % bound must lie above it

_BLEND_FROM_CONVERSIONS = 30
_TUNED_FROM_CONVERSIONS = 200
_TUNED_FROM_LEADS = 1000


@dataclass(frozen=True, slots=True)
class Trial:
    """One candidate on leads it has not seen; `later` are its measures on the latest leads, where both outcomes are there."""

    name: Candidate
    margin: FloatArray
    platt: Platt
    probability: FloatArray
    metrics: Metrics
    later: Metrics | None
    auc_lower_bound: float


def run_trials(examples: Examples, rounds: int) -> dict[Candidate, Trial]:
    """Every candidate, calibrated on its out-of-fold margins."""
    apart, later = _out_of_fold(examples, rounds), _of_later_leads(examples, rounds)
    return {name: _trial(name, margin, later, examples) for name, margin in apart.items()}


def may_be_tuned(leads: int, conversions: int) -> bool:
    """Is there history enough for XGBoost alone, and to find out how many trees it takes?"""
    return min(conversions, leads - conversions) >= _TUNED_FROM_CONVERSIONS and leads >= _TUNED_FROM_LEADS


def drift_of(examples: Examples, tried: dict[Candidate, Trial]) -> tuple[Drift, ...]:
    """How far the latest leads differ from the earlier ones, by column at the first look and in the score.

    The greatest first. Of columns what chance alone shows is taken off: a column of many words differs always.
    """
    earlier = examples.earlier()
    first = np.unique(examples.lead, return_index=True)[1]
    then, lately = (examples.encoded.states[first[earlier[first] == part]] for part in (True, False))
    columns = [
        Drift(column=c.label, psi=psi_beyond_chance(then[:, i], lately[:, i], c.states))
        for i, c in enumerate(examples.columns)
    ]
    blend = tried["blend"].probability
    score = Drift(column=SCORE, psi=score_psi(blend[earlier], blend[~earlier]))
    return (score, *sorted(columns, key=lambda one: -one.psi))


def choose(tried: dict[Candidate, Trial], leads: int, conversions: int, drift: tuple[Drift, ...]) -> Candidate:
    """Climb the ladder: a rung is used only where it beats the one below on held-out log loss."""
    chosen: Candidate = "points"
    for rung in _ladder(leads, conversions, drift):
        if tried[rung].metrics.log_loss < tried[chosen].metrics.log_loss:
            chosen = rung
    return chosen


def holds_signal(trial: Trial) -> bool:
    """The publish gate: the lower 95 % bound of the AUC is above .55."""
    return trial.auc_lower_bound > SIGNAL_FROM_AUC


def is_quiet(drift: tuple[Drift, ...]) -> bool:
    """Do the scores of the latest leads lie as those of the earlier ones?"""
    return all(one.psi < ALARM_FROM for one in drift if one.column == SCORE)


def _ladder(leads: int, conversions: int, drift: tuple[Drift, ...]) -> tuple[Candidate, ...]:
    """Rungs that this much history may climb, from below."""
    if min(conversions, leads - conversions) < _BLEND_FROM_CONVERSIONS:
        return ("regression",)
    if not may_be_tuned(leads, conversions) or not is_quiet(drift):
        return ("regression", "blend")
    return ("regression", "blend", "xgboost")


def _out_of_fold(examples: Examples, rounds: int) -> Margins:
    folds = examples.folds()
    linear, trees = np.empty(len(folds)), np.empty(len(folds))
    for fold in range(FOLDS):
        held = np.flatnonzero(folds == fold)
        linear[held], trees[held] = _margins(examples, np.flatnonzero(folds != fold), held, rounds)
    return _of_all(examples, linear, trees)


def _of_later_leads(examples: Examples, rounds: int) -> Margins:
    """Margins of the latest leads, nan for the earlier ones; nothing where either part lacks one of the outcomes."""
    earlier = examples.earlier()
    rest, held = np.flatnonzero(earlier), np.flatnonzero(~earlier)
    if min(len(np.unique(examples.outcome[rows])) for rows in (rest, held)) < 2:
        return {}
    linear, trees = np.full(len(earlier), np.nan), np.full(len(earlier), np.nan)
    linear[held], trees[held] = _margins(examples, rest, held, rounds)
    return _of_all(examples, linear, trees)


def _margins(examples: Examples, rest: IntArray, held: IntArray, rounds: int) -> tuple[FloatArray, FloatArray]:
    """Of the leads held back: by regression, and by trees."""
    taught, tested = examples.take(rest), examples.take(held)
    linear = regression.margin(regression.fit_regression(taught), tested)
    return linear, boosting.margin(boosting.fit_boosting(taught, rounds), tested)


def _of_all(examples: Examples, linear: FloatArray, trees: FloatArray) -> Margins:
    return {
        "points": examples.points.sum(axis=1),
        "regression": linear,
        "xgboost": trees,
        "blend": (linear + trees) / 2,
    }


def _trial(name: Candidate, margin: FloatArray, later: Margins, examples: Examples) -> Trial:
    outcome = examples.outcome
    platt = fit_platt(margin, outcome, examples.weight)
    probability = sigmoid(platt.calibrate(margin))
    return Trial(
        name=name,
        margin=margin,
        platt=platt,
        probability=probability,
        metrics=measure(name, outcome, probability, examples.seed),
        later=_measured_later(name, margin, later[name], examples) if later else None,
        auc_lower_bound=auc_lower_bound(outcome, probability, leads=len(np.unique(examples.lead))),
    )


def _measured_later(name: Candidate, apart: FloatArray, later: FloatArray, examples: Examples) -> Metrics:
    """Calibrated on the earlier leads alone."""
    earlier = examples.earlier()
    platt = fit_platt(apart[earlier], examples.outcome[earlier], examples.weight[earlier])
    probability = sigmoid(platt.calibrate(later[~earlier]))
    return measure(name, examples.outcome[~earlier], probability, examples.seed)

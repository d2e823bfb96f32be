"""Small regularised XGBoost that starts from the points.

Belongs here: its inputs, training, margins and contributions. Does not belong: when it is used.

A word goes in as the observed log-odds of its state (shrunk towards the average), which gives trees the order they would
look for and keeps explaining fast; a lead that teaches is given the log-odds seen in the other leads. The calibrated points
are the base margin: with few leads the trees mend the points instead of starting from nothing. Where more is never worse
(`direction`) trees are monotone, so that a contact without news cools.

Trees ask two questions, in 32 bins. On leads of a later time deeper trees and finer bins were measured to lose more than they
won on leads of the same time; and what two questions tell can be explained by tables (`pairs`), whatever the number of trees.
Each round grows four of them, each on some of the leads and columns, which steadies what is told of later leads.

XGBoost is loaded by what needs it: with SciPy it is a good part of the start of a command, and where there is no history nothing
needs it.
"""

from __future__ import annotations

import base64
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from contact_pipeline.scoring.calibration import Platt, fit_platt, logit
from contact_pipeline.scoring.columns import Column, Encoded
from contact_pipeline.scoring.examples import FOLDS, Examples, lead_folds
from contact_pipeline.scoring.pairs import PairTables, tables_of

if TYPE_CHECKING:
    import xgboost as xgb

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

SMALL_ROUNDS = 80  # where history is too short to find out how many trees it takes
_MOST_ROUNDS = 500
_PATIENCE_ROUNDS = 40
_MORE_FOR_ALL = 1.25  # all leads carry more trees than the four fifths on which their number was found
_TRAINING_THREADS = 1  # sums in another order would make another model; a contact is scored alike by any number
_SHRINK_LEADS = 10.0
_PARAMETERS: dict[str, object] = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "max_depth": 2,
    "max_bin": 32,
    "eta": 0.1,
    "num_parallel_tree": 4,
    "min_child_weight": 4,
    "subsample": 0.8,
    "colsample_bytree": 0.4,
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
        import xgboost as xgb

        booster = xgb.Booster()
        booster.load_model(bytearray(base64.b64decode(self.trees)))
        return booster

    @cached_property
    def tables(self) -> PairTables:
        """The trees as tables of effects."""
        return tables_of(self.booster)


def tuned_rounds(examples: Examples) -> int:
    """The number of trees after which a fifth of the leads, not seen, is predicted no better."""
    import xgboost as xgb

    folds = lead_folds(examples.outcome, examples.lead, examples.seed + 1)
    learned, held = examples.take(np.flatnonzero(folds != 0)), examples.take(np.flatnonzero(folds == 0))
    calibrated = _calibrated_points(learned)
    grown = xgb.train(
        _parameters(learned),
        _teaching_matrix(calibrated, learned),
        num_boost_round=_MOST_ROUNDS,
        evals=[(_matrix(_state_log_odds(learned), calibrated, held), "held")],
        early_stopping_rounds=_PATIENCE_ROUNDS,
        verbose_eval=False,
    )
    return int(_MORE_FOR_ALL * (grown.best_iteration + 1))


def fit_boosting(examples: Examples, rounds: int) -> Boosting:
    """Train on past leads."""
    import xgboost as xgb

    calibrated = _calibrated_points(examples)
    booster = xgb.train(_parameters(examples), _teaching_matrix(calibrated, examples), num_boost_round=rounds)
    trees = base64.b64encode(bytes(booster.save_raw("ubj"))).decode("ascii")
    return Boosting(trees=trees, state_log_odds=_state_log_odds(examples), points=calibrated)


def margin(fit: Boosting, examples: Examples) -> FloatArray:
    """Log-odds, shape (rows,)."""
    matrix = _matrix(fit.state_log_odds, fit.points, examples)
    return fit.booster.predict(matrix, output_margin=True).astype(np.float64)


def column_effects(
    fit: Boosting, columns: tuple[Column, ...], encoded: Encoded, points: FloatArray
) -> tuple[float, FloatArray]:
    """The constant part and what each column adds to it, shape (contacts, columns); they sum to the margin."""
    effects = fit.tables.effects(_values(columns, fit.state_log_odds, encoded))
    return fit.points.intercept + fit.tables.constant, effects + fit.points.slope * points


def _parameters(examples: Examples) -> dict[str, object]:
    monotone = tuple(0 if column.words else column.direction for column in examples.columns)
    constraints = str(monotone).replace(" ", "")
    return {**_PARAMETERS, "seed": examples.seed, "monotone_constraints": constraints}


def _calibrated_points(examples: Examples) -> Platt:
    return fit_platt(examples.points.sum(axis=1), examples.outcome, examples.weight)


def _matrix(log_odds: tuple[tuple[float, ...], ...], points: Platt, examples: Examples) -> xgb.DMatrix:
    return _with_margin(_values(examples.columns, log_odds, examples.encoded), points, examples)


def _teaching_matrix(points: Platt, examples: Examples) -> xgb.DMatrix:
    """As `_matrix`, but no lead is described by its own outcome: its words carry what the other folds say."""
    values = np.empty(examples.encoded.states.shape, dtype=np.float32)
    folds = lead_folds(examples.outcome, examples.lead, examples.seed + 2)
    for fold in range(FOLDS):
        inside = np.flatnonzero(folds == fold)
        log_odds = _state_log_odds(examples.take(np.flatnonzero(folds != fold)))
        values[inside] = _values(examples.columns, log_odds, examples.encoded.take(inside))
    return _with_margin(values, points, examples)


def _with_margin(values: npt.NDArray[np.float32], points: Platt, examples: Examples) -> xgb.DMatrix:
    import xgboost as xgb

    start = points.calibrate(examples.points.sum(axis=1))
    return xgb.DMatrix(values, label=examples.outcome, weight=examples.weight, base_margin=start)


def _values(
    columns: tuple[Column, ...], log_odds: tuple[tuple[float, ...], ...], encoded: Encoded
) -> npt.NDArray[np.float32]:
    values = np.empty(encoded.states.shape, dtype=np.float32)
    for index, column in enumerate(columns):
        own = np.array(log_odds[index])[encoded.states[:, index]] if column.words else encoded.numbers[:, index]
        values[:, index] = own
    return values


def _state_log_odds(examples: Examples) -> tuple[tuple[float, ...], ...]:
    """By column; empty for numbers."""
    return tuple(_log_odds_of(examples, index) for index in range(len(examples.columns)))


def _log_odds_of(examples: Examples, index: int) -> tuple[float, ...]:
    column, states = examples.columns[index], examples.encoded.states[:, index]
    if not column.words:
        return ()
    average = (float(examples.weight @ examples.outcome) + 0.5) / (float(examples.weight.sum()) + 1)
    leads = np.bincount(states, weights=examples.weight, minlength=column.states)
    conversions = np.bincount(states, weights=examples.weight * examples.outcome, minlength=column.states)
    rates = (conversions + _SHRINK_LEADS * average) / (leads + _SHRINK_LEADS)
    return tuple(logit(float(rate)) for rate in rates)

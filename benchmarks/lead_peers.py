"""What others would do with the same honest columns: Odoo's naive Bayes, logistic regression, XGBoost.

Belongs here: the peers, each a function of (past leads, their outcome, new leads) that returns probabilities. Does not
belong: the product and the measures. Tables hold text, blanks null; a column counts as numbers where 95 % of it are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import xgboost as xgb

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Peer = Callable[[pl.DataFrame, FloatArray, pl.DataFrame], FloatArray]

_MOSTLY = 0.95
_QUINTILES = (0.2, 0.4, 0.6, 0.8)
_ODOO_SMOOTHING = 0.1
_ODOO_LOWEST, _ODOO_HIGHEST = 0.0001, 0.9999
_FEWEST_LEADS_A_WORD = 5
_PENALTY = 1.0  # scikit-learn's default, C = 1
_NEWTON_STEPS = 25
_MOST_ROUNDS = 600
_PATIENCE = 40
_TUNED_SHAPES = ((3, 4), (4, 8), (6, 8))  # depth, lightest leaf


def odoo(past: pl.DataFrame, outcome: FloatArray, new: pl.DataFrame) -> FloatArray:
    """Odoo's predictive lead scoring (addons/crm/models/crm_lead.py), numbers binned in fifths for it.

    A value's chances are its smoothed counts over the totals of its field; blanks and values never seen are skipped. The
    prior is the share of won leads at the first stage, where all leads have been.
    """
    won, lost = outcome.sum() + _ODOO_SMOOTHING, (1 - outcome).sum() + _ODOO_SMOOTHING
    odds = np.full(new.height, np.log(won) - np.log(lost))
    for name in past.columns:
        seen, asked, values = _codes(past[name], new[name])
        wins = np.bincount(seen[seen >= 0], weights=outcome[seen >= 0], minlength=values) + _ODOO_SMOOTHING
        losses = np.bincount(seen[seen >= 0], weights=1 - outcome[seen >= 0], minlength=values) + _ODOO_SMOOTHING
        if values:
            worth = np.log(wins / wins.sum()) - np.log(losses / losses.sum())
            odds += np.where(asked >= 0, worth[asked], 0.0)
    return np.clip(_sigmoid(odds), _ODOO_LOWEST, _ODOO_HIGHEST)


def logistic(past: pl.DataFrame, outcome: FloatArray, new: pl.DataFrame) -> FloatArray:
    """Plain logistic regression: one-hot words, standardised numbers, L2 as scikit-learn has it by default."""
    columns = [_design(past[name], new[name]) for name in past.columns]
    seen, asked = (np.hstack([np.ones((len(parts[0]), 1)), *parts]) for parts in zip(*columns, strict=True))
    penalty = np.full(seen.shape[1], _PENALTY)
    penalty[0] = 1e-6
    weights = np.zeros(seen.shape[1])
    for _ in range(_NEWTON_STEPS):
        chance = _sigmoid(seen @ weights)
        gradient = seen.T @ (chance - outcome) + penalty * weights
        curvature = (seen * (chance * (1 - chance))[:, None]).T @ seen + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        weights -= step
        if np.abs(step).max() < 1e-6:
            break
    return _sigmoid(asked @ weights)


def xgboost_default(past: pl.DataFrame, outcome: FloatArray, new: pl.DataFrame) -> FloatArray:
    """XGBoost as it comes, 100 rounds, words as its own categories."""
    seen, asked = _matrices(past, outcome, new)
    booster = xgb.train({"objective": "binary:logistic", "seed": 0, "nthread": 1}, seen, num_boost_round=100)
    return np.asarray(booster.predict(asked), dtype=np.float64)


def xgboost_tuned(past: pl.DataFrame, outcome: FloatArray, new: pl.DataFrame) -> FloatArray:
    """XGBoost as a careful analyst has it: small steps, three sizes of tree, stopped on an inner fifth, fitted anew."""
    inner = np.random.default_rng(0).permutation(len(outcome))
    held, kept = inner[: len(inner) // 5], inner[len(inner) // 5 :]
    fits = [_stopped(shape, past, outcome, kept, held) for shape in _TUNED_SHAPES]
    _, rounds, shape = min(fits)
    seen, asked = _matrices(past, outcome, new)
    booster = xgb.train(_small(*shape), seen, num_boost_round=rounds)
    return np.asarray(booster.predict(asked), dtype=np.float64)


PEERS: dict[str, Peer] = {"Odoo naive Bayes": odoo, "logistic regression": logistic, "XGBoost default": xgboost_default}


def _stopped(
    shape: tuple[int, int], past: pl.DataFrame, outcome: FloatArray, kept: IntArray, held: IntArray
) -> tuple[float, int, tuple[int, int]]:
    """Log loss on the inner fifth, the rounds that gave it, and the shape of tree."""
    seen, asked = _matrices(past[kept], outcome[kept], past[held], outcome[held])
    booster = xgb.train(
        _small(*shape),
        seen,
        num_boost_round=_MOST_ROUNDS,
        evals=[(asked, "inner")],
        early_stopping_rounds=_PATIENCE,
        verbose_eval=False,
    )
    return booster.best_score, booster.best_iteration + 1, shape


def _small(depth: int, lightest: int) -> dict[str, object]:
    return {
        "objective": "binary:logistic",
        "eval_metric": "logloss",
        "eta": 0.06,
        "max_depth": depth,
        "min_child_weight": lightest,
        "subsample": 0.8,
        "colsample_bytree": 0.7,
        "lambda": 3,
        "nthread": 1,  # two sets are measured at a time
        "seed": 0,
    }


@dataclass(frozen=True, slots=True)
class _Levels:
    """Codes of words: their place among the values seen, -1 for a blank and for a value not among them."""

    values: list[str]

    def of(self, series: pl.Series) -> IntArray:
        codes = series.replace_strict(self.values, list(range(len(self.values))), default=-1, return_dtype=pl.Int64)
        return codes.fill_null(-1).to_numpy().astype(np.intp)


def _is_numeric(series: pl.Series) -> bool:
    filled = series.drop_nulls()
    numbers = filled.cast(pl.Float64, strict=False)
    return filled.len() > 0 and 1 - numbers.null_count() / filled.len() >= _MOSTLY and filled.n_unique() > 2


def _numbers(series: pl.Series) -> FloatArray:
    return series.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy().astype(np.float64)


def _codes(past: pl.Series, new: pl.Series) -> tuple[IntArray, IntArray, int]:
    """Codes of both, -1 where there is none, and how many codes there are."""
    if not _is_numeric(past):
        levels = _Levels(past.drop_nulls().unique().sort().to_list())
        return levels.of(past), levels.of(new), len(levels.values)
    known = _numbers(past)
    edges = np.unique(np.nanquantile(known, _QUINTILES))
    seen, asked = (np.where(np.isnan(n), -1, np.searchsorted(edges, n, side="left")) for n in (known, _numbers(new)))
    return seen, asked, len(edges) + 1


def _design(past: pl.Series, new: pl.Series) -> tuple[FloatArray, FloatArray]:
    """Columns of a design matrix for both: a number and whether it is missing, or one column a frequent word."""
    if _is_numeric(past):
        known = _numbers(past)
        mean, deviation = float(np.nanmean(known)), float(np.nanstd(known)) or 1.0
        return _standardised(known, mean, deviation), _standardised(_numbers(new), mean, deviation)
    counts = past.drop_nulls().value_counts().filter(pl.col("count") >= _FEWEST_LEADS_A_WORD)
    levels = _Levels(counts[past.name].sort().to_list())
    width = np.arange(len(levels.values))
    seen, asked = ((levels.of(s)[:, None] == width).astype(np.float64) for s in (past, new))
    return seen, asked


def _standardised(numbers: FloatArray, mean: float, deviation: float) -> FloatArray:
    missing = np.isnan(numbers)
    return np.column_stack([np.where(missing, 0.0, (numbers - mean) / deviation), missing])


def _matrices(
    past: pl.DataFrame, outcome: FloatArray, new: pl.DataFrame, label: FloatArray | None = None
) -> tuple[xgb.DMatrix, xgb.DMatrix]:
    """Words as codes of XGBoost's own categories; a word never seen counts as missing."""
    seen, asked, kinds = [], [], []
    for name in past.columns:
        kinds.append("float" if _is_numeric(past[name]) else "c")
        if kinds[-1] == "float":
            columns = [_numbers(past[name]), _numbers(new[name])]
        else:
            levels = _Levels(past[name].drop_nulls().unique().sort().to_list())
            columns = [
                np.where(c < 0, np.nan, c).astype(np.float64) for c in (levels.of(past[name]), levels.of(new[name]))
            ]
        seen.append(columns[0])
        asked.append(columns[1])
    return (
        xgb.DMatrix(np.column_stack(seen), label=outcome, feature_types=kinds, enable_categorical=True),
        xgb.DMatrix(np.column_stack(asked), label=label, feature_types=kinds, enable_categorical=True),
    )


def _sigmoid(log_odds: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -35.0, 35.0))))

"""How far two groups of leads differ: the population stability index.

Belongs here: the index, its levels, and the name of the score among the columns that drift. Does not belong: which groups are
compared and what follows (`candidates`, `life`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

SCORE = "score"  # named so among the columns
WATCH_FROM = 0.10
ALARM_FROM = 0.25

_BINS = 10
_SMOOTHED = 0.5  # leads added to each cell, so that an empty one gives no infinite index


def psi(expected: IntArray, actual: IntArray, cells: int) -> float:
    """Index of the cells (0 to `cells` - 1) of two groups; 0 where both are spread alike, or one is empty."""
    if not len(expected) or not len(actual):
        return 0.0
    before, now = _shares(expected, cells), _shares(actual, cells)
    return float(((now - before) * np.log(now / before)).sum())


def psi_beyond_chance(expected: IntArray, actual: IntArray, cells: int) -> float:
    """The index less what chance alone shows of two groups that are alike, which is much where there are many cells."""
    seen = len(np.unique(np.concatenate([expected, actual])))
    by_chance = (seen - 1) * (1 / max(len(expected), 1) + 1 / max(len(actual), 1))
    return max(psi(expected, actual, cells) - by_chance, 0.0)


def score_psi(expected: FloatArray, actual: FloatArray) -> float:
    """Index of two groups of scores, in ten bins that hold a tenth of `expected` each."""
    if not len(expected):
        return 0.0
    edges = np.unique(np.quantile(expected, np.linspace(0, 1, _BINS + 1)[1:-1]))
    before, now = (np.searchsorted(edges, scores, side="right") for scores in (expected, actual))
    return psi(before, now, len(edges) + 1)


def _shares(cells: IntArray, count: int) -> FloatArray:
    counted = np.bincount(cells, minlength=count) + _SMOOTHED
    return np.asarray(counted / counted.sum(), dtype=np.float64)

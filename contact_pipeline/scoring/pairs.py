"""Trees of two questions as tables: what each column adds to the margin, for every pair of columns that meet in a tree.

Belongs here: reading the trees of XGBoost and explaining rows by them. Does not belong: training (`boosting`).

A tree of two questions is the sum of its branches, and each branch asks about two columns at most. So the Shapley values of
all trees (path dependent: a question not answered is taken with the cover of its sides, as `pred_contribs` does) are a sum
over pairs of columns, of a number that depends on the bins of the two values alone. The tables hold these numbers; a row is
explained by as many look-ups as there are pairs, however many trees there are. Effects and constant sum to the margin.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import xgboost as xgb

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Pair = tuple[int, int]


class _Branch(NamedTuple):
    """One side of a root: the columns of both questions, which bins answer towards this side and to its first leaf.

    `share` is the cover of this side in the root, `first_share` that of its first leaf in this side. A side that is a leaf
    has twice the same leaf.
    """

    columns: Pair
    inside: npt.NDArray[np.bool_]
    first: npt.NDArray[np.bool_]
    share: float
    first_share: float
    leaves: tuple[float, float]


@dataclass(frozen=True, slots=True)
class PairTables:
    """For each pair of columns the effect on either, flat over the bins of both; `bins` are the edges of each column."""

    bins: tuple[npt.NDArray[np.float32], ...]
    tables: dict[Pair, tuple[FloatArray, FloatArray]]
    constant: float

    def effects(self, values: npt.NDArray[np.float32]) -> FloatArray:
        """Shape (rows, columns) for values of that shape, nan where missing."""
        found = np.zeros((values.shape[1], len(values)))
        codes = [_codes(edges, values[:, index]) for index, edges in enumerate(self.bins)]
        for (one, other), (on_one, on_other) in self.tables.items():
            cells = codes[one] * _width(self.bins[other]) + codes[other]
            found[one] += on_one[cells]
            if other != one:
                found[other] += on_other[cells]
        return found.T


def tables_of(booster: xgb.Booster) -> PairTables:
    """The trees of a booster, none deeper than two questions."""
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    trees = learner["gradient_booster"]["model"]["trees"]
    bins = tuple(_edges_of(trees, column) for column in range(int(learner["learner_model_param"]["num_feature"])))
    tables: dict[Pair, tuple[FloatArray, FloatArray]] = {}
    constant = 0.0
    for tree in trees:
        constant += _leaf(tree, 0) if tree["left_children"][0] < 0 else 0.0
        for branch in _branches(tree, bins):
            constant += branch.share * _mean(branch)
            _add(tables, branch, bins)
    return PairTables(bins, tables, constant)


def _codes(edges: npt.NDArray[np.float32], values: npt.NDArray[np.float32]) -> IntArray:
    """Number of the bin of each value; a missing one has the last."""
    codes = np.searchsorted(edges, values, side="right")
    return np.where(np.isnan(values), len(edges) + 1, codes)


def _width(edges: npt.NDArray[np.float32]) -> int:
    return len(edges) + 2


def _edges_of(trees: list[dict[str, Any]], column: int) -> npt.NDArray[np.float32]:
    found = {
        condition
        for tree in trees
        for condition, index, left in zip(
            tree["split_conditions"], tree["split_indices"], tree["left_children"], strict=True
        )
        if left >= 0 and index == column
    }
    return np.unique(np.array(sorted(found), dtype=np.float32))


def _branches(tree: dict[str, Any], bins: tuple[npt.NDArray[np.float32], ...]) -> Iterator[_Branch]:
    """Both sides of the root; none for a tree that asks nothing."""
    if tree["left_children"][0] < 0:
        return
    root, to_left, cover = tree["split_indices"][0], _answers(tree, 0, bins), tree["sum_hessian"]
    sides = ((tree["left_children"][0], to_left), (tree["right_children"][0], ~to_left))
    for side, inside in sides:
        share = cover[side] / cover[0]
        left, right = tree["left_children"][side], tree["right_children"][side]
        if left < 0:
            leaf = _leaf(tree, side)
            yield _Branch((root, root), inside, np.ones_like(inside), share, 1.0, (leaf, leaf))
            continue
        columns = (root, tree["split_indices"][side])
        leaves = (_leaf(tree, left), _leaf(tree, right))
        yield _Branch(columns, inside, _answers(tree, side, bins), share, cover[left] / cover[side], leaves)


def _answers(tree: dict[str, Any], node: int, bins: tuple[npt.NDArray[np.float32], ...]) -> npt.NDArray[np.bool_]:
    """By bin of the node's column: does it go left?"""
    edges = bins[tree["split_indices"][node]]
    place = int(np.searchsorted(edges, np.float32(tree["split_conditions"][node])))
    answers = np.arange(_width(edges)) <= place
    answers[-1] = bool(tree["default_left"][node])
    return answers


def _leaf(tree: dict[str, Any], node: int) -> float:
    return float(tree["split_conditions"][node])


def _mean(branch: _Branch) -> float:
    """Value of the branch to a row of which only the root is known to lead there."""
    return branch.first_share * branch.leaves[0] + (1 - branch.first_share) * branch.leaves[1]


def _add(
    tables: dict[Pair, tuple[FloatArray, FloatArray]], branch: _Branch, bins: tuple[npt.NDArray[np.float32], ...]
) -> None:
    """Add the Shapley values of a branch to the table of its pair."""
    root, other = branch.columns
    inside = branch.inside.astype(np.float64)
    value = np.where(branch.first, *branch.leaves)
    shape = (_width(bins[root]), _width(bins[other]))
    on_root, on_other = tables.setdefault(branch.columns, (np.zeros(np.prod(shape)), np.zeros(np.prod(shape))))
    mean = _mean(branch)
    if root == other:
        on_root += np.diag(inside * value - branch.share * mean).ravel()
        return
    on_root += (np.subtract.outer(inside, branch.share * np.ones(shape[1])) * (mean + value) / 2).ravel()
    on_other += (np.add.outer(inside, branch.share * np.ones(shape[1])) * (value - mean) / 2).ravel()

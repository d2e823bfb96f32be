"""Past leads as arrays, from which every candidate learns alike.

Belongs here: the arrays and their splits. Does not belong: how they come about (`past`, `selection`, `columns`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from contact_pipeline.scoring.columns import Column, Encoded

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

FOLDS = 5
_EARLIER = 0.8


@dataclass(frozen=True, slots=True)
class Examples:
    """What is known of past leads; all but `columns` have one row a look at a lead.

    points: log-odds by column, mean zero. outcome: 0 or 1. weight: mean 1. lead: number of the contact. place: order in time.
    """

    columns: tuple[Column, ...]
    encoded: Encoded
    points: FloatArray
    outcome: FloatArray
    weight: FloatArray
    lead: IntArray
    place: IntArray
    half_life_days: float
    seed: int

    def take(self, rows: IntArray) -> Examples:
        """Some of the rows."""
        return replace(
            self,
            encoded=self.encoded.take(rows),
            points=self.points[rows],
            outcome=self.outcome[rows],
            weight=self.weight[rows],
            lead=self.lead[rows],
            place=self.place[rows],
        )

    def folds(self) -> IntArray:
        """Fold 0-4 of each row; both outcomes spread evenly, all rows of a lead in one fold."""
        return lead_folds(self.outcome, self.lead, self.seed)

    def earlier(self) -> npt.NDArray[np.bool_]:
        """Which rows are of the earlier 80 % of the leads."""
        places = np.unique(self.place)
        return np.asarray(self.place < places[int(len(places) * _EARLIER)])


def lead_folds(outcome: FloatArray, lead: IntArray, seed: int) -> IntArray:
    """Fold 0-4 of each row: leads at random under the seed, those that converted and the others spread evenly."""
    leads, row = np.unique(lead, return_inverse=True)
    converted = np.zeros(len(leads))
    np.maximum.at(converted, row, outcome)
    generator = np.random.default_rng(seed)
    folds = np.empty(len(leads), dtype=np.intp)
    for value in (0.0, 1.0):
        drawn = generator.permutation(np.flatnonzero(converted == value))
        folds[drawn] = np.arange(len(drawn)) % FOLDS
    return folds[row]

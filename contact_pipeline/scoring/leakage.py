"""Which columns know the outcome already, and must not predict it.

Belongs here: names that are held back, the single-column test, warnings. Does not belong: how good a model is (`metrics`).
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from contact_pipeline.scoring.columns import Column, Encoded
from contact_pipeline.scoring.examples import FOLDS
from contact_pipeline.scoring.metrics import roc_auc

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

# Canonical fields that are written after the outcome or tell who worked the lead.
HELD_FIELDS: dict[str, str] = {
    "lead_status": "written after the outcome is known",
    "lifecycle_stage": "written after the outcome is known",
    "converted_at": "exists only for leads that converted",
    "owner": "tells who worked the lead, not how good it is",
}

_HELD_FROM = 0.80
_HELD_BY_NAME_FROM = 0.75
_MISSINGNESS_FROM = 0.63
_LEAKY_NAME = re.compile(
    r"status|stage|lifecycle|\btags?\b|quality|rating|profile|clos(?:e|ed|ing)|\bwon\b|\blost\b|\bdeals?\b|amount"
    r"|convert|conversion|outcome|result|customer|score|grade|qualified|\bmql\b|\bsql\b"
)
_FINE_BINS = 20
_SHRINK_LEADS = 5.0


def leak_reason(column: Column, encoded: Encoded, outcome: FloatArray, folds: IntArray) -> str | None:
    """Why a column, encoded alone, is held back; None where it may be used."""
    area = single_column_auc(_cells(column, encoded), outcome, folds)
    if area >= _HELD_FROM:
        return f"predicts the outcome alone (AUC {area:.2f}): held until confirmed"
    if area >= _HELD_BY_NAME_FROM and _is_named_like_an_outcome(column):
        return f"predicts the outcome alone (AUC {area:.2f}) and is named like an outcome: held until confirmed"
    return None


def leak_warning(column: Column, encoded: Encoded, outcome: FloatArray, folds: IntArray) -> str | None:
    """What is suspicious about a column that may be used."""
    if column.group == "custom" and _is_named_like_an_outcome(column):
        return f"{column.label} is named like an outcome: if it is filled in late, leave it out with scoring.exclude."
    missing = (encoded.states[:, 0] == column.missing).astype(np.intp)
    area = single_column_auc(missing, outcome, folds)
    if area >= _MISSINGNESS_FROM:
        return f"Whether {column.label} is filled tells the outcome (AUC {area:.2f}): it may be asked only of the promising."
    return None


def _is_named_like_an_outcome(column: Column) -> bool:
    return bool(_LEAKY_NAME.search(re.sub(r"[_\W]+", " ", column.label.lower())))


def single_column_auc(cells: IntArray, outcome: FloatArray, folds: IntArray) -> float:
    """ROC AUC of the conversion rates of the cells, each lead judged by the rates of the other folds."""
    width = int(cells.max()) + 1
    rates = np.empty(len(outcome))
    for fold in range(FOLDS):
        inside = folds == fold
        average = outcome[~inside].mean()
        leads = np.bincount(cells[~inside], minlength=width)
        conversions = np.bincount(cells[~inside], weights=outcome[~inside], minlength=width)
        rates[inside] = ((conversions + _SHRINK_LEADS * average) / (leads + _SHRINK_LEADS))[cells[inside]]
    return roc_auc(outcome, rates)


def _cells(column: Column, encoded: Encoded) -> IntArray:
    """States of words; numbers in twentieths, finer than their bands, missing apart."""
    if column.words:
        return encoded.states[:, 0]
    numbers = encoded.numbers[:, 0]
    known = ~np.isnan(numbers)
    edges = np.unique(np.quantile(numbers[known], np.linspace(0, 1, _FINE_BINS + 1)[1:-1]))
    return np.where(known, np.searchsorted(edges, numbers, side="right"), len(edges) + 1)

"""The orders in which the list can stand.

Belongs here: what can be sorted by, and the rows of a page. Does not belong: which leads there are to sort (`index`). Every
order is told by numbers: 0 is no value, which comes last in either direction; equal ones stay in call order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from contact_pipeline.dashboard.index import LeadIndex, Numbers, Rows
from contact_pipeline.dashboard.kept import Kept
from contact_pipeline.dashboard.query import CALL_ORDER, LeadQuery, NotAsked

# By the codes of a filter, which stand in the order of its values.
_BY_FILTER: Final = {
    "category": "category",
    "industry": "industry",
    "company_size": "company_size",
    "country": "country",
    "source": "lead_source",
    "owner": "owner",
    "confidence": "confidence",
    "action": "action",
}
_BY_COLUMN: Final = ("name", "company", "job_title", "last_activity", "change", "probability", "propensity")
_BY_SCORE: Final = "score"
SORTS: Final = frozenset({CALL_ORDER, _BY_SCORE, *_BY_FILTER, *_BY_COLUMN})

_COLUMNS_KEPT = 3  # 4 bytes a lead each
_LAST = np.uint64(2**32 - 1)  # beyond every number there is
_PARTITION_UP_TO = 0.25  # of the rows: taking the first few out is quicker than sorting them all


class LeadOrders:
    """Puts rows in order. Columns that only sorting needs are read when first asked for; the last few are kept."""

    def __init__(self, index: LeadIndex, read: Callable[[str], Numbers]) -> None:
        self._index = index
        self._read = read
        self._kept = Kept[Numbers](_COLUMNS_KEPT)

    def first(self, rows: Rows, query: LeadQuery, most: int) -> Rows:
        """The first `most` of these rows (ascending) in the order of the question. Raises NotAsked for an unknown one."""
        if query.sort not in SORTS:
            raise NotAsked(f"The list cannot be sorted by '{query.sort}'.")
        if query.sort == CALL_ORDER:
            return (rows[::-1] if query.descending else rows)[:most]
        keys = _keys(self._numbers(query.sort).take(rows), descending=query.descending)
        # The place among the rows below the number: both are one number to sort, and none is equal to another.
        ordered = (keys << np.uint64(32)) | np.arange(len(rows), dtype=np.uint64)
        if most < len(rows) * _PARTITION_UP_TO:
            ordered = np.partition(ordered, most)[:most]
        ordered.sort()
        return rows.take((ordered[:most] & _LAST).astype(np.intp))

    def _numbers(self, sort: str) -> Numbers:
        if sort == _BY_SCORE:
            return self._index.tenths + 1
        if sort in _BY_FILTER:
            return self._index.filters[_BY_FILTER[sort]].codes
        return self._kept.get(sort, lambda: self._read(sort))


def _keys(numbers: Numbers, *, descending: bool) -> npt.NDArray[np.uint64]:
    """What sorts as the numbers do, in the direction asked for, none last."""
    keys = numbers.astype(np.uint64)
    missing = keys == 0
    if descending:
        keys = _LAST - keys
    keys[missing] = _LAST
    return keys

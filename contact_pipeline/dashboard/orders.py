"""The orders in which the list can stand.

Belongs here: what can be sorted by, and the rows of a page. Does not belong: which leads there are to sort (`index`). Every
order is told by numbers: 0 is no value, which comes last in either direction; equal ones stay in call order.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final

import numpy as np

from contact_pipeline.dashboard.index import LeadIndex, Numbers, Rows
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
_PARTITION_UP_TO = 0.25  # of the rows: taking the first few out is quicker than sorting them all


class LeadOrders:
    """Puts rows in order. Columns that only sorting needs are read when first asked for; the last few are kept."""

    def __init__(self, index: LeadIndex, read: Callable[[str], Numbers]) -> None:
        self._index = index
        self._read = read
        self._kept: OrderedDict[str, Numbers] = OrderedDict()
        self._lock = Lock()

    def first(self, rows: Rows, query: LeadQuery, most: int) -> Rows:
        """The first `most` of these rows (ascending) in the order of the question. Raises NotAsked for an unknown one."""
        if query.sort not in SORTS:
            raise NotAsked(f"The list cannot be sorted by '{query.sort}'.")
        if query.sort == CALL_ORDER:
            return (rows[::-1] if query.descending else rows)[:most]
        keys = self._keys(self._numbers(query.sort).take(rows), descending=query.descending)
        # The place among the rows below the number: both are one number to sort, and none is equal to another.
        ordered = (keys << np.uint64(32)) | np.arange(len(rows), dtype=np.uint64)
        if most < len(rows) * _PARTITION_UP_TO:
            ordered = np.partition(ordered, most)[:most]
        ordered.sort()
        return rows.take((ordered[:most] & np.uint64(0xFFFFFFFF)).astype(np.intp))

    def _numbers(self, sort: str) -> Numbers:
        if sort == _BY_SCORE:
            return self._index.tenths + 1
        if sort in _BY_FILTER:
            return self._index.filters[_BY_FILTER[sort]].codes
        with self._lock:
            if sort not in self._kept:
                self._kept[sort] = self._read(sort)
            self._kept.move_to_end(sort)
            while len(self._kept) > _COLUMNS_KEPT:
                self._kept.popitem(last=False)
            return self._kept[sort]

    @staticmethod
    def _keys(numbers: Numbers, *, descending: bool) -> np.ndarray:
        keys = numbers.astype(np.uint64)
        missing = keys == 0
        if descending:
            keys = np.uint64(2**32 - 1) - keys
        keys[missing] = 2**32 - 1
        return keys

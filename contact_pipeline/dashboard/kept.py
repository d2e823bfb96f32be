"""The answers asked for last, kept: right for ever, since what they are about never changes.

Belongs here: keeping a bounded number of results. Does not belong: what they are.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

V = TypeVar("V")


class Kept(Generic[V]):
    """The last `most` results by key. Threads may share it; two that ask for the same at once may both work it out."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._results: OrderedDict[Hashable, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, find: Callable[[], V]) -> V:
        """The result of that key: the one that is kept, else what `find` gives. What it raises is not kept."""
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
                return self._results[key]
        result = find()
        with self._lock:
            self._results[key] = result
            while len(self._results) > self._most:
                self._results.popitem(last=False)
        return result

"""How much a costly law is tried on: little in the suite, much in `make campaign`.

Belongs here: how much. Does not belong: the laws.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_IS_CAMPAIGN = os.environ.get("HYPOTHESIS_PROFILE") == "search"
_TIMES_IN_A_CAMPAIGN = 10
_ONE_IN = 3


def examples(in_the_suite: int) -> int:
    """The number of examples for this run."""
    return in_the_suite * (_TIMES_IN_A_CAMPAIGN if _IS_CAMPAIGN else 1)


def some(items: Sequence[T]) -> Sequence[T]:
    """Every third of them in the suite, all in a campaign."""
    return items if _IS_CAMPAIGN else items[::_ONE_IN]

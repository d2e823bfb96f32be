"""How many examples a costly law is tried on: few in the suite, many in `make campaign`.

Belongs here: that number. Does not belong: the laws.
"""

from __future__ import annotations

import os

_TIMES_IN_A_CAMPAIGN = 10


def examples(in_the_suite: int) -> int:
    """The number of examples for this run."""
    is_campaign = os.environ.get("HYPOTHESIS_PROFILE") == "search"
    return in_the_suite * (_TIMES_IN_A_CAMPAIGN if is_campaign else 1)

"""Seeded chance that gives the same throws on every Python, so that generated files can be compared byte for byte.

Belongs here: drawing numbers and picking from lists. Does not belong: what is drawn (`synthetic`, `sample_files`).
Only `Random.random` is used: it is the one method whose sequence Python promises to keep for a seed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

_T = TypeVar("_T")


class Dice:
    """A stream of throws; two streams of one seed do not disturb each other."""

    def __init__(self, seed: int, stream: str) -> None:
        self._random = random.Random(f"{seed}/{stream}")

    def unit(self) -> float:
        """A number in [0, 1)."""
        return self._random.random()

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self.unit() < probability

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.unit() * (high - low + 1))

    def normal(self) -> float:
        """A standard normal number (Box-Muller)."""
        return math.sqrt(-2 * math.log(1 - self.unit())) * math.cos(2 * math.pi * self.unit())

    def pick(self, options: Sequence[_T]) -> _T:
        """One of the options, each as likely as the others."""
        return options[int(self.unit() * len(options))]

    def weighted(self, weights: Mapping[_T, float]) -> _T:
        """One of the keys, as likely as its weight says; weights need not add up to one."""
        left = self.unit() * sum(weights.values())
        for option, weight in weights.items():
            left -= weight
            if left < 0:
                return option
        return next(reversed(list(weights)))

    def sample(self, options: Sequence[_T], count: int) -> list[_T]:
        """`count` different options in random order."""
        pool = list(options)
        for index in range(count):
            other = self.between(index, len(pool) - 1)
            pool[index], pool[other] = pool[other], pool[index]
        return pool[:count]

    def digits(self, pattern: str) -> str:
        """The pattern with a digit for each #."""
        return "".join(str(self.between(0, 9)) if char == "#" else char for char in pattern)

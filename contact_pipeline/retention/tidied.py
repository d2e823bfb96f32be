"""What goes because it was kept long enough, counted.

Belongs here: this shape and its JSON. Does not belong: finding what goes (`files`, `records`) and showing it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Tidied:
    """So many of a kind, such as "received files", and the bytes that go with them; records within a file free none."""

    what: str
    count: int
    bytes: int = 0

    def as_json(self) -> dict[str, Any]:
        """One entry of `tidy --json`."""
        return asdict(self)

"""What an attribute is: one readable thing a score may depend on.

Belongs here: the shape of an attribute. Does not belong: which attributes there are (`features`, `behaviour`) and what is
learned about them (`columns`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Group = Literal["demographic", "firmographic", "behaviour", "engagement", "completeness", "custom"]
GROUPS: tuple[Group, ...] = ("demographic", "firmographic", "behaviour", "engagement", "completeness", "custom")


@dataclass(frozen=True, slots=True)
class Attribute:
    """A word (String) or a number (Float64). `direction` +1: more is never worse; -1: more is never better; 0: learned.

    `source` names the column it is made from where that is another one; effects of one source are told as one.
    """

    name: str
    label: str
    group: Group
    words: bool = True
    direction: int = 0
    source: str = ""

    @property
    def source_column(self) -> str:
        """The column of the contact, or the custom field, that stands behind it."""
        return self.source or self.name

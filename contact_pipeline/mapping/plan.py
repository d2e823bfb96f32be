"""The mapping of one table: what happens to each of its columns, how sure that is, and why.

Belongs here: the shape of a mapping. Does not belong: how it is found (`headers`) or carried out (`apply`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What becomes of a column. One to ask about is kept as a custom field meanwhile."""

    MAP = "map"
    CUSTOM = "custom"
    EXCLUDE = "exclude"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """The fate of one column. `alternatives` are field names, likeliest first; `confidence` is 0 to 1."""

    index: int
    header: str
    action: Action
    field: str | None
    confidence: float
    reason: str
    alternatives: tuple[str, ...] = ()
    dates_the_record: bool = False  # a "last modified" column: tells how new the row is, is no CRM field


@dataclass(frozen=True, slots=True)
class TablePlan:
    """The mapping of one table, in the order of its columns."""

    columns: tuple[ColumnPlan, ...]

    def column_of(self, field: str) -> ColumnPlan | None:
        """The column mapped onto a field, if any."""
        return next((c for c in self.columns if c.action is Action.MAP and c.field == field), None)

    @property
    def fields(self) -> Sequence[str]:
        """Mapped fields, in column order."""
        return [c.field for c in self.columns if c.action is Action.MAP and c.field]

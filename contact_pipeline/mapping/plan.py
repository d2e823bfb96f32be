"""The mapping of one table: what happens to each of its columns, how sure that is, and why.

Belongs here: the shape of a mapping. Does not belong: how it is found (`headers`) or carried out (`apply`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


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
    unit: str = ""  # what the header says of every number ("k", "m", "bn", "%"), as a cell would write it behind one
    inverted: bool = False  # the column says yes where the field says no ("Subscribed" and Opted Out)
    type: str = "text"  # of a custom field: number, date, boolean or text
    label_index: int | None = None  # the column that tells of each row which phone or e-mail it is


@dataclass(frozen=True, slots=True)
class TablePlan:
    """The mapping of one table, in the order of its columns.

    `tool` is the tool that wrote it as far as its headers tell, `signature` the stable id of this kind of table, and
    `warnings` say what is new about it in words.
    """

    columns: tuple[ColumnPlan, ...]
    tool: str | None = None
    signature: str = ""
    warnings: tuple[str, ...] = ()

    def column_of(self, field: str) -> ColumnPlan | None:
        """The column mapped onto a field, if any."""
        return next((c for c in self.columns if c.action is Action.MAP and c.field == field), None)

    @property
    def fields(self) -> Sequence[str]:
        """Mapped fields, in column order."""
        return [c.field for c in self.columns if c.action is Action.MAP and c.field]

    @property
    def excluded(self) -> tuple[ColumnPlan, ...]:
        """The columns that are not taken in."""
        return tuple(c for c in self.columns if c.action is Action.EXCLUDE)

    def as_json(self) -> dict[str, Any]:
        """What is stored with an import; `plan_of_json` reads it back."""
        return {
            "tool": self.tool,
            "signature": self.signature,
            "warnings": list(self.warnings),
            "columns": [asdict(column) for column in self.columns],
        }


def fits(plan: TablePlan, headers: Sequence[str]) -> bool:
    """Whether a plan was made for a table with these headers."""
    return [column.header for column in plan.columns] == list(headers)


def plan_of_json(stored: Mapping[str, Any]) -> TablePlan:
    """The plan that `as_json` gave."""
    columns = tuple(
        ColumnPlan(**{**column, "action": Action(column["action"]), "alternatives": tuple(column["alternatives"])})
        for column in stored["columns"]
    )
    return TablePlan(columns, stored.get("tool"), stored.get("signature", ""), tuple(stored.get("warnings", ())))

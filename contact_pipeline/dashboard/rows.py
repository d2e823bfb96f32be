"""Leads as the list shows them: from a row of the snapshot to a line with reasons and the next action.

Belongs here: which columns a line needs and what it makes of them. Does not belong: which leads are shown (`index`, `orders`)
and all that is known of one (`details`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb

from contact_pipeline.dashboard.answers import LeadRow
from contact_pipeline.dashboard.index import LeadIndex, Rows
from contact_pipeline.scoring.reasons import Reason, reasons_of

# What no code holds. Scattered rows cost a few milliseconds a column.
LINE_COLUMNS: Final = (
    "rank",
    "contact_id",
    "full_name",
    "email",
    "job_title",
    "company",
    "lead_score",
    "score_change",
    "conversion_probability",
    "engagement_propensity",
    "key_factors",
    "recommended_action",
    "last_activity_at",
)
_MOST_RAISING, _MOST_LOWERING = 2, 1


@dataclass(frozen=True, slots=True, eq=False)
class LineMaker:
    """Makes lines; knows the reasons that the model can give, and action and trigger of each recommended_action."""

    index: LeadIndex
    phrases: frozenset[str]
    actions: Mapping[str, tuple[str, str]]

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, index: LeadIndex) -> LineMaker:
        """As the tables of a snapshot say."""
        phrases = frozenset(phrase for (phrase,) in connection.execute("SELECT phrase FROM phrases").fetchall())
        actions = connection.execute('SELECT text, action, "trigger" FROM actions').fetchall()
        return cls(index, phrases, {text: (action, trigger) for text, action, trigger in actions})

    def lines(self, connection: duckdb.DuckDBPyConnection, rows: Rows) -> list[LeadRow]:
        """The lines of these rows, in their order."""
        if not len(rows):
            return []
        asked = ", ".join(str(int(row)) for row in rows)
        read = connection.execute(f"SELECT {', '.join(LINE_COLUMNS)} FROM leads WHERE rowid IN ({asked})").fetchall()
        lines = {line[0]: self.line(dict(zip(LINE_COLUMNS, line, strict=True))) for line in read}
        return [lines[int(row)] for row in rows]

    def line(self, lead: Mapping[str, Any]) -> LeadRow:
        """The line of a row of `leads` that has LINE_COLUMNS at least."""
        action, trigger = self.actions.get(lead["recommended_action"], (None, None))
        coded = {name: self._value(name, lead["rank"]) for name in _CODED}
        return LeadRow(
            contact_id=lead["contact_id"],
            name=lead["full_name"] or lead["email"] or "",
            job_title=lead["job_title"],
            company=lead["company"],
            industry=coded["industry"],
            score=lead["lead_score"],
            category=coded["category"],
            change=lead["score_change"],
            probability=lead["conversion_probability"],
            propensity=lead["engagement_propensity"],
            confidence=coded["confidence"],
            reasons=_strongest(self.reasons(lead)),
            action=action,
            trigger=trigger or None,
            company_size=coded["company_size"],
            country=coded["country"],
            source=coded["lead_source"],
            owner=coded["owner"],
            last_activity=lead["last_activity_at"],
        )

    def reasons(self, lead: Mapping[str, Any]) -> list[Reason]:
        """All reasons of a row of `leads`."""
        return reasons_of(lead["key_factors"], self.phrases)

    def _value(self, name: str, rank: int) -> str | None:
        coded = self.index.filters[name]
        return coded.values[coded.codes[rank]] or None


_CODED = ("industry", "category", "confidence", "company_size", "country", "lead_source", "owner")


def _strongest(reasons: Sequence[Reason]) -> list[Reason]:
    """The first that raise the score and the first that lowers it."""
    raising = [reason for reason in reasons if reason.raises]
    lowering = [reason for reason in reasons if not reason.raises]
    return [*raising[:_MOST_RAISING], *lowering[:_MOST_LOWERING]]

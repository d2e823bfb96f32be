"""Mappings learned from completed imports, as evidence for the next table of the same kind.

Belongs here: what is remembered of a mapping, finding the one that fits a table, and what has changed since. Does not
belong: storing them (`crm.mappings`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from contact_pipeline.mapping.normalise import normalise_header
from contact_pipeline.mapping.plan import Action, TablePlan

SET_BY_HAND = "set in the settings"
_ALIKE = 0.7  # share of common headers from which two tables of no known tool are of one kind
_NAMED = 5


@dataclass(frozen=True, slots=True)
class LearnedMapping:
    """What an import taught: `targets` are plain header -> field, "custom" or "exclude"; `headers` are all it had."""

    signature: str
    tool: str | None
    headers: tuple[str, ...]
    targets: dict[str, str]
    import_id: str
    learned_at: datetime

    @property
    def source(self) -> str:
        """The words for a reason."""
        return f"as in the import of {self.day}"

    @property
    def day(self) -> str:
        """When it was learned, in words."""
        return f"{self.learned_at.day} {self.learned_at:%b %Y}"

    def as_json(self) -> dict[str, Any]:
        """What `mappings --json` prints."""
        return {**asdict(self), "headers": list(self.headers), "learned_at": self.learned_at.isoformat()}

    @property
    def plain_headers(self) -> frozenset[str]:
        """Its headers in plain form, blank ones left out."""
        return frozenset(plain for header in self.headers if (plain := normalise_header(header)))


def learn(plan: TablePlan, import_id: str, learned_at: datetime) -> LearnedMapping:
    """What to remember of the mapping of a completed import: what was mapped, and all that was set by hand.

    Columns that were left alone stay open: other values may tell more of them next time.
    """
    targets = {
        normalise_header(column.header): column.field or column.action.value
        for column in plan.columns
        if column.action is Action.MAP or column.reason.startswith(SET_BY_HAND)
    }
    headers = tuple(column.header for column in plan.columns)
    known = {header: target for header, target in targets.items() if header}
    return LearnedMapping(plan.signature, plan.tool, headers, known, import_id, learned_at)


def recall(learned: Sequence[LearnedMapping], signature: str, plain_headers: frozenset[str]) -> LearnedMapping | None:
    """The mapping of the same signature, else of the table without a known tool whose headers are most alike."""
    same = next((one for one in learned if one.signature == signature), None)
    if same is not None:
        return same
    alike = [(_likeness(one.plain_headers, plain_headers), one) for one in learned if one.tool is None]
    best = max(alike, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] >= _ALIKE else None


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, len(one | other))


def drift_warning(what: str, gone: Sequence[str], new: Sequence[str]) -> str | None:
    """What has changed about a kind of table, in words; None where nothing has. `what` ends before "has changed"."""
    changes = [f"{verb}: {_listed(headers)}" for verb, headers in (("gone", gone), ("new", new)) if headers]
    return f"{what} has changed; {'; '.join(changes)}" if changes else None


def _listed(headers: Sequence[str]) -> str:
    named = ", ".join(f"'{header}'" for header in headers[:_NAMED])
    return named if len(headers) <= _NAMED else f"{named} and {len(headers) - _NAMED} more"

"""Events: what hooks are told, as one small JSON of a stable shape.

Belongs here: the shape and its version. Does not belong: finding out what happened (`telling`, `defs.news`), and sending it.
An event holds counts, codes and links: no name, address or number of a person, and no name of a file. Of an import's id it has
the part that is derived from the bytes, since the part before it comes from the name of the file.

docs/hooks.md documents the shape. What is there keeps its name and meaning; a change of that is another SCHEMA.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid4, uuid5

from contact_pipeline.crm.history import PastImport
from contact_pipeline.dashboard.whereabouts import base_address
from contact_pipeline.settings import Settings
from contact_pipeline.settings.hooks import EventName

SCHEMA = 1
TEST: Literal["test"] = "test"


@dataclass(frozen=True, slots=True)
class ImportFacts:
    """An import without its name. `status` is that in the history; None where nothing of it is there. `rows` is its ledger."""

    import_id: str
    kind: str | None
    status: str | None
    rows: Mapping[str, int] | None

    @classmethod
    def of(cls, past: PastImport) -> ImportFacts:
        """As the history has it."""
        return cls(past.import_id, past.kind, past.status, past.ledger.rows)

    def as_json(self) -> dict[str, Any]:
        """`import` of an event."""
        return {
            "id": self.import_id.rpartition("@")[2],
            "kind": self.kind,
            "status": self.status,
            "rows": dict(self.rows) if self.rows is not None else None,
        }


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run in Dagster. `stage` is the one that failed, `failed_checks` are those that did not pass."""

    run_id: str
    seconds: float | None
    stage: str | None = None
    failed_checks: Sequence[str] = ()

    def as_json(self, settings: Settings) -> dict[str, Any]:
        """`run` of an event."""
        return {
            "id": self.run_id,
            "seconds": None if self.seconds is None else round(self.seconds, 1),
            "stage": self.stage,
            "failed_checks": sorted(self.failed_checks),
            "url": f"{settings.dagster_address.rstrip('/')}/runs/{self.run_id}",
        }


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at a moment (UTC). `reason` is a code; `scores` is how all leads stood when it was noted."""

    event_id: str
    name: EventName | Literal["test"]
    at: datetime
    reason: str | None = None
    of_import: ImportFacts | None = None
    scores: Mapping[str, Any] | None = None
    run: RunFacts | None = None

    def as_text(self, settings: Settings) -> str:
        """The JSON that hooks get: every key is there, whatever the event."""
        return json.dumps(
            {
                "schema": SCHEMA,
                "id": self.event_id,
                "event": self.name,
                "at": f"{self.at:%Y-%m-%dT%H:%M:%SZ}",
                "product": f"contact-pipeline {version('contact-pipeline')}",
                "reason": self.reason,
                "import": self.of_import.as_json() if self.of_import else None,
                "scores": dict(self.scores) if self.scores else None,
                "run": self.run.as_json(settings) if self.run else None,
                "dashboard": f"{base_address(settings.dashboard)}/",
            }
        )


def event_of_run(name: EventName, run_id: str, about: str = "") -> str:
    """The id of an event of a run, which is the same whoever finds out about it."""
    return str(uuid5(NAMESPACE_URL, f"contact-pipeline/{run_id}/{name}/{about}"))


def event_of_now(
    name: EventName | Literal["test"],
    reason: str | None = None,
    of_import: ImportFacts | None = None,
    scores: Mapping[str, Any] | None = None,
) -> Event:
    """An event of this moment that no run stands for."""
    return Event(str(uuid4()), name, datetime.now(UTC), reason, of_import, scores)

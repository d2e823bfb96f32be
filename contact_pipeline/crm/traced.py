"""What tracing a contact tells, as plain values: each value of it, the records it comes from, and what the others say.

Belongs here: these shapes and their JSON. Does not belong: finding them (`provenance`) and showing them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contact_pipeline.crm.differences import json_value
from contact_pipeline.crm.scores import PastScore
from contact_pipeline.crm.source_cells import Cell


@dataclass(frozen=True, slots=True)
class Said:
    """What one record says of a field, and where it stands. `left_out` tells why it does not count, where it does not, and
    `missing` why there are no cells where what was read of the file is not kept."""

    value: object
    import_id: str
    file: str
    sheet: str
    line: int | None
    received_at: datetime
    cells: tuple[Cell, ...] = ()
    made_of: str | None = None
    left_out: str | None = None
    missing: str | None = None

    def as_json(self) -> dict[str, Any]:
        """One entry of `sources` or `others` of `trace --json`."""
        return {
            "value": json_value(self.value),
            "import_id": self.import_id,
            "file": self.file,
            "sheet": self.sheet,
            "line": self.line,
            "received_at": self.received_at.isoformat(),
            "cells": [cell._asdict() for cell in self.cells],
            "made_of": self.made_of,
            "left_out": self.left_out,
            "missing": self.missing,
        }


@dataclass(frozen=True, slots=True)
class TracedValue:
    """A value of a contact: the records it comes from (several where a rule unites them), and what the others say."""

    field: str  # name; of a custom field its own
    label: str
    value: object
    rule: str
    sources: tuple[Said, ...]
    others: tuple[Said, ...]

    def as_json(self) -> dict[str, Any]:
        """One entry of `fields` of `trace --json`; times are ISO, UTC."""
        return {
            "field": self.field,
            "label": self.label,
            "value": json_value(self.value),
            "rule": self.rule,
            "sources": [one.as_json() for one in self.sources],
            "others": [one.as_json() for one in self.others],
        }


@dataclass(frozen=True, slots=True)
class TracedContact:
    """A contact of the address that was asked for, with every value it shows and the scores it had."""

    contact_id: str
    email: str
    is_duplicate: bool
    values: tuple[TracedValue, ...]
    scores: tuple[PastScore, ...] = ()  # the newest first; none where only one field was asked for

    def as_json(self) -> dict[str, Any]:
        """One entry of `trace --json`."""
        return {
            "contact_id": self.contact_id,
            "email": self.email,
            "is_duplicate": self.is_duplicate,
            "fields": [one.as_json() for one in self.values],
            "scores": [one.as_json() for one in self.scores],
        }

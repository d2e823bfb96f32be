"""Which lead models are on record: what is listed of each version, without the model itself.

Belongs here: listing the table `model_versions`. Does not belong: storing, using and replacing a model (`models`), which takes
the libraries that learn.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

import duckdb
from pydantic import ValidationError

from contact_pipeline.scoring.card import ModelCard

Outcome = Literal["promoted", "challenger", "rolled back to", "rolled back"]

_LISTED = ("version", "created_at", "method", "in_use", "decision", "reason", "is_pinned")


@dataclass(frozen=True, slots=True)
class Version:
    """One version as it is listed; the card is None where this program cannot read it."""

    version: str
    created_at: datetime
    method: str
    in_use: bool
    decision: Outcome
    reason: str | None
    is_pinned: bool
    card: ModelCard | None

    def as_json(self) -> dict[str, Any]:
        """One entry of `models --json`."""
        card = self.card.model_dump(mode="json") if self.card else None
        return {**asdict(self), "created_at": self.created_at.isoformat(), "card": card}


def versions(connection: duckdb.DuckDBPyConnection) -> list[Version]:
    """All of them, the newest first."""
    rows = connection.execute(
        f"SELECT {', '.join(_LISTED)}, card FROM model_versions ORDER BY created_at DESC, version"
    ).fetchall()
    return [Version(card=_card(card), **dict(zip(_LISTED, listed, strict=True))) for *listed, card in rows]


def _card(stored: str) -> ModelCard | None:
    try:
        return ModelCard.model_validate_json(stored)
    except ValidationError:
        return None

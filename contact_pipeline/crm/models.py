"""The lead models on record: every version that was learned, and which one is in use.

Belongs here: the table `model_versions`. Does not belong: learning (`scoring.training`).
"""

from __future__ import annotations

from datetime import datetime

import duckdb

from contact_pipeline.scoring.training import LeadModel


def put_in_use(connection: duckdb.DuckDBPyConnection, model: LeadModel, now: datetime) -> None:
    """Make `model` the one in use; a version that is on record already is not stored twice."""
    version = model.card.version
    connection.execute("UPDATE model_versions SET in_use = false WHERE in_use AND version <> ?", [version])
    known = connection.execute("SELECT 1 FROM model_versions WHERE version = ?", [version]).fetchall()
    if known:
        connection.execute("UPDATE model_versions SET in_use = true WHERE version = ? AND NOT in_use", [version])
        return
    connection.execute(
        "INSERT INTO model_versions VALUES (?, ?, ?, true, ?, ?)",
        [version, now, model.card.method, model.card.model_dump_json(), model.to_bytes()],
    )


def model_in_use(connection: duckdb.DuckDBPyConnection) -> LeadModel | None:
    """The model behind the scores, or None before the first one was learned."""
    rows = connection.execute("SELECT model FROM model_versions WHERE in_use").fetchall()
    return LeadModel.from_bytes(rows[0][0]) if rows else None

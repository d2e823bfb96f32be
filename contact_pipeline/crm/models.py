"""The lead models on record: storing what was learned, what was decided about it, and which one is in use.

Belongs here: the table `model_versions`. Does not belong: listing it (`model_versions`), learning (`scoring.training`) and
deciding (`scoring.life`).
A version that this program cannot open, since an older one made it, stays on record and counts as none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb
from pydantic import ValidationError

from contact_pipeline.crm.model_versions import Outcome, Version, versions
from contact_pipeline.errors import UsageError
from contact_pipeline.scoring.life import LearnedFrom
from contact_pipeline.scoring.training import LeadModel


@dataclass(frozen=True, slots=True)
class InUse:
    """The model behind the scores and what it was learned from (None where an older program did not note it)."""

    model: LeadModel
    learned_from: LearnedFrom | None
    is_pinned: bool


def model_in_use(connection: duckdb.DuckDBPyConnection) -> LeadModel | None:
    """The model behind the scores; None before the first one was learned, and where this program cannot open it."""
    found = in_use(connection)
    return found.model if found else None


def in_use(connection: duckdb.DuckDBPyConnection) -> InUse | None:
    """The model behind the scores with what is on record of it; None as for `model_in_use`."""
    rows = connection.execute("SELECT model, learned_from, is_pinned FROM model_versions WHERE in_use").fetchall()
    if not rows:
        return None
    stored, learned_from, is_pinned = rows[0]
    try:
        model = LeadModel.from_bytes(stored)
    except ValidationError:
        return None
    return InUse(model, _read(learned_from), bool(is_pinned))


def learned_from_last(connection: duckdb.DuckDBPyConnection) -> LearnedFrom | None:
    """What the newest attempt at learning saw, whether or not its model came into use."""
    rows = connection.execute(
        "SELECT learned_from FROM model_versions ORDER BY learned_from->>'learned_at' DESC NULLS LAST, rowid DESC LIMIT 1"
    ).fetchall()
    return _read(rows[0][0]) if rows else None


def version_named(connection: duckdb.DuckDBPyConnection, name: str) -> Version:
    """The version whose name begins so. Raises UsageError where there is none, or several."""
    found = [one for one in versions(connection) if name and one.version.startswith(name)]
    if len(found) != 1:
        several = "several versions begin" if found else "no version begins"
        raise UsageError(f"{several} with {name!r}. 'contact-pipeline models' lists them.")
    return found[0]


def promote(
    connection: duckdb.DuckDBPyConnection, model: LeadModel, learned_from: LearnedFrom, now: datetime, reason: str
) -> None:
    """Make `model` the one in use; a version that is on record already is not stored twice."""
    _store(connection, model, learned_from, now)
    if connection.execute("SELECT 1 FROM model_versions WHERE in_use AND version = ?", [model.card.version]).fetchall():
        return
    _use(connection, model.card.version, "promoted", reason)
    connection.execute("UPDATE model_versions SET used_since = ? WHERE in_use", [now])


def keep_challenger(
    connection: duckdb.DuckDBPyConnection, model: LeadModel, learned_from: LearnedFrom, now: datetime, reason: str
) -> None:
    """Put `model` on record without using it."""
    _store(connection, model, learned_from, now)
    connection.execute(
        "UPDATE model_versions SET decision = 'challenger', reason = ? WHERE version = ? AND NOT in_use",
        [reason, model.card.version],
    )


def roll_back(connection: duckdb.DuckDBPyConnection, name: str | None, day: str) -> Version:
    """Use and pin the version named, or the one that was in use before the present one.

    Raises UsageError where there is no such version, or this program cannot open it.
    """
    now = next((one for one in versions(connection) if one.in_use), None)
    chosen = version_named(connection, name) if name else version_named(connection, _used_before(connection))
    if now and chosen.version == now.version:
        raise UsageError(f"{chosen.version} is in use already.")
    stored = connection.execute("SELECT model FROM model_versions WHERE version = ?", [chosen.version]).fetchall()
    try:
        LeadModel.from_bytes(stored[0][0])
    except ValidationError as error:
        raise UsageError(f"{chosen.version} was learned by an older program and cannot be used by this one.") from error
    if now:
        connection.execute(
            "UPDATE model_versions SET decision = 'rolled back', reason = ? WHERE version = ?",
            [f"in favour of {chosen.version} on {day}", now.version],
        )
    _use(connection, chosen.version, "rolled back to", f"on {day}")
    connection.execute("UPDATE model_versions SET is_pinned = true WHERE in_use")
    return version_named(connection, chosen.version)


def release(connection: duckdb.DuckDBPyConnection) -> bool:
    """Let the model in use be replaced again; says whether it was pinned."""
    return bool(connection.execute("UPDATE model_versions SET is_pinned = false WHERE is_pinned").fetchall()[0][0])


def _used_before(connection: duckdb.DuckDBPyConnection) -> str:
    """The version that came into use last before the present one did."""
    rows = connection.execute(
        """SELECT version FROM model_versions
        WHERE used_since < coalesce((SELECT used_since FROM model_versions WHERE in_use), 'infinity'::TIMESTAMP)
        ORDER BY used_since DESC LIMIT 1"""
    ).fetchall()
    if not rows:
        raise UsageError("No version was in use before this one. 'contact-pipeline models' lists them.")
    return str(rows[0][0])


def _store(connection: duckdb.DuckDBPyConnection, model: LeadModel, learned_from: LearnedFrom, now: datetime) -> None:
    """Learning again may find a version that is known: what it was learned from is as of now then."""
    name, seen = model.card.version, learned_from.model_dump_json()
    if connection.execute("SELECT 1 FROM model_versions WHERE version = ?", [name]).fetchall():
        connection.execute("UPDATE model_versions SET learned_from = ? WHERE version = ?", [seen, name])
        return
    connection.execute(
        """INSERT INTO model_versions (version, created_at, method, in_use, card, model, learned_from, is_pinned)
        VALUES (?, ?, ?, false, ?, ?, ?, false)""",
        [name, now, model.card.method, model.card.model_dump_json(), model.to_bytes(), seen],
    )


def _use(connection: duckdb.DuckDBPyConnection, name: str, decision: Outcome, reason: str) -> None:
    connection.execute("UPDATE model_versions SET in_use = version = ?, is_pinned = false", [name])
    connection.execute("UPDATE model_versions SET decision = ?, reason = ? WHERE version = ?", [decision, reason, name])


def _read(learned_from: str | None) -> LearnedFrom | None:
    try:
        return LearnedFrom.model_validate_json(learned_from) if learned_from else None
    except ValidationError:
        return None

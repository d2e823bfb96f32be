"""Noting what happened, for hooks to be told: facts of the CRM as events.

Belongs here: events that no run in Dagster tells of, and the facts that all events share. Does not belong: runs (`defs.news`).
Where the settings name no hook, nothing is noted.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import duckdb

from contact_pipeline.crm.history import past_import, statuses
from contact_pipeline.crm.scores import last_scored_all
from contact_pipeline.crm.scorings import scores_on_record
from contact_pipeline.crm.session import read_crm
from contact_pipeline.errors import StorageFailed, UnknownImport
from contact_pipeline.home import Home
from contact_pipeline.hooks.events import Event, ImportFacts, event_of_now
from contact_pipeline.hooks.outbox import Outbox
from contact_pipeline.intake.receipt import read_receipt
from contact_pipeline.settings.hooks import EventName


def note_refused(home: Home, reason: str) -> None:
    """A file was refused before it became an import; `reason` is the code of the refusal."""
    _note(home, event_of_now("refused", reason=reason))


def note_undone(home: Home, import_id: str) -> None:
    """An import was taken back. Raises HomeBusy."""
    if home.settings.hooks:
        with read_crm(home) as connection:
            facts = import_facts(home, connection, import_id)
        _note(home, event_of_now("undone", of_import=facts))


def note_standing(home: Home, name: EventName, check: str) -> None:
    """Something does not hold though nothing ran: the check that says so is the reason. Raises HomeBusy."""
    if home.settings.hooks:
        with read_crm(home) as connection:
            scores = score_facts(connection)
        _note(home, event_of_now(name, reason=check, scores=scores))


def import_facts(home: Home, connection: duckdb.DuckDBPyConnection, import_id: str) -> ImportFacts:
    """What an event says of an import, whether or not it is on record."""
    if import_id in statuses(connection):
        return ImportFacts.of(past_import(connection, import_id))
    try:
        kind = read_receipt(home, import_id).kind
    except UnknownImport:
        kind = None
    return ImportFacts(import_id, kind, None, None)


def score_facts(connection: duckdb.DuckDBPyConnection) -> dict[str, Any] | None:
    """What an event says of the scores as they stand; None before the first scoring."""
    scores, at = scores_on_record(connection), last_scored_all(connection)
    return scores and {**scores, "all_scored_at": f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else None}


def _note(home: Home, event: Event) -> None:
    if home.settings.hooks:
        with suppress(StorageFailed):  # what is done is done, and whoever looks at the outbox is told of its disk
            Outbox(home).note([event])

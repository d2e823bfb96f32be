"""Imports that the settings of today would make otherwise, and contacts folded by other rules than those of today.

Belongs here: looking up what imports were carried out with and under which options they would run now. Does not belong: the
comparison (`differences`) and running them again (`reruns`). Mended rows are read and mapped as the import from which they
were set aside, so what differs for that one differs for them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from contact_pipeline.crm.history import IMPORTED
from contact_pipeline.crm.rules_in_force import rules_that_differ
from contact_pipeline.mapping.plan import plan_of_json
from contact_pipeline.settings import ImportOptions, Settings
from contact_pipeline.terms.differences import CarriedOut, Difference, differences
from contact_pipeline.terms.stored import READING


@dataclass(frozen=True, slots=True)
class Stale:
    """An import that would come out otherwise now, and why."""

    import_id: str
    differences: tuple[Difference, ...]

    @property
    def in_words(self) -> list[str]:
        """Each difference in words; no value of a row."""
        return [one.words for one in self.differences]

    @property
    def must_be_read_again(self) -> bool:
        """Do its bytes become another table?"""
        return any(one.name in READING for one in self.differences)


@dataclass(frozen=True, slots=True)
class Staleness:
    """What does not follow the settings: imports in the order they came, and fields (in words) folded by another rule."""

    imports: tuple[Stale, ...]
    survivorship: tuple[str, ...]

    @property
    def is_none(self) -> bool:
        """Is all as the settings say?"""
        return not self.imports and not self.survivorship

    def of(self, import_id: str) -> list[str]:
        """The differences of one import in words."""
        return next((one.in_words for one in self.imports if one.import_id == import_id), [])


def staleness(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Staleness:
    """Compare every live import, however many there are, and the fold with the settings."""
    by_rule = rules_that_differ(connection, settings.imports.survivorship)
    return Staleness(stale_imports(connection, settings), tuple(by_rule))


def stale_imports(connection: duckdb.DuckDBPyConnection, settings: Settings) -> tuple[Stale, ...]:
    """The live imports that would come out otherwise, in the order they came; asks for the table `imports` alone."""
    past = {one.import_id: one for one in _carried_out(connection)}
    found = (
        Stale(one.import_id, tuple(differences(one, _now(one, past, settings), settings))) for one in past.values()
    )
    return tuple(one for one in found if one.differences)


def _now(past: CarriedOut, live: Mapping[str, CarriedOut], settings: Settings) -> ImportOptions:
    """The options an import would have now. An opt-out is never lifted."""
    now = settings.options_for(past.file_name)
    kept: dict[str, Any] = {"opted_out": now.opted_out or past.options.opted_out, "mends": past.options.mends}
    if past.options.mends is not None:
        parent = live.get(past.options.mends)
        of_parent = _now(parent, live, settings) if parent else past.options
        kept |= {name: getattr(of_parent, name) for name in ("date_order", "default_country", "mapping")}
        kept["opted_out"] |= of_parent.opted_out
    return now.model_copy(update=kept)


def _carried_out(connection: duckdb.DuckDBPyConnection) -> list[CarriedOut]:
    rows = connection.execute(
        """SELECT import_id, file_name, kind, options::VARCHAR, terms::VARCHAR, mapping::VARCHAR, failures::VARCHAR
        FROM imports WHERE status = ? ORDER BY sequence""",
        [IMPORTED],
    ).fetchall()
    return [
        CarriedOut(
            import_id,
            file_name,
            kind,
            ImportOptions.model_validate_json(options),
            json.loads(terms or "{}"),
            tuple(column for table in json.loads(mapping or "[]") for column in plan_of_json(table).columns),
            json.loads(failures or "{}"),
        )
        for import_id, file_name, kind, options, terms, mapping, failures in rows
    ]

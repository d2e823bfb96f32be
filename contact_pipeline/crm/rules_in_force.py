"""By which rules of survivorship the contacts were folded, so that a changed rule is noticed.

Belongs here: the column `folded_with` of the table meta. Does not belong: the rules themselves (`fields`) and folding (`fold`).
An import folds the contacts it touches by the rules of its day and leaves the others as they are: every set of rules that was
used since all contacts were last folded together is kept. Of homes older than this nothing is known until they are rebuilt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import duckdb

from contact_pipeline.fields import FIELD_BY_NAME, Survivorship


def note_rules(connection: duckdb.DuckDBPyConnection, rules: Mapping[str, Survivorship]) -> None:
    """Write that contacts are folded by these rules from here on. Needs an open transaction."""
    own, known = _own(rules), _known(connection)
    is_first = known is None and not connection.execute("SELECT 1 FROM records LIMIT 1").fetchall()
    if is_first or (known is not None and own not in known):
        _write(connection, [*(known or []), own])


def note_rules_of_all(connection: duckdb.DuckDBPyConnection, rules: Mapping[str, Survivorship]) -> None:
    """Write that every contact was folded by these rules. Needs an open transaction."""
    _write(connection, [_own(rules)])


def rules_that_differ(connection: duckdb.DuckDBPyConnection, rules: Mapping[str, Survivorship]) -> list[str]:
    """Fields that may show values by another rule than that of `rules`, in words."""
    found = {}
    for used in _known(connection) or []:
        for name in sorted({*used, *_own(rules)}):
            before, now = Survivorship(used.get(name, _usual(name))), rules.get(name, _usual(name))
            if before != now:
                found[name] = f"survivorship of {name}: {before.value} -> {now.value}"
    return [found[name] for name in sorted(found)]


def _own(rules: Mapping[str, Survivorship]) -> dict[str, str]:
    """The rules that are not those of the catalogue anyway."""
    return {name: rule.value for name, rule in sorted(rules.items()) if rule is not _usual(name)}


def _usual(name: str) -> Survivorship:
    return FIELD_BY_NAME[name].survivorship


def _known(connection: duckdb.DuckDBPyConnection) -> list[dict[str, str]] | None:
    stored = connection.execute("SELECT folded_with::VARCHAR FROM meta").fetchall()[0][0]
    return None if stored is None else list(json.loads(stored))


def _write(connection: duckdb.DuckDBPyConnection, used: list[dict[str, str]]) -> None:
    connection.execute("UPDATE meta SET folded_with = ?", [json.dumps(used)])

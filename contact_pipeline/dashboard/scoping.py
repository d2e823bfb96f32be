"""From what the command line says of a link's scope to the scope.

Belongs here: finding the filter and the values that are meant, as the snapshot of today has them. Does not belong: which
filters there are (`filters`) and holding readers to a scope (`reader`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from contact_pipeline.errors import UsageError
from contact_pipeline.home import Home

if TYPE_CHECKING:
    import duckdb

_LISTED = 20
_NO_VALUE, _CUSTOM = "", "custom."


def scope_of(home: Home, limits: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The scope that `NAME=VALUE` texts mean; of one name any value, of several names all. Case and labels do not matter.

    Raises UsageError for a filter that does not exist or a value that no lead has, NothingPublished before the first scoring.
    """
    if not limits:
        return {}
    from contact_pipeline.dashboard.reader import Snapshots

    scope: dict[str, tuple[str, ...]] = {}
    with closing(Snapshots(home).current().connection()) as connection:
        filters = _filters(connection)
        for limit in limits:
            said, has_value, value = limit.partition("=")
            if not has_value:
                raise UsageError(
                    f"--only '{limit}' has no value. It is written NAME=VALUE, such as owner='Toni Blakeway'."
                )
            name = _filter_meant(said.strip(), filters)
            found = _values_meant(name, value.strip(), _values(connection, name))
            scope[name] = tuple(dict.fromkeys((*scope.get(name, ()), *found)))
    return scope


def _filters(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Labels by name."""
    return dict(connection.execute("SELECT name, label FROM filters ORDER BY place").fetchall())


def _values(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, str]:
    """Labels by value."""
    query = (
        "SELECT value, filter_values.label FROM filter_values JOIN filters USING (place) WHERE name = ? ORDER BY code"
    )
    return dict(connection.execute(query, [name]).fetchall())


def _filter_meant(said: str, filters: Mapping[str, str]) -> str:
    """A name counts before a label, and both before the bare header of a custom field."""
    for spelled in (lambda name: name, lambda name: filters[name], lambda name: name.removeprefix(_CUSTOM)):
        for name in filters:
            if spelled(name).casefold() == said.casefold():
                return name
    raise UsageError(f"There is no filter '{said}'. There are: {_listed(filters)}.")


def _values_meant(name: str, said: str, values: Mapping[str, str]) -> tuple[str, ...]:
    if said in values or said == _NO_VALUE:
        return (said,)
    alike = tuple(v for v, label in values.items() if said.casefold() in (v.casefold(), label.casefold()))
    if alike:
        return alike
    raise UsageError(
        f"No lead has {name} '{said}'. There are: {_listed(_with_label(*pair) for pair in values.items())}."
    )


def _with_label(value: str, label: str) -> str:
    return value if value == label else f"{value} ({label})"


def _listed(texts: Iterable[str]) -> str:
    """The first few, in one line whatever files put into them."""
    words = [" ".join(text.split()) for text in texts]
    more = f" and {len(words) - _LISTED:,} more" if len(words) > _LISTED else ""
    return ", ".join(words[:_LISTED]) + more

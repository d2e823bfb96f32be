"""A small database into which a run looks again and again stays open between two looks: opening takes longer than most of them.

Belongs here: keeping it open, and letting go of it. Does not belong: opening it (`warehouse`) and whose turn it is (`turns`).
Whoever keeps it open is in the turn of runs, so nearly nobody else wants to write; who does nevertheless is let in as soon as
this process wants to look again and finds them in line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

_LARGEST_BYTES = 64 << 20  # the memory that a larger one holds on to would be missed by what comes between the looks

# What may stay open in this process, and the connection that keeps it so, if one does.
_KEPT: dict[Path, duckdb.DuckDBPyConnection | None] = {}


@contextmanager
def kept_open(path: Path) -> Iterator[None]:
    """While the block runs, the database at `path` stays open after the first look at it. Needs the turn of runs."""
    _KEPT[path] = None
    try:
        yield
    finally:
        let_go(path)
        del _KEPT[path]


def keep(path: Path, connect: Callable[[], duckdb.DuckDBPyConnection]) -> None:
    """Keep open what was just opened for reading, where that is wanted; `connect` gives one more connection to it."""
    if path in _KEPT and _KEPT[path] is None and path.stat().st_size <= _LARGEST_BYTES:
        _KEPT[path] = connect()


def let_go(path: Path) -> None:
    """Close what is kept open, for somebody who wants to write."""
    connection = _KEPT.get(path)
    if connection is not None:
        _KEPT[path] = None
        connection.close()

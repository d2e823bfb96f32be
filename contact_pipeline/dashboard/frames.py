"""Leads of a snapshot as a frame, for exports and pictures.

Belongs here: reading columns of many leads in a given order, a part at a time, so that memory holds little more than what was
asked for. Does not belong: which leads they are (`index`, `orders`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import duckdb
import numpy as np
import polars as pl

from contact_pipeline.dashboard.index import Rows
from contact_pipeline.dashboard.query import NotAsked

_RANK: Final = "rank"
_FEW = 1_000  # rows that are read one by one rather than by a scan
_PART = 122_880  # rows that DuckDB keeps together


def frame_of(connection: duckdb.DuckDBPyConnection, rows: Rows, columns: Sequence[str]) -> pl.DataFrame:
    """Columns of the table `leads` of these rows, in their order. Raises NotAsked for a column that there is not."""
    known = {name for (name,) in connection.execute("SELECT column_name FROM (DESCRIBE leads)").fetchall()}
    for name in columns:
        if name not in known:
            raise NotAsked(f"Leads have no column '{name}'.")
    if set(columns) == {_RANK}:
        return pl.DataFrame({_RANK: rows})
    ascending = np.sort(rows)
    read = ", ".join(f'"{name}"' for name in columns)
    parts = _few(connection, ascending, read) if len(rows) <= _FEW else _many(connection, ascending, read)
    return pl.concat(parts)[np.searchsorted(ascending, rows)]


def _few(connection: duckdb.DuckDBPyConnection, ascending: Rows, read: str) -> Iterator[pl.DataFrame]:
    asked = ", ".join(str(int(row)) for row in ascending) or "-1"
    yield connection.sql(f"SELECT {read} FROM leads WHERE rowid IN ({asked}) ORDER BY rowid").pl()


def _many(connection: duckdb.DuckDBPyConnection, ascending: Rows, read: str) -> Iterator[pl.DataFrame]:
    for start in range(0, int(ascending[-1]) + 1, _PART):
        first, last = np.searchsorted(ascending, [start, start + _PART])
        if last > first:
            part: pl.DataFrame = connection.sql(
                f"SELECT {read} FROM leads WHERE rowid >= {start} AND rowid < {start + _PART} ORDER BY rowid"
            ).pl()
            yield part[ascending[first:last] - start]

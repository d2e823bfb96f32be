"""DuckDB: one file, one writer, short transactions.

Belongs here: opening the CRM file, waiting for its lock, transactions. Does not belong: tables and what is in them
(`crm`). DuckDB lets one process at a time open a file that is written, readers included; so everybody opens, does one
short thing and closes, and whoever finds the file taken waits for its turn.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from contact_pipeline.errors import HomeBusy

_LOCK_SIGNS = ("Could not set lock", "different configuration than existing connections")
_FIRST_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 0.5


class Warehouse:
    """The CRM file. `wait_seconds` is how long to wait for another process before HomeBusy is raised."""

    def __init__(self, path: Path, *, wait_seconds: float = 60) -> None:
        self.path = path
        self.wait_seconds = wait_seconds

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction for writing: committed when the block ends, rolled back when it raises."""
        with self._connected(read_only=False) as connection:
            connection.begin()
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def trial(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A transaction that is always rolled back; over an empty memory database where there is no file yet."""
        with self._connected(read_only=False) if self.path.exists() else _in_memory() as connection:
            connection.begin()
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that cannot write."""
        with self._connected(read_only=True) as connection:
            yield connection

    @contextmanager
    def _connected(self, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = self._open(read_only=read_only)
        try:
            connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
            yield connection
        finally:
            connection.close()

    def _open(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        deadline = time.monotonic() + self.wait_seconds
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                return duckdb.connect(str(self.path), read_only=read_only)
            except (duckdb.IOException, duckdb.ConnectionException) as error:
                if not any(sign in str(error) for sign in _LOCK_SIGNS):
                    raise
                if time.monotonic() > deadline:
                    raise HomeBusy(
                        f"Another process has held {self.path.name} for {self.wait_seconds:.0f} s. "
                        "Wait until its import has ended and try again."
                    ) from error
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


@contextmanager
def _in_memory() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(":memory:")
    try:
        yield connection
    finally:
        connection.close()

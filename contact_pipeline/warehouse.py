"""DuckDB: one file, one writer, short transactions.

Belongs here: opening the CRM file, waiting for its lock, transactions. Does not belong: tables and what is in them
(`crm`). DuckDB lets one process at a time open a file that is written, readers included; so everybody opens, does one
short thing and closes, and whoever finds the file taken waits for its turn.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from contact_pipeline.errors import HomeBusy, PipelineError

_LOCK_SIGNS = ("Could not set lock", "different configuration than existing connections", "Unique file handle conflict")
_MEMORY_LIMIT = "1GB"  # beyond it DuckDB works on disk; the fold of 1M contacts is no slower for it
_FIRST_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 0.5


class Warehouse:
    """The CRM file. `wait_seconds` is how long to wait for another process before HomeBusy is raised."""

    def __init__(self, path: Path, *, wait_seconds: float = 60) -> None:
        self.path = path
        self.wait_seconds = wait_seconds

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction for writing: committed when the block ends, rolled back when it raises.

        The file is made where there is none. Raises HomeBusy, and PipelineError for a file that cannot be read.
        """
        if not self.path.exists():
            self._create()
        with _closing(self._open(read_only=False)) as connection:
            connection.begin()
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that cannot write. Raises HomeBusy, and PipelineError for a file that is missing or cannot be read."""
        with _closing(self._open(read_only=True)) as connection:
            yield connection

    def _create(self) -> None:
        """Put a whole, empty database in place: a process killed meanwhile leaves none, not half of one."""
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}.tmp")
        try:
            duckdb.connect(str(draft)).close()
            os.link(draft, self.path)
        except FileExistsError:  # another process was quicker, and may have written to it already
            pass
        finally:
            draft.unlink(missing_ok=True)

    def _open(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        deadline = time.monotonic() + self.wait_seconds
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                return duckdb.connect(str(self.path), read_only=read_only)
            except duckdb.Error as error:
                if not any(sign in str(error) for sign in _LOCK_SIGNS):
                    raise PipelineError(f"{self.path.name} cannot be opened: {_first_line(error)}") from error
                if time.monotonic() >= deadline:
                    raise HomeBusy(
                        f"Another process has held {self.path.name} for {self.wait_seconds:.0f} s. "
                        "Wait until its import has ended and try again."
                    ) from error
            time.sleep(max(0, min(pause, deadline - time.monotonic())))
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


@contextmanager
def in_memory() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database that is gone when the block ends."""
    with _closing(duckdb.connect(":memory:")) as connection:
        yield connection


@contextmanager
def _closing(connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        connection.execute(f"SET TimeZone = 'UTC'; SET memory_limit = '{_MEMORY_LIMIT}'")
        yield connection
    finally:
        connection.close()


def _first_line(error: duckdb.Error) -> str:
    return str(error).splitlines()[0]

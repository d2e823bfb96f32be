"""Small SQLite files of a home, which many processes may read and write at once.

Belongs here: opening one, making it where it is missing, one transaction. Does not belong: what is in it (`dashboard.link_file`,
`hooks.outbox`). Nobody but the owner may read such a file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from contact_pipeline.errors import StorageFailed
from contact_pipeline.hardships import hardship, words_of

_WAIT_SECONDS = 10  # for another process to end its visit


@dataclass(frozen=True, slots=True)
class SmallDatabase:
    """One kind of file: what a person calls its content ("The links"), the number of its layout, and what makes its tables."""

    content: str
    layout: int
    make: Callable[[sqlite3.Connection], None]

    @contextmanager
    def reading(self, path: Path) -> Iterator[sqlite3.Connection]:
        """A visit that changes nothing; the file is made where it is missing. Raises StorageFailed."""
        try:
            if not path.exists():
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)) as connection:
                connection.execute("PRAGMA foreign_keys = ON")
                self._lay_out(connection, path)
                yield connection
        except (sqlite3.Error, OSError) as error:
            unusable = StorageFailed(
                f"{self.content} in {path} cannot be used ({error}). See that the file is there and whole."
            )
            raise hardship(words_of(error), path.parent) or unusable from error

    @contextmanager
    def writing(self, path: Path) -> Iterator[sqlite3.Connection]:
        """One transaction, whole or not at all; the file is made where it is missing. Raises StorageFailed."""
        with self.reading(path) as connection, _transaction(connection):
            yield connection

    def _lay_out(self, connection: sqlite3.Connection, path: Path) -> None:
        if _layout_of(connection) == 0:
            with _transaction(connection):
                if _layout_of(connection) == 0:  # another process may have come first
                    self.make(connection)
                    connection.execute(f"PRAGMA user_version = {self.layout}")
        if _layout_of(connection) > self.layout:
            raise StorageFailed(f"{self.content} in {path} are of a newer version of contact-pipeline. Use that one.")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _layout_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])

"""The file that links, sessions and saved views are kept in: SQLite, which many processes may read and write at once.

Belongs here: its tables, its layout's version, and short visits to it. Does not belong: what a row means (`links`,
`saved_views`). Nobody but the owner may read the file; it holds digests of tokens and never a token.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from contact_pipeline.errors import StorageFailed
from contact_pipeline.hardships import hardship, words_of

_LAYOUT = 1
_WAIT_SECONDS = 10  # for another process to end its visit
_TABLES = (
    """CREATE TABLE links (
        link_id TEXT PRIMARY KEY, token_digest BLOB NOT NULL UNIQUE, label TEXT NOT NULL, scope TEXT NOT NULL,
        created_at REAL NOT NULL, expires_at REAL NOT NULL, revoked_at REAL, last_used_at REAL) STRICT""",
    """CREATE TABLE sessions (
        session_digest BLOB PRIMARY KEY, link_id TEXT NOT NULL REFERENCES links ON DELETE CASCADE,
        expires_at REAL NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE views (
        link_id TEXT NOT NULL REFERENCES links ON DELETE CASCADE, name TEXT NOT NULL, pairs TEXT NOT NULL,
        saved_at REAL NOT NULL, PRIMARY KEY (link_id, name)) STRICT, WITHOUT ROWID""",
    "CREATE TABLE served (address TEXT NOT NULL) STRICT",
    "CREATE TABLE address_key (key BLOB NOT NULL) STRICT",
)


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A visit that changes nothing; the file is made where it is missing. Raises StorageFailed."""
    with _opened(path) as connection:
        yield connection


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction, whole or not at all; the file is made where it is missing. Raises StorageFailed."""
    with _opened(path) as connection, _transaction(connection):
        yield connection


def address_key(path: Path) -> bytes:
    """The key of `pseudonyms`, 32 random bytes that were made with the file. Raises StorageFailed."""
    with reading(path) as connection:
        key: bytes = connection.execute("SELECT key FROM address_key").fetchone()[0]
    return key


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            _lay_out(connection, path)
            yield connection
    except (sqlite3.Error, OSError) as error:
        unusable = StorageFailed(f"The links in {path} cannot be used ({error}). See that the file is there and whole.")
        raise hardship(words_of(error), path.parent) or unusable from error


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _lay_out(connection: sqlite3.Connection, path: Path) -> None:
    if _layout_of(connection) == 0:
        with _transaction(connection):
            if _layout_of(connection) == 0:  # another process may have come first
                for table in _TABLES:
                    connection.execute(table)
                connection.execute("INSERT INTO address_key VALUES (?)", (secrets.token_bytes(32),))
                connection.execute(f"PRAGMA user_version = {_LAYOUT}")
    if _layout_of(connection) > _LAYOUT:
        raise StorageFailed(f"The links in {path} are of a newer version of contact-pipeline. Use that one.")


def _layout_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])

"""The file that links, sessions and saved views are kept in.

Belongs here: its tables, its layout's version, and short visits to it. Does not belong: what a row means (`links`,
`saved_views`). It holds digests of tokens and never a token.
"""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

from contact_pipeline.small_database import SmallDatabase

_LAYOUT = 1
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


def reading(path: Path) -> AbstractContextManager[sqlite3.Connection]:
    """A visit that changes nothing; the file is made where it is missing. Raises StorageFailed."""
    return _FILE.reading(path)


def writing(path: Path) -> AbstractContextManager[sqlite3.Connection]:
    """One transaction, whole or not at all; the file is made where it is missing. Raises StorageFailed."""
    return _FILE.writing(path)


def address_key(path: Path) -> bytes:
    """The key of `pseudonyms`, 32 random bytes that were made with the file. Raises StorageFailed."""
    with reading(path) as connection:
        key: bytes = connection.execute("SELECT key FROM address_key").fetchone()[0]
    return key


def _make(connection: sqlite3.Connection) -> None:
    for table in _TABLES:
        connection.execute(table)
    connection.execute("INSERT INTO address_key VALUES (?)", (secrets.token_bytes(32),))


_FILE = SmallDatabase("The links", _LAYOUT, _make)

"""Addresses of people who were erased, kept only as keyed digests: enough to know them again, useless to anybody else.

Belongs here: the table `suppressions` and its key. Does not belong: what is done with rows that hold such an address
(`erasure`).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime

import duckdb

_KEY_BYTES = 32


def suppress(connection: duckdb.DuckDBPyConnection, addresses: Iterable[str]) -> None:
    """Keep normalised addresses out from now on. Needs an open transaction."""
    key = _key(connection) or _new_key(connection)
    connection.execute(
        """INSERT INTO suppressions
        SELECT digest, ? FROM (SELECT unnest(?::VARCHAR[]) AS digest) WHERE digest NOT IN (SELECT digest FROM suppressions)""",
        [datetime.now(UTC).replace(tzinfo=None), sorted({_digest(key, address) for address in addresses})],
    )


def any_suppressed(connection: duckdb.DuckDBPyConnection) -> bool:
    """Was anybody erased yet?"""
    return bool(connection.execute("SELECT 1 FROM suppressions LIMIT 1").fetchall())


def suppressed(connection: duckdb.DuckDBPyConnection, addresses: Iterable[str]) -> frozenset[str]:
    """Those of the normalised addresses that belong to people who were erased."""
    key = _key(connection)
    if key is None:
        return frozenset()
    digests = {digest for (digest,) in connection.execute("SELECT digest FROM suppressions").fetchall()}
    return frozenset(address for address in addresses if _digest(key, address) in digests)


def _key(connection: duckdb.DuckDBPyConnection) -> bytes | None:
    key: bytes | None = connection.execute("SELECT suppression_key FROM meta").fetchall()[0][0]
    return key


def _new_key(connection: duckdb.DuckDBPyConnection) -> bytes:
    key = secrets.token_bytes(_KEY_BYTES)
    connection.execute("UPDATE meta SET suppression_key = ?", [key])
    return key


def _digest(key: bytes, address: str) -> str:
    return hmac.digest(key, address.encode(), "sha256").hex()

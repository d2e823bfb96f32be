"""Who was erased is known again, and the table tells nobody who that was."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact_pipeline.crm.suppressions import any_suppressed, suppress, suppressed
from contact_pipeline.crm.tables import ensure_tables


def _crm() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    ensure_tables(connection)
    return connection


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with _crm() as made:
        yield made


_ADDRESSES = st.sets(st.from_regex(r"[a-zé]{1,4}@[a-z]{1,3}\.example", fullmatch=True), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_ADDRESSES, _ADDRESSES, _ADDRESSES)
def test_exactly_the_addresses_erased_are_known_again(
    connection: duckdb.DuckDBPyConnection, first: set[str], second: set[str], asked: set[str]
) -> None:
    connection.execute("DELETE FROM suppressions")
    for addresses in (first, second, first):
        suppress(connection, addresses)
    assert suppressed(connection, asked) == asked & (first | second)
    assert any_suppressed(connection) == bool(first | second)
    assert connection.sql("SELECT count(*) FROM suppressions").fetchall() == [(len(first | second),)]


def test_digests_of_two_homes_have_nothing_in_common(connection: duckdb.DuckDBPyConnection) -> None:
    suppress(connection, ["ann@acme.example"])
    with _crm() as other:
        suppress(other, ["ann@acme.example"])
        here, there = (one.sql("SELECT digest FROM suppressions").fetchall() for one in (connection, other))
    assert here != there
    assert "ann" not in str(here)

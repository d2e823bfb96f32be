"""The CRM file: one writer at a time, whole transactions, and waiting for one's turn."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from contact_pipeline.errors import HomeBusy, PipelineError
from contact_pipeline.warehouse import Warehouse, allow_memory, in_memory, new_file

_HOLDER = """
import sys, time, duckdb
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "crm.duckdb"
    with Warehouse(made).transaction() as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS x")
    return made


@contextmanager
def _held_by_another_process(path: Path, seconds: float) -> Iterator[None]:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path), str(seconds)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            yield
        finally:
            holder.kill()


def _values(path: Path) -> list[tuple[int]]:
    with Warehouse(path).reading() as connection:
        return connection.sql("SELECT x FROM t ORDER BY x").fetchall()


def test_what_a_transaction_wrote_is_there_when_it_ends(path: Path) -> None:
    with Warehouse(path).transaction() as connection:
        connection.execute("INSERT INTO t VALUES (2)")
    assert _values(path) == [(1,), (2,)]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_inside_a_transaction_takes_back_all_of_it(path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), Warehouse(path).transaction() as connection:
        connection.execute("INSERT INTO t VALUES (2)")
        connection.execute("CREATE TABLE other (x INTEGER)")
        raise error
    assert _values(path) == [(1,)]
    with Warehouse(path).reading() as connection:
        assert connection.sql("SHOW TABLES").fetchall() == [("t",)]


def test_a_statement_that_fails_takes_back_the_ones_before_it(path: Path) -> None:
    with pytest.raises(duckdb.CatalogException), Warehouse(path).transaction() as connection:
        connection.execute("INSERT INTO t VALUES (2)")
        connection.execute("INSERT INTO missing VALUES (2)")
    assert _values(path) == [(1,)]


def test_a_file_held_past_the_deadline_is_reported_as_busy(path: Path) -> None:
    with _held_by_another_process(path, 60):
        for way_in in (Warehouse(path, wait_seconds=0.3).transaction, Warehouse(path, wait_seconds=0).reading):
            with pytest.raises(HomeBusy, match=r"Another process has held crm\.duckdb"), way_in():
                pytest.fail("a file that is held was opened")


def test_a_file_that_is_let_go_in_time_is_opened(path: Path) -> None:
    with _held_by_another_process(path, 0.5), Warehouse(path, wait_seconds=60).transaction() as connection:
        connection.execute("INSERT INTO t VALUES (2)")
    assert _values(path) == [(1,), (2,)]


def test_a_connection_for_reading_cannot_write(path: Path) -> None:
    with pytest.raises(duckdb.InvalidInputException), Warehouse(path).reading() as connection:
        connection.execute("INSERT INTO t VALUES (2)")


def test_a_new_file_appears_whole_and_leaves_no_draft(tmp_path: Path) -> None:
    with Warehouse(tmp_path / "crm.duckdb").transaction() as connection:
        beside = [item.name for item in tmp_path.iterdir() if not item.name.startswith("crm.duckdb")]
        assert beside == []
        assert connection.sql("SHOW TABLES").fetchall() == []


@pytest.mark.parametrize("content", [b"", b"no database " * 1000])
def test_a_file_that_is_no_database_is_named_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "crm.duckdb"
    path.write_bytes(content)
    started = time.monotonic()
    with pytest.raises(PipelineError, match=r"crm\.duckdb cannot be opened: .*not a valid DuckDB") as raised:
        Warehouse(path, wait_seconds=60).transaction().__enter__()
    assert "\n" not in str(raised.value)
    assert not isinstance(raised.value, HomeBusy)
    assert time.monotonic() - started < 30, "it was waited for as if it were held"


def test_another_database_may_copy_from_it_but_not_write_to_it(path: Path, tmp_path: Path) -> None:
    with new_file(tmp_path / "copy.duckdb") as copy:
        with Warehouse(path).attached_to(copy):
            copy.execute("CREATE TABLE t AS FROM crm.t")
            with pytest.raises(duckdb.Error, match="read-only"):
                copy.execute("INSERT INTO crm.t VALUES (2)")
        with Warehouse(path).transaction() as connection:  # the copy is open still, and holds nobody up
            connection.execute("INSERT INTO t VALUES (3)")
        assert copy.execute("FROM t").fetchall() == [(1,)]


def test_who_copies_waits_for_a_writer_and_says_so_when_it_takes_too_long(path: Path, tmp_path: Path) -> None:
    impatient = Warehouse(path, wait_seconds=0.2)
    with (
        new_file(tmp_path / "copy.duckdb") as copy,
        _held_by_another_process(path, 60),
        pytest.raises(HomeBusy, match=r"crm\.duckdb"),
        impatient.attached_to(copy),
    ):
        pass


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/etc/*')",
        "COPY (SELECT 1) TO '/tmp/stolen.csv'",
        "ATTACH '/tmp/other.duckdb'",
        "SELECT * FROM read_parquet('http://127.0.0.1:9/a')",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
    ],
)
def test_sql_reaches_no_file_outside_the_home_and_no_network(path: Path, query: str) -> None:
    outside = path.parent.parent / "outside.csv"
    outside.write_text("secret\n")
    climbing = f"SELECT * FROM read_text('{path.parent}/../outside.csv')"
    for way_in in (Warehouse(path).transaction, Warehouse(path).reading, in_memory):
        for forbidden in (query, climbing):
            with pytest.raises((duckdb.PermissionException, duckdb.InvalidInputException)), way_in() as connection:
                connection.execute(forbidden).fetchall()


def test_what_lies_in_the_home_is_read_and_written(path: Path) -> None:
    with Warehouse(path).reading() as connection, Warehouse(path).reading() as another:
        target = path.parent / "it's [own] file.parquet"
        connection.execute(f"COPY (SELECT 7 AS a) TO '{str(target).replace(chr(39), chr(39) * 2)}'")
        assert another.execute("FROM read_parquet(?)", [str(target)]).fetchall() == [(7,)]


def test_work_on_millions_of_rows_may_hold_more_memory_and_what_comes_after_may_not(path: Path) -> None:
    usual, limits = set(), []
    for rows in (0, 1_000_000, 5_000_000, 5_000_000_000):
        with Warehouse(path).transaction() as connection:
            usual.add(_memory_limit(connection))
            allow_memory(connection, rows)
            limits.append(_memory_limit(connection))
    assert len(usual) == 1
    assert usual.pop() <= limits[0] == limits[1] < limits[2] <= limits[3]
    assert limits[3] <= _FIVE_GB


_FIVE_GB = 5e9


def _memory_limit(connection: duckdb.DuckDBPyConnection) -> float:
    """The limit in force, in bytes."""
    amount, unit = connection.execute("SELECT current_setting('memory_limit')").fetchall()[0][0].split()
    return float(amount) * {"MiB": 2**20, "GiB": 2**30}[unit]

"""A database that stays open between two looks keeps nobody out who wants to write, and goes when it must."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest

from contact_pipeline import kept_open as kept
from contact_pipeline.kept_open import kept_open
from contact_pipeline.warehouse import Warehouse


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "some.duckdb"
    with Warehouse(made).transaction() as connection:
        connection.execute("CREATE TABLE numbers AS FROM range(3)")
    return made


def _count(path: Path) -> int:
    with Warehouse(path, wait_seconds=20).reading() as connection:
        return int(connection.execute("SELECT count(*) FROM numbers").fetchall()[0][0])


def _write(path: Path) -> None:
    with Warehouse(path, wait_seconds=20).transaction() as connection:
        connection.execute("INSERT INTO numbers VALUES (9)")


def _is_open(path: Path) -> bool:
    """Does any process keep a writer out?"""
    probe = "import duckdb, sys; duckdb.connect(sys.argv[1]).close()"
    return subprocess.run([sys.executable, "-c", probe, str(path)], capture_output=True, check=False).returncode != 0


def test_it_stays_open_while_the_block_runs_and_no_longer(path: Path) -> None:
    with kept_open(path):
        assert not _is_open(path)
        assert _count(path) == 3
        assert _is_open(path)
    assert not _is_open(path)
    assert _count(path) == 3
    assert not _is_open(path)


def test_looks_and_writes_of_the_same_process_take_turns(path: Path) -> None:
    with kept_open(path):
        for written in range(1, 4):
            _write(path)
            assert _count(path) == 3 + written
        with duckdb.connect(":memory:") as other, Warehouse(path).attached_to(other):
            assert other.execute("SELECT count(*) FROM crm.numbers").fetchall() == [(6,)]
        assert _count(path) == 6


def test_what_may_be_written_beside_it_is_still_told_by_each_look(
    path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    target, copy = elsewhere / "numbers.csv", "COPY numbers TO '{}'"
    with kept_open(path):
        with Warehouse(path).reading(elsewhere) as connection:
            connection.execute(copy.format(target))
        with Warehouse(path).reading() as connection, pytest.raises(duckdb.PermissionException):
            connection.execute(copy.format(target))
    assert target.read_text().split() == ["range", "0", "1", "2"]


def test_a_large_one_is_not_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_LARGEST_BYTES", 1)
    with kept_open(path):
        assert _count(path) == 3
        assert not _is_open(path)


def test_a_writer_of_another_process_is_let_in_at_the_next_look(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from contact_pipeline.warehouse import Warehouse\n"
        "with Warehouse(Path(sys.argv[1]), wait_seconds=20).transaction() as connection:\n"
        "    connection.execute('INSERT INTO numbers VALUES (7)')"
    )
    with kept_open(path):
        assert _count(path) == 3
        other = subprocess.Popen([sys.executable, "-c", program, str(path)])
        while other.poll() is None:  # as the stages of a run do
            _count(path)
            time.sleep(0.05)
        assert other.returncode == 0
        assert _count(path) == 4


def test_what_two_threads_look_at_at_once_is_whole(path: Path) -> None:
    found: list[int] = []
    with kept_open(path):
        threads = [threading.Thread(target=lambda: found.extend(_count(path) for _ in range(5))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [3] * 15

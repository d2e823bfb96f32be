"""Files appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from contact_pipeline.atomic import atomic_path, write_text


def test_a_new_file_takes_the_place_of_the_old_one_and_leaves_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "reports" / "leads.csv"
    write_text(target, "old")
    write_text(target, "new")
    assert target.read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


def test_an_error_while_writing_keeps_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "leads.csv"
    target.write_text("old")
    with pytest.raises(RuntimeError), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_nobody_sees_the_file_before_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "leads.csv"
    with atomic_path(target) as temporary:
        temporary.write_text("half")
        assert not target.exists()
        assert temporary.parent == target.parent
    assert target.exists()


def test_what_a_killed_process_left_is_swept_and_a_living_one_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "leads.csv"
    no_process = 2**22 + 1  # above the highest id that Linux gives out
    dead = tmp_path / f".leads.csv.{no_process}-0123abcd.tmp"
    alive = tmp_path / f".leads.csv.{os.getppid()}-0123abcd.tmp"
    other = tmp_path / f".other.csv.{no_process}-0123abcd.tmp"
    for path in (dead, alive, other):
        path.touch()
    spilled = tmp_path / f".run.duckdb.{no_process}-0123abcd.tmp.tmp"  # where DuckDB puts what does not fit its memory
    spilled.mkdir()
    (spilled / "part").touch()
    write_text(target, "new")
    assert sorted(tmp_path.iterdir()) == sorted([alive, target])

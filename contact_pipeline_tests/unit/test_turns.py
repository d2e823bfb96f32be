"""Taking turns: one holder at a time, whoever waits is told when it takes too long, and a dead holder holds nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contact_pipeline.errors import HomeBusy
from contact_pipeline.turns import turn

_HOLDER = """
import sys, time
from pathlib import Path
from contact_pipeline.turns import turn
with turn(Path(sys.argv[1]), 5, busy="busy"):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def _held_by_another_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    holder = subprocess.Popen([sys.executable, "-c", _HOLDER, str(path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        yield holder
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


def test_a_turn_that_is_not_passed_on_in_time_is_told(tmp_path: Path) -> None:
    waits = []
    with (
        _held_by_another_process(tmp_path / "turn"),
        pytest.raises(HomeBusy, match="somebody is at it"),
        turn(tmp_path / "turn", 0.2, busy="somebody is at it", on_wait=lambda: waits.append(1)),
    ):
        pytest.fail("two held the turn at once")
    assert waits == [1]


def test_the_turn_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    with _held_by_another_process(tmp_path / "turn") as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with turn(tmp_path / "turn", 0, busy="busy"):
            pass


def test_a_long_line_of_short_turns_tires_nobody(tmp_path: Path) -> None:
    """Twenty hold it one after the other; the last has waited far longer than one may hold it."""
    at_once, most, done = [0], [0], []

    def take() -> None:
        with turn(tmp_path / "turn", 2, busy="busy"):
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
            time.sleep(0.15)
            at_once[0] -= 1
            done.append(1)

    threads = [threading.Thread(target=take) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), most[0]) == (20, 1)


def test_who_does_not_stand_in_line_waits_so_long_in_all(tmp_path: Path) -> None:
    is_over = threading.Event()

    def pass_on_and_on() -> None:
        while not is_over.is_set():
            with turn(tmp_path / "turn", 5, busy="busy"):
                time.sleep(0.05)

    with turn(tmp_path / "turn", 5, busy="busy"):
        others = [threading.Thread(target=pass_on_and_on) for _ in range(3)]
        for other in others:
            other.start()
        with pytest.raises(HomeBusy), turn(tmp_path / "turn", 0.3, busy="busy", in_line=False):
            pytest.fail("two held the turn at once")
    is_over.set()
    for other in others:
        other.join()


def test_looking_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "turn"
    path.touch()
    before = path.stat().st_mtime_ns
    with turn(path, 0, busy="busy", writes=False):
        pass
    assert path.stat().st_mtime_ns == before

"""Whoever looks for the sign of life of a run learns whether its process has ended, however it did."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from contact_pipeline import signs_of_life
from contact_pipeline.errors import HomeBusy
from contact_pipeline.home import Home

_SHOWS_AND_WAITS = """
import sys
from pathlib import Path
from contact_pipeline import signs_of_life
from contact_pipeline.home import Home
home = Home(Path(sys.argv[1]))
signs_of_life.show(home, "one")
signs_of_life.show(home, "one")
print("shown", flush=True)
sys.stdin.readline()
signs_of_life.show(home, "two")
print("shown", flush=True)
sys.stdin.readline()
"""


def test_a_sign_holds_until_its_process_is_killed_or_works_on_another_run(home: Home) -> None:
    assert signs_of_life.has_ended(home, "one") is None
    words = [sys.executable, "-c", _SHOWS_AND_WAITS, str(home.root)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdin is not None
        assert worker.stdout.readline() == b"shown\n"
        assert signs_of_life.has_ended(home, "one") is False
        with pytest.raises(HomeBusy):
            signs_of_life.show(home, "one")
        worker.stdin.write(b"\n")
        worker.stdin.flush()
        assert worker.stdout.readline() == b"shown\n"
        assert [signs_of_life.has_ended(home, run) for run in ("one", "two")] == [True, False]
        worker.kill()
    assert signs_of_life.has_ended(home, "two") is True


def test_signs_of_runs_that_are_over_are_cleared_away(home: Home) -> None:
    folder = home.dagster / "alive"
    folder.mkdir()
    for run in ("over", "under-way"):
        (folder / run).touch()
    signs_of_life.clear(home, {"under-way"})
    assert [path.name for path in Path(folder).iterdir()] == ["under-way"]

"""The place of a program over a home: one at a time, and one that a dead `start` left behind gives way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from contact_pipeline import programs
from contact_pipeline.home import Home
from contact_pipeline.turns import holder

# Holds the place, and does not listen when it is told to stop.
_STUBBORN = """
import signal, sys, time
from pathlib import Path
from contact_pipeline.home import Home
from contact_pipeline.programs import stand_alone
signal.signal(signal.SIGTERM, signal.SIG_IGN)
stand_alone("code", Home(Path(sys.argv[1])))
print("stands", flush=True)
time.sleep(600)
"""
# In a process of its own, for the place is held until the process ends.
_FOLLOWS = """
import sys
from pathlib import Path
from contact_pipeline import programs
from contact_pipeline.errors import HomeBusy
from contact_pipeline.home import Home
programs._WAITS_FOR_PREDECESSOR_SECONDS = 0.5
try:
    programs.stand_alone("code", Home(Path(sys.argv[1])))
except HomeBusy as error:
    sys.exit(str(error))
"""
Program = subprocess.Popen[str]


@pytest.fixture
def stubborn(home: Home) -> Iterator[Callable[[str], Program]]:
    """Starts a predecessor, by `start` or by hand."""
    begun: list[Program] = []

    def start(by: str) -> Program:
        words = [sys.executable, "-c", _STUBBORN, str(home.root)]
        begun.append(subprocess.Popen(words, env=_environment(by), stdout=subprocess.PIPE, text=True))
        assert begun[0].stdout is not None
        assert begun[0].stdout.readline() == "stands\n"
        return begun[0]

    yield start
    for one in begun:
        one.kill()
        one.communicate()


def _environment(by: str) -> dict[str, str]:
    return {**os.environ, programs.OF_START: "1" if by == "start" else ""}


def _follow(home: Home, by: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", _FOLLOWS, str(home.root)]
    return subprocess.run(words, env=_environment(by), capture_output=True, text=True, check=False)


def test_what_a_dead_start_left_behind_and_does_not_stop_gives_way(
    home: Home, stubborn: Callable[[str], Program]
) -> None:
    left = stubborn("start")
    left.terminate()
    assert _follow(home, "start").returncode == 0
    assert left.wait(10) == -9


@pytest.mark.parametrize(("begun", "follows"), [("hand", "start"), ("start", "hand"), ("hand", "hand")])
def test_what_a_person_or_a_service_manager_started_is_never_killed(
    home: Home, stubborn: Callable[[str], Program], begun: str, follows: str
) -> None:
    present = stubborn(begun)
    found = _follow(home, follows)
    assert found.returncode == 1
    assert found.stderr.startswith("The code server of")
    assert "runs already" in found.stderr
    assert present.poll() is None


def test_the_holder_of_a_place_is_known_while_it_is_held(home: Home, stubborn: Callable[[str], Program]) -> None:
    path = home.turn_file("code")
    assert holder(path) is None
    path.touch()
    assert holder(path) is None
    present = stubborn("hand")
    assert holder(path) == present.pid
    present.kill()
    present.wait()
    assert holder(path) is None

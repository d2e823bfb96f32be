"""Imports killed at random moments, then run again: they must end as if they had never been killed.

Belongs here: starting, killing and starting again, and the comparison with a home that nobody killed. Does not belong:
what counts as the same (`home_state`). Run as `python -m benchmarks.kills [count] [--first N]`; kill N is at the same stage
for ever, and as long after its beginning as chance and the machine will have it.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.home_state import HomeState, faults_of, state_of
from benchmarks.synthetic import write_contacts_csv
from benchmarks.watched_run import Ended, run, unharmed

COUNT = 100
_ROWS = 1_500
_AGAIN_ONE_IN = 4  # of the kills is followed by another one of the next attempt


@dataclass(frozen=True, slots=True)
class Scenario:
    """A command that is killed: the files it imports, into a copy of `home`, and what it leaves where nobody kills it."""

    name: str
    home: Path
    files: tuple[Path, ...]
    stages: dict[str, float]  # seconds each takes
    unharmed: HomeState


@dataclass(frozen=True, slots=True)
class Killed:
    """One kill: where it hit, how long the run after it took, and what was wrong in the end."""

    number: int
    scenario: str
    stage: str
    seconds_again: float
    faults: list[str]


def kill_in(home: Path, files: tuple[Path, ...], stage: str, after_seconds: float) -> bool:
    """Run, and kill the run so long after the beginning of a stage; false where it has ended before."""

    def at_stage(begun: str, process: subprocess.Popen[bytes]) -> None:
        if begun == stage:
            threading.Timer(after_seconds, process.kill).start()

    return run(home, files, at_stage).status == -signal.SIGKILL


def scenarios(folder: Path) -> list[Scenario]:
    """Into an empty home; into one whose contacts the file changes; two files in one command."""
    changing = changing_contacts(folder)
    empty, first = folder / "empty", folder / "first.csv"
    empty.mkdir()
    return [
        _scenario("an import into an empty CRM", empty, (first,), folder),
        changing,
        _scenario("two files at once", empty, (first, *changing.files), folder),
    ]


def changing_contacts(folder: Path) -> Scenario:
    """A second file, half of it about contacts of the first, and some of their values are others now."""
    first, second = folder / "first.csv", folder / "second.csv"
    write_contacts_csv(first, _ROWS)
    write_contacts_csv(second, _ROWS, first_person=_ROWS // 2)
    second.write_text(second.read_text(encoding="utf-8").replace("Subscriber", "Opportunity"), encoding="utf-8")
    unharmed(folder / "filled", (first,))
    return _scenario("an import that changes contacts", folder / "filled", (second,), folder)


def _scenario(name: str, home: Path, files: tuple[Path, ...], folder: Path) -> Scenario:
    root = folder / f"unharmed {len(list(folder.iterdir()))}"
    shutil.copytree(home, root)
    return Scenario(name, home, files, unharmed(root, files).stages, state_of(root))


def kill_once(number: int, choices: list[Scenario], folder: Path) -> Killed:
    """Kill, run again, compare. All stages are gone through in turn, each with a delay by chance."""
    dice = random.Random(number)
    scenario = choices[number % len(choices)]
    stage = list(scenario.stages)[number // len(choices) % len(scenario.stages)]
    home = folder / f"killed {number}"
    shutil.copytree(scenario.home, home)
    try:
        return _kill_and_heal(number, scenario, stage, dice, home)
    finally:
        shutil.rmtree(home)


def _kill_and_heal(number: int, scenario: Scenario, stage: str, dice: random.Random, home: Path) -> Killed:
    seconds = scenario.stages
    was_killed = kill_in(home, scenario.files, stage, dice.random() * seconds[stage] * 1.2)
    if number % _AGAIN_ONE_IN == 0:
        other = dice.choice(list(seconds))
        kill_in(home, scenario.files, other, dice.random() * seconds[other])
    started = time.monotonic()
    healed = run(home, scenario.files, lambda _stage, _process: None)
    took = time.monotonic() - started
    faults = [f"the next run failed: {healed.errors}"] if healed.status else _faults(healed, scenario, home)
    return Killed(number, scenario.name, stage if was_killed else f"after the end of {stage}", took, faults)


def _faults(healed: Ended, scenario: Scenario, home: Path) -> list[str]:
    statuses = {one["status"] for one in json.loads(healed.output)["imports"]}
    odd = [f"the next run says {statuses}"] if not statuses <= {"imported", "already_imported"} else []
    return odd + state_of(home).differences(scenario.unharmed) + faults_of(home)


def main() -> None:
    """Print where the kills hit and each fault. Exit status 1 where there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=COUNT)
    parser.add_argument("--first", type=int, default=0)
    arguments = parser.parse_args()
    started, stages, slowest, faulty = time.monotonic(), Counter[str](), 0.0, 0
    with tempfile.TemporaryDirectory() as folder:
        choices = scenarios(Path(folder))
        for number in range(arguments.first, arguments.first + arguments.count):
            killed = kill_once(number, choices, Path(folder))
            stages[killed.stage] += 1
            slowest = max(slowest, killed.seconds_again)
            faulty += bool(killed.faults)
            for fault in killed.faults:
                print(f"kill {number} ({killed.scenario}, in {killed.stage}): {fault}", flush=True)
    print(
        f"{arguments.count:,} kills in {time.monotonic() - started:.0f} s, {faulty:,} of them with faults; the slowest"
    )
    print(f"run after a kill took {slowest:.1f} s. Stages hit:")
    for stage, count in stages.most_common():
        print(f"  {count:7,}  {stage}")
    raise SystemExit(1 if faulty else 0)


if __name__ == "__main__":
    main()

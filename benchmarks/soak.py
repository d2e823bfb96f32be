"""The running product under random files and harm for half an hour: nothing lost, nothing twice, no stuck run, memory flat.

Belongs here: the course of a soak and what is told of it. Does not belong: its parts (`soaking`). Run as
`python -m benchmarks.soak [minutes] [--seed N]`. The same seed feeds the same files and plans the same harms; when they
meet is up to the machine. Exit status 1 where a promise was broken; the home is kept then.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.hardships import can_mount
from benchmarks.soaking.arrivals import SETTLE_SECONDS
from benchmarks.soaking.feeding import CommandLine, Feeder, Live
from benchmarks.soaking.figures import ENDED_EARLY, UNDER_WAY, figures_of, runs_on_record
from benchmarks.soaking.files import FileMaker
from benchmarks.soaking.harms import Harmer, disk_of_its_own, plan
from benchmarks.soaking.judgement import violations
from benchmarks.soaking.ledger import Ledger
from benchmarks.soaking.memory import MemoryWatch, told_by_role
from benchmarks.soaking.ports import free_port
from benchmarks.soaking.service import Service, answers
from contact_pipeline.home import Home

MINUTES = 30.0
_SEED = 1
_LOOKS_EVERY_SECONDS = 0.5
_LOOKS_AT_REST_SECONDS = 3.0
_UP_SECONDS = 120.0
_QUIET_SECONDS = 45.0  # longer than the daemon takes from noticing a dead run to trying it again
_MOST_UNTIL_QUIET_SECONDS = 900.0  # the product's pause before it tries once more grows with each failure
_MOST_SLOPE_MB = 60.0  # an hour; a leak that matters in a week of a small machine is far above it


@dataclass
class Told:
    """What came of a soak; `broken` says in words which promises were."""

    broken: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


def soak(minutes: float, seed: int, command: str, folder: Path) -> Told:
    """Feed and harm the product for so long, wait until it is quiet, stop it, judge."""
    may_mount = can_mount()
    if not may_mount:
        print("disk full: left out, because file systems cannot be mounted here", file=sys.stderr)
    with disk_of_its_own(folder, may_mount=may_mount) as disk:
        home = Home(disk / "home")
        home.set_up()
        (home.root / "settings.toml").write_text(f"[drop]\nsettle_seconds = {SETTLE_SECONDS}\n", encoding="utf-8")
        port, dashboard_port = free_port(), free_port()
        words = (command, "--port", str(port), "--dashboard-port", str(dashboard_port))
        service, ledger, told = Service(home.root, words, folder / "service.log"), Ledger(), Told()
        service.start()
        try:
            urls = (f"http://127.0.0.1:{port}/server_info", f"http://127.0.0.1:{dashboard_port}/")
            with MemoryWatch(home.root) as watch:
                _live_through(minutes * 60, seed, service, ledger, told, urls, may_fill=may_mount)
        finally:
            status, left = service.stop()
        told.broken += [f"it stopped with exit status {status}"] if status else []
        told.broken += [f"left running: {one}" for one in left]
        told.broken += ledger.failed_commands
        told.broken += violations(Home(home.root), ledger, folder / "replayed")
        told.facts |= figures_of(home, ledger)
        told.facts |= {"restarts": service.restarts, "memory": told_by_role(watch.samples)}
        told.broken += _growing(told.facts["memory"])
        if told.broken:
            shutil.copytree(home.root, folder / "home", ignore=shutil.ignore_patterns("*.sock"))
    return told


def _live_through(
    seconds: float, seed: int, service: Service, ledger: Ledger, told: Told, urls: Sequence[str], *, may_fill: bool
) -> None:
    home, maker = Home(service.home), FileMaker(seed)
    live = Live(home)
    outside = service.log.parent / "outside"
    outside.mkdir()
    _until_up(service, urls)
    feeder, commands = Feeder(home, ledger, maker, live), CommandLine(service, ledger, maker, live, outside)
    harms = plan(random.Random(seed), seconds, may_fill=may_fill)
    harmer, began = Harmer(service, ledger, harms, feeder.finish), time.monotonic()
    while (since := time.monotonic() - began) < seconds:
        service.keep()
        feeder.tick()
        commands.tick()
        harmer.tick(since)
        time.sleep(_LOOKS_EVERY_SECONDS)
    feeder.finish()
    told.broken += _until_quiet(service, commands, live)
    told.broken += [f"nobody answers at {url}" for url in urls if not answers(url)]


def _until_up(service: Service, urls: Sequence[str]) -> None:
    deadline = time.monotonic() + _UP_SECONDS
    while not all(answers(url) for url in urls):
        service.keep()
        if time.monotonic() > deadline:
            raise SystemExit(f"the product does not start; see {service.log}")
        time.sleep(_LOOKS_EVERY_SECONDS)


def _until_quiet(service: Service, commands: CommandLine, live: Live) -> list[str]:
    """Wait until nothing is left to be done, and has not been for a while; what is still going on otherwise."""
    began = quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < _QUIET_SECONDS:
        service.keep()
        busy = _files_waiting(service.home) or _runs_under_way(service.home) or ["a command"] * commands.is_busy()
        busy = busy or _unfinished(service.home, live)
        if busy:
            quiet_since = time.monotonic()
        if time.monotonic() - began > _MOST_UNTIL_QUIET_SECONDS:
            return [f"not quiet after {_MOST_UNTIL_QUIET_SECONDS:.0f} s: {', '.join(busy)}"]
        time.sleep(_LOOKS_AT_REST_SECONDS)
    return []


def _files_waiting(home: Path) -> list[str]:
    return [path.name for path in (home / "drop").iterdir() if path.is_file()]


def _runs_under_way(home: Path) -> list[str]:
    return [f"a run is {status}" for status, _, _ in runs_on_record(home) if status in UNDER_WAY]


def _unfinished(home: Path, live: Live) -> list[str]:
    """Imports that are live and whose latest run ended early: what follows from them is still to be done."""
    latest = {partition: status for status, partition, _ in runs_on_record(home)}
    return [f"{one} is not completed" for one in live.look().values() if latest.get(one) in ENDED_EARLY]


def _growing(memory: dict[str, dict[str, Any]]) -> list[str]:
    slopes = {role: told["slope"] for role, told in memory.items() if told["slope"] is not None}
    return [f"the {role} grows by {slope:.0f} MB an hour" for role, slope in slopes.items() if slope > _MOST_SLOPE_MB]


def _print(told: Told) -> None:
    facts = told.facts
    for name in ("files", "ways", "harm", "commands", "imports", "runs"):
        print(f"  {name:<17} {', '.join(f'{count} {what}' for what, count in sorted(facts[name].items()))}")
    print(f"  {'contacts':<17} {facts['contacts']:,}; started again {facts['restarts']} times")
    for name in ("drop to imported", "drop to scored", "the same in peace"):
        shares = "   ".join(f"{share} {value:6.1f} s" for share, value in facts[name].items() if share != "files")
        print(f"  {name:<17} {facts[name]['files']:>4} files   {shares}")
    print(f"  {'home':<17} {facts['home_mb']:,.0f} MB, Dagster's storage {facts['dagster_mb']:,.0f} MB of it")
    for role, memory in facts["memory"].items():
        slope = (
            "too short a life"
            if memory["slope"] is None
            else f"{memory['slope']:+.1f} MB/h over {memory['minutes']:.0f} min"
        )
        print(
            f"  {role:<17} start {memory['start']:6.0f}   end {memory['end']:6.0f}   peak {memory['peak']:6.0f} MB   {slope}"
        )


def main() -> None:
    """Print what was done, how long files took, memory, and each broken promise. Exit status 1 where there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("minutes", nargs="?", type=float, default=MINUTES)
    parser.add_argument("--seed", type=int, default=_SEED)
    parser.add_argument("--command", default="start", choices=("start", "dev"))
    parser.add_argument("--keep", action="store_true", help="keep the logs of a soak without faults too")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    print(f"soak of {arguments.minutes:g} minutes, seed {arguments.seed}, contact-pipeline {arguments.command}")
    told = soak(arguments.minutes, arguments.seed, arguments.command, folder)
    _print(told)
    print(json.dumps({"minutes": arguments.minutes, "seed": arguments.seed, **told.facts, "broken": told.broken}))
    for one in told.broken:
        print(f"BROKEN {one}")
    if told.broken:
        print(f"The home is kept in {folder / 'home'}, the log is {folder / 'service.log'}.")
        raise SystemExit(1)
    if arguments.keep:
        print(f"Logs are kept in {folder}.")
    else:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

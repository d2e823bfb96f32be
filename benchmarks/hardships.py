"""The disk runs full, or permissions are lost, at each stage of an import: what stays, what is said, what heals.

Belongs here: doing that harm to a home, and judging what comes of it. Does not belong: what counts as the same
(`home_state`). Run as `python -m benchmarks.hardships`. A full disk is a real one, of a file system in memory, where
mounting is allowed; everywhere a limit on the size of files does nearly the same.
"""

from __future__ import annotations

import os
import resource
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.home_state import CLOCK, faults_of, state_of, tables_of
from benchmarks.synthetic import write_contacts_csv
from benchmarks.watched_run import Ended, can_obey_permissions, run, unharmed

_ROWS = 1_500
_DISK_MB = 96
_FILLER = "filler"
# Room that is left on the full disk: none, so that Dagster's own storage fails first, or some for it and not for the work.
_ROOM_BYTES = (0, 128 * 1024)
_LARGEST_FILE_BYTES = 32 * 1024
# What an import writes to its tables; scores and companies are written by later stages, in transactions of their own.
_OF_THE_IMPORT = ("imports", "records", "companies", "custom_fields", "opt_outs")  # written in one transaction
_WRITTEN_LATER = {"imports": (*CLOCK["imports"], "sample_check")}

Harm = Callable[[Path, "subprocess.Popen[bytes]"], None]


@dataclass(frozen=True, slots=True)
class Hardship:
    """A way to make life hard: `harm` does it to a home and the process at work in it, `relieve` takes it away."""

    name: str
    sign: str  # what the message must say
    harm: Harm
    relieve: Callable[[Path], None]
    obeys_permissions: bool = False
    needs_mount: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """The import that meets hardships: into a copy of `home`, and what it is like where nothing happens."""

    home: Path
    file: Path
    stages: tuple[str, ...]
    before: dict[str, str]
    unharmed: Path


def prepare(folder: Path) -> Trial:
    """A home with an import in it, and a second one that changes contacts."""
    first, second = folder / "first.csv", folder / "second.csv"
    write_contacts_csv(first, _ROWS)
    write_contacts_csv(second, _ROWS, first_person=_ROWS // 2)
    home, after = folder / "home", folder / "after"
    unharmed(home, (first,))
    shutil.copytree(home, after)
    stages = tuple(unharmed(after, (second,)).stages)
    return Trial(home, second, stages, _tables(home), after)


def hardships() -> list[Hardship]:
    """All that can be done on this machine; what cannot is said on stderr."""
    full = [
        Hardship(f"disk full, {room:,} bytes left", "is full", _filling(room), _empty, needs_mount=True)
        for room in _ROOM_BYTES
    ]
    lost = Hardship("permission lost", "permission denied", _forbid, _allow, obeys_permissions=True)
    limited = Hardship("files limited in size", "would grow past", _limit, lambda _home: None)
    found = [limited]
    if can_mount():
        found += full
    else:
        print("disk full: left out, because file systems cannot be mounted here", file=sys.stderr)
    if can_obey_permissions():
        found.append(lost)
    else:
        print("permission lost: left out, because permissions do not hold for this user", file=sys.stderr)
    return found


def meet(hardship: Hardship, stage: str, trial: Trial, folder: Path) -> list[str]:
    """Everything that is wrong when `hardship` begins with `stage`; nothing where all is well."""
    with _place_for(hardship, folder) as place:
        home = place / "home"
        shutil.copytree(trial.home, home)

        def at_stage(begun: str, process: subprocess.Popen[bytes]) -> None:
            if begun == stage:
                hardship.harm(home, process)

        ended = run(home, (trial.file,), at_stage, obeys_permissions=hardship.obeys_permissions)
        hardship.relieve(home)
        found = _judge_end(ended, hardship, _tables(home), trial)
        healed = run(home, (trial.file,), lambda _stage, _process: None)
        if healed.status:
            return [*found, f"the next run does not heal: {healed.errors.strip()}"]
        return [*found, *state_of(home).differences(state_of(trial.unharmed)), *faults_of(home)]


def can_mount() -> bool:
    """May this process mount a file system?"""
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False
        )
        if mounted.returncode == 0:
            subprocess.run(["umount", folder], check=True)
        return mounted.returncode == 0


def _tables(home: Path) -> dict[str, str]:
    tables = tables_of(home / "crm.duckdb", CLOCK | _WRITTEN_LATER)
    return {name: tables[name] for name in _OF_THE_IMPORT}


def _judge_end(ended: Ended, hardship: Hardship, tables: dict[str, str], trial: Trial) -> Iterator[str]:
    if tables not in (trial.before, _tables(trial.unharmed)):
        yield "the CRM is neither as before nor as after"
    if ended.status == 0 and tables != trial.before:
        return  # nothing was left to be written, or room enough for it
    ours = [line for line in ended.errors.splitlines() if line.startswith("contact-pipeline: ")]
    if ended.status != 1:
        yield f"the exit status is {ended.status}"
    if len(ours) != 1 or hardship.sign not in ours[0] or ended.errors.strip().splitlines()[-1] != ours[0]:
        yield f"it does not say in one last line what is wrong: {ended.errors.strip()!r}"
    if "Traceback" in ended.errors or "Error" in ended.errors:
        yield f"it says more than a user can use: {ended.errors.strip()!r}"


@contextmanager
def _place_for(hardship: Hardship, folder: Path) -> Iterator[Path]:
    """A folder for the home: on a small file system of its own where the disk is to run full."""
    place = Path(tempfile.mkdtemp(dir=folder))
    if hardship.needs_mount:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_DISK_MB}m", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        if hardship.needs_mount:
            subprocess.run(["umount", str(place)], check=True)
        shutil.rmtree(place)


def _filling(room: int) -> Harm:
    def fill(home: Path, _: subprocess.Popen[bytes]) -> None:
        with (home.parent / _FILLER).open("wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, shutil.disk_usage(home).free - room)

    return fill


def _empty(home: Path) -> None:
    (home.parent / _FILLER).unlink(missing_ok=True)


def _limit(_: Path, process: subprocess.Popen[bytes]) -> None:
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (_LARGEST_FILE_BYTES, resource.RLIM_INFINITY))


def _forbid(home: Path, _: subprocess.Popen[bytes]) -> None:
    """Nothing in the home may be written any more; files that are open stay so."""
    for path in [home, *home.rglob("*")]:
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222)


def _allow(home: Path) -> None:
    for path in [home, *home.rglob("*")]:
        path.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IWUSR)


def main() -> None:
    """Print each fault and how many trials there were. Exit status 1 where there is a fault."""
    faulty, count = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        trial = prepare(Path(folder))
        for hardship in hardships():
            for stage in trial.stages:
                found = meet(hardship, stage, trial, Path(folder))
                count, faulty = count + 1, faulty + bool(found)
                for fault in found:
                    print(f"{hardship.name} from {stage} on: {fault}", flush=True)
    print(f"{count:,} hardships over {len(trial.stages)} stages, {faulty:,} with faults")
    raise SystemExit(1 if faulty else 0)


if __name__ == "__main__":
    main()

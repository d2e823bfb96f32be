"""`contact-pipeline run` in a process of its own that stops at the beginning of each stage until it is let go on.

Belongs here: starting, watching and killing that process. Does not belong: what happens to its home meanwhile (`kills`,
`hardships`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_GIVE_UP_SECONDS = 300

# The command line as it is; only Dagster's word that a step begins is passed on before the step does.
_CHILD = """
import os, sys
told, answered = int(sys.argv.pop(1)), int(sys.argv.pop(1))
from dagster import DagsterInstance
handle = DagsterInstance.handle_new_event
def begin(stage):
    os.write(told, f"{stage}\\n".encode())
    os.read(answered, 1)
def pass_on(self, event, **more):
    step = event.dagster_event
    if step is not None and step.event_type_value == "STEP_START":
        begin(event.step_key)
    return handle(self, event, **more)
DagsterInstance.handle_new_event = pass_on
from contact_pipeline.cli import main
begin("receiving")
main()
"""

# Root may read and write whatever the permissions say, unless it gives up CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH for
# good: prctl(PR_CAPBSET_DROP), and then another program.
_OBEYING = """
import ctypes, os, sys
if os.geteuid() == 0:
    for capability in (1, 2):
        if ctypes.CDLL(None).prctl(24, capability, 0, 0, 0) != 0:
            sys.exit("this root cannot give up ignoring permissions")
os.execv(sys.argv[1], sys.argv[1:])
"""

AtStage = Callable[[str, "subprocess.Popen[bytes]"], None]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: its exit status (negative where it was killed), what it said, its stages with their seconds."""

    status: int
    output: str
    errors: str
    stages: dict[str, float]


def run(home: Path, files: tuple[Path, ...], at_stage: AtStage, *, obeys_permissions: bool = False) -> Ended:
    """Import `files`. `at_stage` is called with each stage before it begins; the process waits meanwhile.

    Where it `obeys_permissions` it does so even as root. It is killed after five minutes.
    """
    (told, tell), (hear, answer) = os.pipe(), os.pipe()
    before = [sys.executable, "-c", _OBEYING] if obeys_permissions else []
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [*before, sys.executable, "-c", _CHILD, str(tell), str(hear), "run", *map(str, files), "--json"],
            env=os.environ | {"CONTACT_PIPELINE_HOME": str(home)},
            stdout=output,
            stderr=errors,
            pass_fds=[tell, hear],
        )
        os.close(tell)
        os.close(hear)
        limit = threading.Timer(_GIVE_UP_SECONDS, process.kill)
        limit.start()
        stages = _watch(process, told, answer, at_stage)
        process.wait()
        limit.cancel()
        output.seek(0)
        errors.seek(0)
        return Ended(process.returncode, output.read(), errors.read(), stages)


def unharmed(home: Path, files: tuple[Path, ...]) -> Ended:
    """A run that nothing happens to. Raises RuntimeError where it fails all the same."""
    ended = run(home, files, lambda _stage, _process: None)
    if ended.status:
        raise RuntimeError(f"a run that nothing happened to failed: {ended.errors}")
    return ended


def can_obey_permissions() -> bool:
    """Can a child of this process be one that permissions hold for?"""
    asked = subprocess.run([sys.executable, "-c", _OBEYING, sys.executable, "-c", ""], capture_output=True, check=False)
    return asked.returncode == 0


def _watch(process: subprocess.Popen[bytes], told: int, answer: int, at_stage: AtStage) -> dict[str, float]:
    begun: dict[str, float] = {}
    with os.fdopen(told) as stages:
        for line in stages:
            at_stage(line.strip(), process)
            begun[line.strip()] = time.monotonic()
            with suppress(BrokenPipeError):  # it was killed meanwhile
                os.write(answer, b".")
    os.close(answer)
    ends = [*list(begun.values())[1:], time.monotonic()]
    return {stage: end - start for (stage, start), end in zip(begun.items(), ends, strict=True)}

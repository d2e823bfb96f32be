"""All measurements of speed in one run, held against their limits: `python -m benchmarks.bench [--only NAME ...] [--quick]`.

Belongs here: running each benchmark in a process of its own, one after the other, and keeping what it printed. Does not
belong: what is measured (a module for each), the rows and limits (`targets`), the page (`results_page`).

A whole run writes `RESULTS.md`, and `results.json` with all figures; part of one (`--only`), or a quick one on small files that
shows that all of it works, prints the page. `--again NAME ...` measures some anew and puts their figures in place of those they
had; each line tells the commit it was measured at. `--page` writes the page again from the figures, for reasons written since then.
Ends with 1 where a limit is missed or a benchmark fails.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.results_page import missed, page, unmeasured
from benchmarks.targets import BENCHMARKS, Benchmark
from contact_pipeline.atomic import write_text

FOLDER = Path(__file__).parent
PAGE, FIGURES, REASONS = FOLDER / "RESULTS.md", FOLDER / "results.json", FOLDER / "reasons.md"
_DEADLINE = 3_600.0


def run_all(only: Sequence[str], *, quick: bool) -> dict[str, Any]:
    """Run the benchmarks of these names, or all; what each printed, and on what it ran."""
    names = only or list(BENCHMARKS)
    results = {"quick": quick, "only": only, "started": machine.now(), "machine": machine.described()}
    before, ran = machine.load(), {}
    with tempfile.TemporaryDirectory(prefix="bench-") as shared:
        for place, name in enumerate(names, 1):
            _say(f"[{place}/{len(names)}] {name}")
            ran[name] = run_one(BENCHMARKS[name], Path(shared), quick=quick)
    return {**results, "ended": machine.now(), "load": [before, machine.load()], "benchmarks": ran}


def run_one(benchmark: Benchmark, shared: Path, *, quick: bool) -> dict[str, Any]:
    """Run one: its command, what others took of the processor before, its seconds, and its facts or why there are none."""
    arguments = [one.format(shared=shared) for one in (benchmark.quick if quick else benchmark.full)]
    command = ["-m", f"benchmarks.{benchmark.module}", *arguments]
    others, started = machine.taken_by_others(), time.perf_counter()
    lines, status = _printed([sys.executable, *command])
    told = " ".join(["python", *command]).replace(str(shared), "FOLDER")
    taken = {"others": others, "seconds": time.perf_counter() - started}
    return {"command": told, "at": machine.now(), "commit": machine.commit(), **taken, **outcome(lines, status)}


def with_some_anew(kept: dict[str, Any] | None, anew: dict[str, Any]) -> dict[str, Any]:
    """The figures of an earlier run, where there is one, those of some benchmarks replaced."""
    if kept is None:
        return {**anew, "only": []}
    in_order = {**kept["benchmarks"], **anew["benchmarks"]}
    return {**kept, "benchmarks": {name: in_order[name] for name in BENCHMARKS if name in in_order}}


def _printed(command: Sequence[str]) -> tuple[list[str], int]:
    """Lines that a command printed, shown while they come, and its exit status; ended with all it started when too late."""
    process = subprocess.Popen(
        command, cwd=FOLDER.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    assert process.stdout is not None  # noqa: S101  it was asked for
    clock = threading.Timer(_DEADLINE, os.killpg, (process.pid, signal.SIGKILL))
    clock.start()
    lines = []
    try:
        for line in process.stdout:
            lines.append(line.rstrip())
            if not line.startswith("{"):
                _say(line.rstrip())
        return lines, process.wait()
    finally:
        clock.cancel()
        if process.poll() is None:  # interrupted
            os.killpg(process.pid, signal.SIGKILL)


def outcome(lines: Sequence[str], status: int) -> dict[str, Any]:
    """`facts` from the line of JSON, or `failure` in words: what could not be measured says so, what failed ends badly.

    A benchmark that judges itself ends with a status too, but its last line is the JSON all the same.
    """
    last = next((line for line in reversed(lines) if line.strip()), "nothing was printed")
    if status and not last.startswith("{"):
        return {"failure": f"it failed ({status}): {last[:300]}", "broken": True}
    found = next((line for line in reversed(lines) if line.startswith("{")), None)
    if found is None:
        return {"failure": "it printed no line of JSON", "broken": True}
    facts = json.loads(found)
    return {"failure": facts["not_measured"]} if "not_measured" in facts else {"facts": facts}


def verdict(results: dict[str, Any]) -> int:
    """Name what was missed or not measured; the exit status."""
    over = missed(results)
    broken = [name for name, ran in results["benchmarks"].items() if ran.get("broken")]
    for what, names in (("limits missed", over), ("not measured", unmeasured(results)), ("failed", broken)):
        if names:
            _say(f"{what}: {', '.join(names)}")
    return 1 if over or broken else 0


def _kept_figures() -> dict[str, Any]:
    results: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8"))
    return results


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Run, write or print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[], choices=BENCHMARKS, metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="small files; proves that it works, measures nothing")
    parser.add_argument("--again", nargs="+", default=[], choices=BENCHMARKS, metavar="NAME", help="measure these anew")
    parser.add_argument("--page", action="store_true", help="measure nothing; write the page from the last figures")
    asked = parser.parse_args()
    results = _kept_figures() if asked.page else run_all(asked.only or asked.again, quick=asked.quick)
    if asked.again:
        results = with_some_anew(_kept_figures() if FIGURES.exists() else None, results)
    text = page(results, REASONS.read_text(encoding="utf-8"))
    if asked.only or asked.quick:
        print(text)
    else:
        write_text(FIGURES, json.dumps(results, indent=1) + "\n")
        write_text(PAGE, text)
    return verdict(results)


if __name__ == "__main__":
    sys.exit(main())

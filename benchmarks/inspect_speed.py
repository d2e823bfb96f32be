"""How long `contact-pipeline inspect` takes for a small file, from the command to its end: `python -m benchmarks.inspect_speed`.

Belongs here: this measurement, the whole process with all that it loads. Does not belong: reading large files
(`reading_speed`).
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.synthetic import write_contacts_csv

ROWS = 1_000
ROUNDS = 7


def inspect(source: Path, home: Path) -> dict[str, float]:
    """Seconds on the clock and of the processor of one inspection."""
    command = [sys.executable, "-m", "contact_pipeline", "inspect", str(source)]
    started, worked = time.perf_counter(), _worked()
    subprocess.run(command, env={**os.environ, "CONTACT_PIPELINE_HOME": str(home)}, check=True, capture_output=True)
    return {"seconds": time.perf_counter() - started, "processor_seconds": _worked() - worked}


def _worked() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print the median of the rounds, as a line and as JSON; the first, which may have to compile modules, does not count."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "contacts.csv"
        write_contacts_csv(source, ROWS)
        rounds = [inspect(source, Path(folder) / "home") for _ in range(ROUNDS + 1)][1:]
    facts = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6
    print(
        f"inspect of {ROWS:,} rows, median of {ROUNDS}: {facts['seconds']:.2f} s, {facts['processor_seconds']:.2f} s of work"
    )
    print(json.dumps({"rows": ROWS, **facts, "peak_mb": peak}))


if __name__ == "__main__":
    main()

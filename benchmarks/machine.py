"""On what something was measured: the machine, its load, the versions and the state of the code.

Belongs here: finding that out, on Linux. Does not belong: measuring.
"""

from __future__ import annotations

import os
import platform
import subprocess
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
_LIBRARIES = ("dagster", "duckdb", "polars", "pandera", "pyarrow", "numpy", "xgboost", "fastexcel", "xlsxwriter")


def described() -> dict[str, str]:
    """What stays the same during a run, in words, by what it is of."""
    return {
        "processor": f"{_processor()}, {len(os.sched_getaffinity(0))} cores",
        "memory": f"{_kilobytes('/proc/meminfo', 'MemTotal:') * 1024 / 1e9:.1f} GB",
        "system": f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release()}",
        "python": platform.python_version(),
        "libraries": ", ".join(f"{name} {version(name)}" for name in _LIBRARIES),
        "commit": commit(),
    }


def load() -> float:
    """Processes that ran or waited to, on average of the last minute."""
    return os.getloadavg()[0]


def taken_by_others(seconds: float = 2.0) -> float:
    """Share of the processor, 0 to 1, that was at work while this process slept: so much less was there for a measurement."""
    working, whole = _ticks()
    time.sleep(seconds)
    worked, passed = _ticks()
    return (worked - working) / max(passed - whole, 1)


def now() -> str:
    """Date and time of day in UTC, to the minute."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")


def commit() -> str:
    """The commit that is checked out, and whether files differ from it."""
    found = _git("rev-parse", "--short=12", "HEAD")
    if found is None:
        return "unknown: no git checkout"
    return f"{found}, with changes that are not committed" if _git("status", "--porcelain", "-uno") else found


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _processor() -> str:
    """The name that the processor gives itself; some architectures give none."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _ticks() -> tuple[int, int]:
    """Since the machine started: ticks of all cores at work, and all ticks."""
    line = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0]
    ticks = [int(tick) for tick in line.split()[1:9]]
    idle, waiting = ticks[3:5]
    return sum(ticks) - idle - waiting, sum(ticks)


def _kilobytes(path: str, name: str) -> int:
    return int(Path(path).read_text(encoding="ascii").split(name)[1].split()[0])

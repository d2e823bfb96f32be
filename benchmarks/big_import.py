"""How much memory a very large import needs, step by step: `python -m benchmarks.big_import [rows]` (10,000,000 by default).

Belongs here: importing one file larger than any promise of speed is about, in one process as the job does. Does not belong: how
fast an import is (`import_speed`). Ends with 1 where a step held more than `MOST_MB`. The file and what is made of it take some
1.5 kB of disk a row, in a temporary folder that goes away.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.isolated import processor_seconds
from benchmarks.synthetic import write_contacts_csv

if TYPE_CHECKING:
    from contact_pipeline.home import Home

MOST_MB = 8_000
_STATUS = Path("/proc/self/status")
_MARKS = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"


def main() -> int:
    """Print seconds and peak memory (10^6 bytes) of each step, as a table and as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="?", type=int, default=10_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="big-import-") as folder:
        source = Path(folder) / "contacts.csv"
        write_contacts_csv(source, rows)
        size = source.stat().st_size
        print(f"{rows:,} rows x 21 columns, {size / 1e9:.2f} GB, into an empty CRM:")
        steps = _steps(_home(Path(folder) / "home", size, rows), source)
    facts = {
        "seconds": sum(one["seconds"] for one in steps.values()),
        "peak_mb": max(o["peak_mb"] for o in steps.values()),
    }
    print(f"  {'together':<16}{facts['seconds']:8.1f} s{facts['peak_mb']:10,.0f} MB")
    print(json.dumps({"rows": rows, "file_bytes": size, **facts, "steps": steps}))
    return 0 if facts["peak_mb"] <= MOST_MB else 1


def _home(folder: Path, size: int, rows: int) -> Home:
    """A home whose limits such a file keeps."""
    from contact_pipeline.home import Home

    home = Home(folder)
    home.set_up()
    usual = home.settings.limits
    limits = usual.model_copy(update={"file_bytes": max(size, usual.file_bytes), "rows": max(rows, usual.rows)})
    return Home(folder, home.settings.model_copy(update={"limits": limits}))


def _steps(home: Home, source: Path) -> dict[str, dict[str, float]]:
    """Each step of an import in turn, with what it took."""
    from contact_pipeline import stages
    from contact_pipeline.intake.receipt import read_receipt, receive

    taken: dict[str, dict[str, float]] = {}
    import_id = ""

    def step(name: str, work: Callable[[], object]) -> None:
        taken[name] = _measured(work)
        print(f"  {name:<16}{taken[name]['seconds']:8.1f} s{taken[name]['peak_mb']:10,.0f} MB", flush=True)

    def received() -> None:
        nonlocal import_id
        import_id = receive(home, source, home.settings.options_for(source.name)).import_id

    step("receive", received)
    receipt = read_receipt(home, import_id)
    step("read", lambda: stages.stage_raw_file(home, receipt))
    step("map and clean", lambda: stages.stage_mapped_contacts(home, receipt))
    step("validate", lambda: stages.stage_validated_contacts(home, receipt))
    step("set aside", lambda: stages.set_aside_rows(home, receipt))
    step("duplicates", lambda: stages.report_duplicates(home, receipt))
    step("crm", lambda: stages.take_into_crm(home, receipt))
    return taken


def _measured(work: Callable[[], object]) -> dict[str, float]:
    """Seconds on the clock and of the processor, and the most memory held meanwhile."""
    _MARKS.write_text(_RESET_PEAK, encoding="ascii")  # the high-water mark begins anew
    started, worked = time.perf_counter(), processor_seconds()
    work()
    kilobytes = int(_STATUS.read_text(encoding="ascii").split("VmHWM:")[1].split()[0])
    return {
        "seconds": time.perf_counter() - started,
        "processor_seconds": processor_seconds() - worked,
        "peak_mb": kilobytes * 1024 / 1e6,
    }


if __name__ == "__main__":
    sys.exit(main())

"""How long an import takes, as a multiple of what DuckDB itself needs to read the same file and store it by e-mail.

Belongs here: the measurement of importing. Run as `python -m benchmarks.import_speed [rows]`; both sides run one after
the other in fresh processes, on the same file, `ROUNDS` times, and the best of each counts.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import duckdb

from benchmarks.isolated import peak_mb, processor_seconds
from benchmarks.synthetic import write_contacts_csv

if TYPE_CHECKING:
    from contact_pipeline.home import Home
    from contact_pipeline.intake.receipt import Receipt

ROUNDS = 3
T = TypeVar("T")
Side = Callable[[Path, Path], dict[str, float]]


def duckdb_alone(source: Path, folder: Path) -> dict[str, float]:
    """The floor: read all columns as text and store the last row of each e-mail."""
    started = time.perf_counter()
    with duckdb.connect(str(folder / "floor.duckdb")) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(
            "CREATE TABLE contacts AS SELECT * EXCLUDE (place) FROM ("
            " SELECT *, row_number() OVER (PARTITION BY lower(Email)) AS place"
            " FROM read_csv(?, all_varchar = true)) WHERE place = 1",
            [str(source)],
        )
    return {"seconds": time.perf_counter() - started}


def contact_pipeline(source: Path, folder: Path) -> dict[str, float]:
    """Every stage of an import, up to the contacts in the CRM with their ledger."""
    from contact_pipeline.home import Home

    home = Home(folder / "home")
    home.set_up()
    started = time.perf_counter()
    receipt, laps = stage_file(home, source)
    laps |= take_in(home, receipt)
    return {"seconds": time.perf_counter() - started, **laps}


def stage_file(home: Home, source: Path) -> tuple[Receipt, dict[str, float]]:
    """The stages before the CRM; the receipt, and the seconds of each."""
    from contact_pipeline import stages
    from contact_pipeline.intake.receipt import receive

    laps: dict[str, float] = {}
    receipt = lap(laps, "receive", lambda: receive(home, source, home.settings.options_for(source.name)))
    lap(laps, "read", lambda: stages.stage_raw_file(home, receipt))
    lap(laps, "map and clean", lambda: stages.stage_mapped_contacts(home, receipt))
    lap(laps, "validate", lambda: stages.stage_validated_contacts(home, receipt))
    lap(laps, "set aside", lambda: stages.set_aside_rows(home, receipt))
    return receipt, laps


def take_in(home: Home, receipt: Receipt) -> dict[str, float]:
    """The duplicate report and the CRM: the seconds of each, and the number of contacts created."""
    from contact_pipeline import stages

    laps: dict[str, float] = {}
    lap(laps, "duplicates", lambda: stages.report_duplicates(home, receipt))
    ledger = lap(laps, "crm", lambda: stages.take_into_crm(home, receipt))
    return {**laps, "created": ledger.created if ledger else 0}  # none where it waits for a person


def lap(laps: dict[str, float], name: str, work: Callable[[], T]) -> T:
    """Do the work and note its seconds in `laps`."""
    started = time.perf_counter()
    result = work()
    laps[name] = time.perf_counter() - started
    return result


def measure(side: Side, source: Path) -> dict[str, float]:
    """Run one side in a fresh process and folder; adds its peak memory (10^6 bytes) and seconds of the processor."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, context.Pool(1) as pool:
        return pool.apply(_with_memory, (side, source, Path(folder)))


def _with_memory(side: Side, source: Path, folder: Path) -> dict[str, float]:
    before = processor_seconds()
    facts = side(source, folder)
    return {**facts, "peak_mb": peak_mb(), "processor": processor_seconds() - before}


def best_of(side: Side, source: Path, rounds: int = ROUNDS) -> dict[str, float]:
    """The quickest of the rounds: what the machine can do when nothing else disturbs it."""
    return min((measure(side, source) for _ in range(rounds)), key=lambda facts: facts["seconds"])


def main() -> None:
    """Print both sides and their ratio, as a table and as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "contacts.csv"
        write_contacts_csv(source, rows)
        floor, ours = best_of(duckdb_alone, source), best_of(contact_pipeline, source)
    print(f"{rows:,} rows x 21 columns, best of {ROUNDS}, both in one run:")
    print(f"  DuckDB reads and stores them by e-mail  {floor['seconds']:7.2f} s  {floor['peak_mb']:7,.0f} MB")
    print(f"  contact_pipeline imports them           {ours['seconds']:7.2f} s  {ours['peak_mb']:7,.0f} MB")
    print(f"  ratio                                   {ours['seconds'] / floor['seconds']:7.2f}")
    print(json.dumps({"rows": rows, "duckdb": floor, "contact_pipeline": ours}))


if __name__ == "__main__":
    main()

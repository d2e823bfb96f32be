"""How long a file takes from the drop folder to scored contacts: `python -m benchmarks.drop_to_scored [rows] [--rounds N]`.

Belongs here: this measurement, of `contact-pipeline start` as it is installed, with the default settings but for the settling
time being told apart. Each round drops another file of the same size; the slowest counts. Times are those that Dagster recorded,
so that measuring holds up nothing.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg

from benchmarks.soaking.ports import free_port
from benchmarks.soaking.service import Service, answers, processes
from benchmarks.synthetic import write_contacts_csv
from contact_pipeline.home import Home

ROWS, ROUNDS = 1_000, 3
_PATIENCE_SECONDS = 300
_PAUSE_SECONDS = 0.2
_ENDED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


def measured(folder: Path, rows: int, rounds: int) -> dict[str, Any]:
    """Each round's seconds, the memory of all processes at the end, and how long the start itself took."""
    home, port = Home(folder / "home"), free_port()
    words = ["start", "--port", str(port), "--dashboard-port", str(free_port())]
    service = Service(home.root, words, folder / "start.log")
    began = time.time()
    service.start()
    try:
        _until(lambda: answers(f"http://127.0.0.1:{port}/server_info"), "the UI answers")
        started = time.time() - began
        with dg.DagsterInstance.from_config(str(home.dagster)) as instance:
            each = [_round(home, instance, rows, number) for number in range(rounds)]
        memory = sum(_proportional_mb(pid) for pid in processes(home.root))
    finally:
        service.stop()
    return {**max(each, key=lambda one: one["seconds"]), "peak_mb": memory, "start": started, "rounds": each}


def _round(home: Home, instance: dg.DagsterInstance, rows: int, number: int) -> dict[str, float]:
    """Seconds from the end of settling to scored contacts, and those up to each event on the way."""
    draft = home.root / "draft.csv"
    write_contacts_csv(draft, rows, seed=number)
    draft.rename(home.drop / f"list{number}.csv")
    dropped = time.time()
    settled = dropped + home.settings.drop.settle_seconds
    _until(lambda: len(_ended(instance)) > number, "the run has ended")
    run = _ended(instance)[0]
    if run.dagster_run.status != dg.DagsterRunStatus.SUCCESS:
        raise SystemExit(f"The run ended as {run.dagster_run.status.value}.")
    scored = instance.fetch_materializations(dg.AssetKey("scored_leads"), limit=1).records[0].timestamp
    return {
        "seconds": scored - settled,
        "with settling": scored - dropped,
        "noticed": run.create_timestamp.timestamp() - settled,
        "begun": (run.start_time or 0) - settled,
        "handed over": (run.end_time or 0) - settled,
    }


def _ended(instance: dg.DagsterInstance) -> list[dg.RunRecord]:
    return list(instance.get_run_records(dg.RunsFilter(statuses=list(_ENDED))))


def _until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not true():
        if time.monotonic() >= deadline:
            raise SystemExit(f"Gave up waiting until {what}.")
        time.sleep(_PAUSE_SECONDS)


def _proportional_mb(pid: int) -> float:
    """What a process holds, shared pages counted by their share, in 10^6 bytes; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e6


def main() -> None:
    """Print the slowest round, as a line and as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="?", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        facts = measured(Path(folder), asked.rows, asked.rounds)
    print(
        f"{asked.rows:,} rows scored {facts['seconds']:.1f} s after they had settled, {facts['with settling']:.1f} s after they were dropped"
    )
    print(json.dumps({"rows": asked.rows, **facts}))


if __name__ == "__main__":
    main()

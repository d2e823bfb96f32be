"""How long an import takes beside dlt merging the same file into DuckDB: `python -m benchmarks.peer_speed [rows]`.

Belongs here: the comparison, both sides in one run on one file. Does not belong: what dlt does (`dlt_peer`), what an import
does (`import_speed`). dlt lives in an environment of its own, `.venv-peers/`; without that nothing is measured, and it says so.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.import_speed import best_of, contact_pipeline
from benchmarks.synthetic import write_contacts_csv

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".venv-peers"
ROWS = 100_000
_ROUNDS = {"rows": 1, "rows through Parquet": 3, "Arrow": 3}  # the first takes more than a minute
_DEADLINE = 1_800.0


def dlt_merges(source: Path, way: str) -> dict[str, Any]:
    """The quickest round of one way of dlt."""
    return min((_round(source, way) for _ in range(_ROUNDS[way])), key=lambda facts: facts["seconds"])


def _round(source: Path, way: str) -> dict[str, Any]:
    command = [str(PEERS / "bin" / "python"), "-m", "benchmarks.dlt_peer", str(source), way]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_DEADLINE, check=False)
    if done.returncode:
        raise SystemExit(f"dlt ({way}) failed: {done.stderr[-1000:]}")
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


def main() -> None:
    """Print each side, as a table and as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="?", type=int, default=ROWS)
    rows = parser.parse_args().rows
    if not (PEERS / "made").exists():
        print(json.dumps({"not_measured": "dlt is not installed; 'make .venv-peers' does that"}))
        return
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "contacts.csv"
        write_contacts_csv(source, rows)
        ours = best_of(contact_pipeline, source)
        peers = {way: dlt_merges(source, way) for way in _ROUNDS}
    print(f"{rows:,} rows x 21 columns into an empty DuckDB, both in one run:")
    print(f"  {'contact_pipeline imports them':<34}{ours['seconds']:7.2f} s  {ours['peak_mb']:7,.0f} MB")
    for way, facts in peers.items():
        times = facts["seconds"] / ours["seconds"]
        named = f"dlt merges them: {way}"
        print(f"  {named:<34}{facts['seconds']:7.2f} s  {facts['peak_mb']:7,.0f} MB  {times:6.2f} times as long")
    print(json.dumps({"rows": rows, "contact_pipeline": ours, "dlt": peers}))


if __name__ == "__main__":
    main()

"""How long reading and profiling takes, beside DuckDB reading the same file; and how many rows a second the careful path does.

Belongs here: these two measurements. Run as `python -m benchmarks.reading_speed [rows]`; the sides run one after the other
in fresh processes, in turns, and the best of each counts.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb

from benchmarks.isolated import preload, run
from benchmarks.synthetic import write_contacts_csv

ROUNDS = 3
CAREFUL_ROWS = 100_000
_DEADLINE_SECONDS = 600

Side = Callable[[Path], int]


def duckdb_reads(source: Path) -> int:
    """DuckDB, all columns as text, into a table in memory."""
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute("CREATE TABLE contacts AS SELECT * FROM read_csv(?, all_varchar = true)", [str(source)])
        return int(connection.sql("SELECT count(*) FROM contacts").fetchall()[0][0])


def read_and_profile(source: Path) -> int:
    """Encoding, dialect, header, proof, rows and the profile of every column."""
    from contact_pipeline.intake.profiling import profile_columns
    from contact_pipeline.intake.reading import read_source
    from contact_pipeline.settings import Limits

    (table,) = read_source(source, Limits()).tables
    return sum(profile.filled > 0 for profile in profile_columns(table)) and table.rows.height


def read_carefully(source: Path) -> int:
    """The strict path, record by record, as for a file that is not proven clean."""
    from contact_pipeline.intake.reading import read_source
    from contact_pipeline.settings import Limits

    (table,) = read_source(source, Limits()).tables
    return table.rows.height


def write_damaged(source: Path, target: Path) -> None:
    """The same file with one short row at its end: no proof holds for it."""
    target.write_bytes(source.read_bytes() + b"one,short,row\n")


def write_with_line_breaks(source: Path, target: Path) -> None:
    """The same file with a line break inside one quoted cell in twenty: clean, but not a row a line."""
    with source.open(encoding="utf-8") as lines, target.open("w", encoding="utf-8") as broken:
        for number, line in enumerate(lines):
            before, _, _ = line.rpartition(",")
            plain = number % 20 == 19 and '"' not in line
            broken.write(f'{before},"first line\nsecond line"\n' if plain else line)


def best(sides: dict[str, tuple[Side, Path]]) -> dict[str, dict[str, float]]:
    """Seconds, rows and peak memory of the quickest round of each side; the sides take turns."""
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, (side, source) in sides.items():
            told = run(side, source, deadline=_DEADLINE_SECONDS)
            if told.result is None:
                raise SystemExit(f"{name}: {told.death}")
            rounds[name].append({**told.cost(), "rows": told.result})
    return {name: min(facts, key=lambda one: one["seconds"]) for name, facts in rounds.items()}


def main() -> None:
    """Print each side and the ratios, as a table and as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    preload(["contact_pipeline.intake.reading", "contact_pipeline.intake.profiling", "duckdb"])
    with tempfile.TemporaryDirectory() as folder:
        clean, part, damaged, breaks = (Path(folder) / f"{name}.csv" for name in ("clean", "part", "damaged", "breaks"))
        write_contacts_csv(clean, rows)
        write_contacts_csv(part, min(rows, CAREFUL_ROWS))
        write_damaged(part, damaged)
        write_with_line_breaks(clean, breaks)
        facts = best(
            {
                "DuckDB reads": (duckdb_reads, clean),
                "read and profiled": (read_and_profile, clean),
                "with line breaks in cells": (read_and_profile, breaks),
                "careful path": (read_carefully, damaged),
            }
        )
    print(f"{rows:,} rows x 21 columns, best of {ROUNDS}, in turns:")
    for name, one in facts.items():
        rate = one["rows"] / one["seconds"]
        print(
            f"  {name:26} {one['rows']:10,} rows {one['seconds']:7.2f} s {rate:10,.0f} rows/s {one['peak_mb']:7,.0f} MB"
        )
    print(
        f"  read and profiled / DuckDB reads: {facts['read and profiled']['seconds'] / facts['DuckDB reads']['seconds']:.2f}"
    )
    print(json.dumps(facts))


if __name__ == "__main__":
    main()

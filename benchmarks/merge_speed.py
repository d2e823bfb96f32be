"""How long an import into a full CRM takes: as a multiple of a bare DuckDB MERGE of the same rows, and of an empty CRM.

Belongs here: these measurements. Run as `python -m benchmarks.merge_speed [rows]`: a CRM of so many contacts is made once
by importing them; then as many rows come in, half of them of contacts that are there, and then a file of 1,000 rows, half
of them as well. Each side runs in fresh processes on copies of the same files, and the quickest round of each counts.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from benchmarks.import_speed import Side, best_of, lap, measure, stage_file, take_in
from benchmarks.synthetic import write_contacts_csv

if TYPE_CHECKING:
    from contact_pipeline.home import Home

ROUNDS = 2
SMALL_ROUNDS = 3
SMALL_ROWS = 1_000
_PEOPLE_PERCENT = 98  # of the rows of a file; the others repeat one of them

_ONE_AN_EMAIL = """(SELECT * EXCLUDE (place) FROM (
    SELECT *, row_number() OVER (PARTITION BY lower(Email)) AS place FROM read_csv('{}', all_varchar = true))
    WHERE place = 1)"""


def prepare_floor(first: Path, second: Path, folder: Path) -> None:
    """Make the table that is merged into, and beside it one of the rows of the second file, one an e-mail."""
    with duckdb.connect(str(folder / "floor.duckdb")) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"CREATE TABLE contacts AS FROM {_ONE_AN_EMAIL.format(first)}")
        connection.execute(f"CREATE TABLE prepared AS FROM {_ONE_AN_EMAIL.format(second)}")


def merge_file(base: Path, source: Path, folder: Path) -> dict[str, float]:
    """The floor: merge the rows of a file by e-mail into a table that has all of them as text, and commit."""
    return _merge(base, _ONE_AN_EMAIL.format(source), folder)


def merge_table(base: Path, _: Path, folder: Path) -> dict[str, float]:
    """The same of rows that are in the database, one an e-mail: of a window over Parquet a MERGE of DuckDB 2.0 finds no end."""
    return _merge(base, "prepared", folder)


def _merge(base: Path, rows: str, folder: Path) -> dict[str, float]:
    shutil.copy(base / "floor.duckdb", folder)
    started = time.perf_counter()
    with duckdb.connect(str(folder / "floor.duckdb")) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(
            f"""MERGE INTO contacts USING {rows} AS arriving ON lower(contacts.Email) = lower(arriving.Email)
            WHEN MATCHED THEN UPDATE WHEN NOT MATCHED THEN INSERT"""
        )
    return {"seconds": time.perf_counter() - started}


def fill_home(base: Path, source: Path, _: Path) -> dict[str, float]:
    """Import the first file, the whole way, into the home of `base`."""
    home = _home(base)
    started = time.perf_counter()
    _import(home, source)
    return {"seconds": time.perf_counter() - started}


def whole_import(base: Path | None, source: Path, folder: Path) -> dict[str, float]:
    """All stages of an import into a copy of the CRM in `base`, or into an empty one."""
    home = _home(folder)
    if base:
        shutil.copy(_home(base).crm, home.crm)
    started = time.perf_counter()
    laps = _import(home, source)
    return {"seconds": time.perf_counter() - started, **laps}


def stage_for_crm(base: Path, source: Path, _: Path) -> dict[str, float]:
    """Leave in the home of `base` what `crm_alone` begins with."""
    receipt = stage_file(_home(base), source)[0]
    (base / "import_id").write_text(receipt.import_id)
    return {"seconds": 0}


def crm_alone(base: Path, _: Path, folder: Path) -> dict[str, float]:
    """From validated rows on disk to contacts and companies, committed."""
    from contact_pipeline import stages
    from contact_pipeline.intake.receipt import read_receipt

    shutil.copytree(_home(base).root, folder / "home")
    home = _home(folder)
    receipt = read_receipt(home, (base / "import_id").read_text())
    laps: dict[str, float] = {}
    started = time.perf_counter()
    lap(laps, "crm", lambda: stages.take_into_crm(home, receipt))
    lap(laps, "companies", lambda: _companies(home))
    return {"seconds": time.perf_counter() - started, **laps}


def _home(folder: Path) -> Home:
    from contact_pipeline.home import Home

    home = Home(folder / "home")
    home.set_up()
    return home


def _import(home: Home, source: Path) -> dict[str, float]:
    receipt, laps = stage_file(home, source)
    laps |= take_in(home, receipt)
    lap(laps, "companies", lambda: _companies(home))
    return laps


def _companies(home: Home) -> None:
    from contact_pipeline.crm.companies import refresh_companies
    from contact_pipeline.crm.session import open_crm

    with open_crm(home) as connection:
        refresh_companies(connection, anew=False)


def measure_all(folder: Path, rows: int) -> dict[str, dict[str, float]]:
    """Seconds, peak memory (MB) and seconds of each stage, by name of the side."""
    first, second, small = (folder / f"{name}.csv" for name in ("first", "second", "small"))
    people = rows * _PEOPLE_PERCENT // 100
    write_contacts_csv(first, rows)
    write_contacts_csv(second, rows, first_person=people - people // 2)
    write_contacts_csv(small, SMALL_ROWS, first_person=people - SMALL_ROWS * _PEOPLE_PERCENT // 200)
    facts: dict[str, dict[str, float]] = {"first import": measure(partial(fill_home, folder), first)}
    prepare_floor(first, second, folder)
    big: dict[str, tuple[Side, Path]] = {
        "MERGE from CSV": (partial(merge_file, folder), second),
        "whole import": (partial(whole_import, folder), second),
        "MERGE from a table": (partial(merge_table, folder), second),
    }
    for name, (side, source) in big.items():
        facts[name] = best_of(side, source, ROUNDS)
    facts["small into empty"] = best_of(partial(whole_import, None), small, SMALL_ROUNDS)
    facts["small into full"] = best_of(partial(whole_import, folder), small, SMALL_ROUNDS)
    measure(partial(stage_for_crm, folder), second)
    facts["CRM stage alone"] = best_of(partial(crm_alone, folder), second, ROUNDS)
    return facts


def _ratio(facts: Mapping[str, Mapping[str, float]], side: str, floor: str, what: str = "seconds") -> str:
    return f"{facts[side][what] / facts[floor][what]:.2f}"


def main() -> None:
    """Print the sides and their ratios, as a table and as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        facts = measure_all(Path(folder), rows)
    print(f"{rows:,} rows x 21 columns into a CRM of {rows:,}, half of them matching; best of {ROUNDS}:")
    for name, one in facts.items():
        print(f"  {name:20} {one['seconds']:7.2f} s  {one['peak_mb']:7,.0f} MB  {_laps(one)}")
    for side, floor in (("whole import", "MERGE from CSV"), ("CRM stage alone", "MERGE from a table")):
        print(f"  {side} / {floor}: time {_ratio(facts, side, floor)}, memory {_ratio(facts, side, floor, 'peak_mb')}")
    print(f"  {SMALL_ROWS:,} rows, full / empty CRM: time {_ratio(facts, 'small into full', 'small into empty')}")
    print(json.dumps({"rows": rows, **facts}))


def _laps(facts: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in facts.items() if name not in _NO_LAPS)


_NO_LAPS = {"seconds", "peak_mb", "created"}

if __name__ == "__main__":
    main()

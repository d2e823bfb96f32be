"""Columns of answers and codes under headers that elsewhere hold names, numbers and dates: they stay custom fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contact_pipeline.mapping.headers import plan_table
from contact_pipeline.mapping.plan import ColumnPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from contact_pipeline.intake.tables import TextTable

    TableMaker = Callable[..., TextTable]

ROWS = 2_400


def _planned(table_of: TableMaker, header: str, values: Sequence[str], rows: int = ROWS) -> ColumnPlan:
    """The plan of a column in which these values take turns, beside an address."""
    cells = [[f"person{row}@example.org", values[row % len(values)]] for row in range(rows)]
    return plan_table(table_of(["Email", header], *cells), {}).columns[1]


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("contact", ["telephone", "cellular"]),
        ("name", ["basic", "premium"]),
        ("company", ["small", "large"]),
        ("address", ["urban", "rural"]),
        ("phone", ["yes", "no"]),
        ("home", ["own", "rent"]),
        ("website", ["0", "1"]),
        ("LinkedIn", ["Yes", "No"]),
        ("Revenue", ["TRUE", "FALSE"]),
        ("downloads", ["Yes", "No"]),
        ("Growth", ["low", "high"]),
        ("Region", ["1", "2", "3", "4"]),
        ("Country", ["1", "2", "3"]),
        ("Seniority", ["1", "2", "3"]),
        ("last_contact", ["3", "6", "999"]),
        ("created", ["1", "2", "5"]),
        ("last_activity", ["Email Activity", "Phone Activity", "Website Activity"]),
    ],
)
def test_answers_and_codes_stay_a_custom_field_with_the_reason(
    table_of: TableMaker, header: str, values: list[str]
) -> None:
    planned = _planned(table_of, header, values)
    assert planned.field is None
    assert "but" in planned.reason


@pytest.mark.parametrize(
    ("header", "values", "field"),
    [
        ("Full Name", ["Ann Lee", "Bo Ray"], "full_name"),
        ("Company", ["Acme", "Globex Ltd"], "company"),
        ("company", ["acme gmbh"], "company"),
        ("Address", ["1 Main Street", "2 Main Street"], "street_address"),
        ("Phone", ["555-123-4567", "n/a"], "phone"),
        ("Phone", ["n/a"], "phone"),
        ("Country", ["DE", "US"], "country"),
        ("Seniority", ["Director", "Manager"], "seniority"),
        ("First Name", ["ann", "bo"], "first_name"),
        ("Created Date", ["45000", "45001", "45002"], "created_at"),
        ("Email Opens", ["0", "1"], "email_opens"),
        ("Do Not Email", ["Yes", "No"], "opted_out"),
    ],
)
def test_real_values_that_repeat_keep_their_field(
    table_of: TableMaker, header: str, values: list[str], field: str
) -> None:
    assert _planned(table_of, header, values).field == field


def test_two_values_in_a_few_rows_say_nothing_against_a_header(table_of: TableMaker) -> None:
    assert _planned(table_of, "contact", ["telephone", "cellular"], rows=8).field == "full_name"


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("Conversion", ["1", "0"]),
        ("Conversion", ["TRUE", "FALSE"]),
        ("Purchased", ["Yes", "No"]),
        ("Won/Lost", ["Won", "Lost"]),
        ("Ergebnis", ["Gewonnen", "Verloren"]),
        ("Spalte 7", ["gagné", "perdu"]),
        ("Deal Status", ["Won", "Lost"]),
        ("Outcome", ["Closed Won", "Closed Lost"]),
        ("converted to customer", ["1.0", "0.0"]),
    ],
)
def test_values_that_name_a_sale_tell_the_outcome_with_or_without_a_header(
    table_of: TableMaker, header: str, values: list[str]
) -> None:
    assert _planned(table_of, header, values).field == "converted"


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("Conversion", ["0.04", "0.05", "0.1"]),
        ("Conversion", ["1"]),
        ("Conversion Rate", ["1", "0"]),
        ("Purchase", ["Laptop", "Phone"]),
        ("Outcome", ["1", "0"]),
        ("Outcome", ["No answer", "Left voicemail"]),
        ("Deal Status", ["Won", "Lost", "Open"]),
        ("won", ["3", "7", "12"]),
    ],
)
def test_counts_rates_and_other_words_are_no_outcome(table_of: TableMaker, header: str, values: list[str]) -> None:
    assert _planned(table_of, header, values).field is None


def test_a_column_that_says_converted_leaves_no_room_for_another_outcome(table_of: TableMaker) -> None:
    rows = [[f"person{row}@example.org", "yes", "won" if row % 2 else "lost"] for row in range(10)]
    planned = plan_table(table_of(["Email", "Converted", "Deal status"], *rows), {})
    assert [column.field for column in planned.columns] == ["email", "converted", None]

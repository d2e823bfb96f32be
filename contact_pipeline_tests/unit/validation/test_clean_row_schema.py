"""The contract of a clean row: one bad value of each kind is found, and named."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import pandera.errors
import polars as pl
import pytest

from contact_pipeline.fields import FIELD_BY_NAME, FIELDS
from contact_pipeline.validation.schema import clean_row_schema


def _row(**values: Any) -> pl.DataFrame:
    blank = dict.fromkeys(FIELD_BY_NAME) | {"email": "ann@acme.example"}
    return pl.DataFrame([blank | values], schema={field.name: field.polars_type for field in FIELDS})


def _found(row: pl.DataFrame) -> list[tuple[str, str]]:
    try:
        clean_row_schema().validate(row, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        return errors.failure_cases.select("column", "check").rows()
    return []


def test_a_row_with_every_field_filled_right_is_clean() -> None:
    texts = {field.name: "text" for field in FIELDS if field.polars_type == pl.String}
    special = {
        "email": "ann@acme.example",
        "secondary_email": "a.lee@acme.example",
        "phone": "+442079460001;ext=12",
        "mobile_phone": "+447911123456",
        "seniority": "VP",
        "country": "GB",
        "website": "https://acme.example",
        "linkedin_url": "https://www.linkedin.com/in/ann",
        "lifecycle_stage": "Lead",
        "company_size": "11-50",
        "created_at": datetime.fromisoformat("2026-01-02T03:04"),
        "annual_revenue": -1.5,
        "growth_rate": 0.12,
        "email_opens": 0,
        "converted": True,
    }
    assert _found(_row(**texts | special)) == []


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("email", "ann at acme", "is not an e-mail address"),
        ("phone", "020 7946 0001", "is not a phone number in E.164"),
        ("country", "XX", "is not an ISO country code"),
        ("website", "javascript:alert(1)", "is not a web address"),
        ("lifecycle_stage", "Friend", "is not a lifecycle stage"),
        ("seniority", "Boss", "is not a seniority"),
        ("created_at", datetime.fromisoformat("0001-01-01"), "is out of the range of dates"),
        ("created_at", datetime.fromisoformat("2101-01-01"), "is out of the range of dates"),
        ("email_opens", -1, "is below zero"),
        ("annual_revenue", math.inf, "is not a finite number"),
        ("growth_rate", math.nan, "is not a finite number"),
        ("company_size", "many", "is not a number or range of employees"),
        ("city", "", "is an empty text"),
        ("notes", "", "is an empty text"),
    ],
)
def test_one_bad_value_is_found_and_named(field: str, value: object, words: str) -> None:
    assert _found(_row(**{field: value})) == [(field, words)]


def test_every_field_that_is_no_flag_has_a_check() -> None:
    unchecked = [name for name, column in clean_row_schema().columns.items() if not column.checks]
    assert unchecked == [field.name for field in FIELDS if field.polars_type == pl.Boolean]

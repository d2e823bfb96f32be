"""The contract of a clean row, as a pandera schema derived from the field catalogue.

Belongs here: what each kind of value must look like after cleaning. Does not belong: cleaning, and what happens to a
row that fails (`rows`). Use it on eager frames only: on a LazyFrame pandera skips every check of values in silence.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache

import pandera.polars as pa
import polars as pl

from contact_pipeline.cleaning.vocabulary import countries
from contact_pipeline.fields import FIELDS, LIFECYCLE_STAGES, SENIORITIES, Field, Kind

EMAIL_PATTERN = r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+$"

# What a date of a contact can mean; UTC, as everywhere.
_EARLIEST, _BEFORE = datetime.fromisoformat("1900-01-02"), datetime.fromisoformat("2101-01-01")
_NOT_BLANK = pa.Check.str_length(min_value=1, error="is an empty text")
_FINITE = pa.Check(lambda data: data.lazyframe.select(pl.col(data.key).is_finite()), error="is not a finite number")

# Each check carries the words that a failing row shows. Kinds of text without an entry only must not be empty.
_CHECKS: dict[Kind, pa.Check] = {
    Kind.EMAIL: pa.Check.str_matches(EMAIL_PATTERN, error="is not an e-mail address"),
    Kind.PHONE: pa.Check.str_matches(r"^\+[1-9]\d{4,14}(;ext=\d{1,10})?$", error="is not a phone number in E.164"),
    Kind.COUNTRY: pa.Check.isin(sorted(set(countries().values())), error="is not an ISO country code"),
    Kind.URL: pa.Check.str_matches(r"^https?://\S+$", error="is not a web address"),
    Kind.LINKEDIN_URL: pa.Check.str_matches(r"^https?://\S+$", error="is not a web address"),
    Kind.LIFECYCLE_STAGE: pa.Check.isin(LIFECYCLE_STAGES, error="is not a lifecycle stage"),
    Kind.SENIORITY: pa.Check.isin(SENIORITIES, error="is not a seniority"),
    Kind.DATETIME: pa.Check.in_range(_EARLIEST, _BEFORE, include_max=False, error="is out of the range of dates"),
    Kind.COUNT: pa.Check.ge(0, error="is below zero"),
    Kind.MONEY: _FINITE,
    Kind.RATE: _FINITE,
    Kind.HEADCOUNT: pa.Check.str_matches(r"^\d+(-\d+|\+)?$", error="is not a number or range of employees"),
}


@cache
def clean_row_schema() -> pa.DataFrameSchema:
    """Schema of validated rows: every canonical field with its type and check; the e-mail may not be missing."""
    return pa.DataFrameSchema({field.name: _column(field) for field in FIELDS}, strict="filter")


def _column(field: Field) -> pa.Column:
    check = _CHECKS.get(field.kind, _NOT_BLANK if field.polars_type == pl.String else None)
    return pa.Column(
        dtype=field.polars_type if isinstance(field.polars_type, pl.DataType) else field.polars_type(),
        checks=[check] if check else [],
        nullable=field.name != "email",
        title=field.label,
    )

"""The contract of a clean row, as a pandera schema derived from the field catalogue.

Belongs here: what each kind of value must look like after cleaning. Does not belong: cleaning, and what happens to a
row that fails (`rows`). Use it on eager frames only: on a LazyFrame pandera skips every check of values in silence.
"""

from __future__ import annotations

from functools import cache

import pandera.polars as pa
import polars as pl

from contact_pipeline.fields import FIELDS, LIFECYCLE_STAGES, SENIORITIES, Field, Kind

EMAIL_PATTERN = r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+$"

# Each check carries the words that a failing row shows.
_CHECKS: dict[Kind, pa.Check] = {
    Kind.EMAIL: pa.Check.str_matches(EMAIL_PATTERN, error="is not an e-mail address"),
    Kind.PHONE: pa.Check.str_matches(r"^\+[1-9]\d{4,14}(;ext=\d{1,10})?$", error="is not a phone number in E.164"),
    Kind.COUNTRY: pa.Check.str_matches(r"^[A-Z]{2}$", error="is not an ISO country code"),
    Kind.URL: pa.Check.str_matches(r"^https?://\S+$", error="is not a web address"),
    Kind.LINKEDIN_URL: pa.Check.str_matches(r"^https?://\S+$", error="is not a web address"),
    Kind.LIFECYCLE_STAGE: pa.Check.isin(LIFECYCLE_STAGES, error="is not a lifecycle stage"),
    Kind.SENIORITY: pa.Check.isin(SENIORITIES, error="is not a seniority"),
    Kind.COUNT: pa.Check.ge(0, error="is below zero"),
    Kind.HEADCOUNT: pa.Check.str_matches(r"^\d+(-\d+|\+)?$", error="is not a number or range of employees"),
}


@cache
def clean_row_schema() -> pa.DataFrameSchema:
    """Schema of validated rows: every canonical field with its type and check; the e-mail may not be missing."""
    return pa.DataFrameSchema({field.name: _column(field) for field in FIELDS}, strict="filter")


def _column(field: Field) -> pa.Column:
    check = _CHECKS.get(field.kind)
    return pa.Column(
        dtype=field.polars_type if isinstance(field.polars_type, pl.DataType) else field.polars_type(),
        checks=[check] if check else [],
        nullable=field.name != "email",
        title=field.label,
    )

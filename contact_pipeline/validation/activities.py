"""Which activities may enter the CRM: all reasons of a failing row at once.

Belongs here: judging cleaned activities. Does not belong: cleaning them (`cleaning.activities`) and knowing who is in the CRM
(`crm.activities`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from contact_pipeline.cleaning.emails import TOMBSTONE_EMAIL
from contact_pipeline.intake.tables import RowKind
from contact_pipeline.validation.review import NO_DATE
from contact_pipeline.validation.rows import BAD_KEY, BROKEN, NO_KEY

BAD_DATE = "date cannot be read"
FUTURE = "date in the future"
UNKNOWN_PERSON = "unknown person: no contact has this e-mail address"
_SLACK = timedelta(days=1)  # clocks and zones differ


def judge_activities(cleaned: pl.DataFrame, known: pl.Series, received_at: datetime) -> pl.DataFrame:
    """Add `failures` (List(String), every reason in words) and `is_valid` (Boolean), as `validation.rows.judge` does.

    `cleaned` is what `clean_activities` gives, `known` the addresses that have a contact; `received_at` is UTC. A row whose
    person was erased has lost its date, and does not fail for that.
    """
    is_data, is_erased = pl.col("kind") == RowKind.DATA, pl.col("email").eq_missing(TOMBSTONE_EMAIL)
    broken = pl.when(pl.col("kind") == RowKind.BROKEN).then(
        pl.format(BROKEN + ": {}", pl.col("problem").fill_null("cannot be read"))
    )
    of_data = [_address_failure(known), _date_failure(received_at)]
    reasons = pl.concat_list(broken, *(pl.when(is_data & ~is_erased).then(reason) for reason in of_data))
    judged = cleaned.with_columns(failures=reasons.list.drop_nulls())
    return judged.with_columns(is_valid=is_data & (pl.col("failures").list.len() == 0))


def _address_failure(known: pl.Series) -> pl.Expr:
    raw = _issue_of("email").struct.field("raw")
    return (
        pl.when(pl.col("email").is_null() & raw.is_null())
        .then(pl.lit(NO_KEY))
        .when(pl.col("email").is_null())
        .then(pl.format(BAD_KEY + ": {}", raw))
        .when(~pl.col("email").is_in(known.implode()))
        .then(pl.lit(UNKNOWN_PERSON))
    )


def _date_failure(received_at: datetime) -> pl.Expr:
    issue, moment = _issue_of("happened_at"), pl.col("happened_at")
    raw, reason = issue.struct.field("raw"), issue.struct.field("reason")
    return (
        pl.when(moment.is_null() & raw.is_null())
        .then(pl.lit(NO_DATE))
        .when(moment.is_null())
        .then(pl.format(BAD_DATE + ": {} ({})", raw, reason))
        .when(moment > pl.lit(received_at + _SLACK))
        .then(pl.format(FUTURE + ": {}", moment.dt.strftime("%Y-%m-%d %H:%M")))
    )


def _issue_of(field: str) -> pl.Expr:
    """What is wrong with a cell, as cleaning found."""
    return pl.col("issues").list.eval(pl.element().filter(pl.element().struct.field("field") == field)).list.first()

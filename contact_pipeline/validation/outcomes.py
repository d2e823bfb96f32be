"""Which rows of our own workbook may tell an outcome, and of whom: all reasons of a failing row at once.

Belongs here: judging rows that were read, and giving them the shape of records. Does not belong: reading them
(`cleaning.outcomes`) and knowing whose the ids are (`matching.told`).
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from contact_pipeline.cleaning.emails import TOMBSTONE_EMAIL
from contact_pipeline.fields import FIELDS
from contact_pipeline.intake.tables import RowKind
from contact_pipeline.validation.rows import BROKEN

NO_ID = "no Contact ID, which tells whose outcome it is"
UNKNOWN_ID = "no contact has this Contact ID: its import was undone, or the person was erased"

_BESIDES: dict[str, pl.DataType | type[pl.DataType]] = {
    "source_date": pl.Datetime("us"),
    "custom_fields": pl.String,
    "cleared": pl.List(pl.String),
}


def judge_outcomes(cleaned: pl.DataFrame, known: pl.DataFrame, received_at: datetime) -> pl.DataFrame:
    """Rows in the shape of validated contacts: every field (null but for email, lead_status, converted, converted_at), told_of,
    `failures` (List(String), every reason in words) and `is_valid`, as `validation.rows.judge` does.

    `cleaned` is what `cleaning.outcomes.clean_outcomes` gives; `known` has contact_id and email of the contacts that are there.
    Who was won without a known date was won on the day on which the workbook came, `received_at` (UTC).
    """
    is_data, is_erased = pl.col("kind") == RowKind.DATA, pl.col("email").eq_missing(TOMBSTONE_EMAIL)
    addresses = known.select(pl.col("contact_id").alias("told_of"), pl.col("email").alias("address"))
    found = cleaned.join(addresses, on="told_of", how="left", maintain_order="left")
    broken = pl.format(BROKEN + ": {}", pl.col("problem").fill_null("cannot be read"))
    unclear = pl.when(pl.col("told_of").is_null()).then(pl.lit(NO_ID)).otherwise(
        pl.when(pl.col("address").is_null()).then(pl.lit(UNKNOWN_ID))
    )  # fmt: skip
    failure = (
        pl.when(pl.col("kind") == RowKind.BROKEN).then(broken).otherwise(pl.when(is_data & ~is_erased).then(unclear))
    )
    day = pl.lit(received_at.replace(hour=0, minute=0, second=0, microsecond=0), pl.Datetime("us"))
    judged = found.with_columns(
        pl.coalesce("email", "address").alias("email"),
        pl.when("converted").then(day).alias("converted_at"),
        pl.concat_list(failure).list.drop_nulls().alias("failures"),
    ).drop("address")
    blank = [pl.lit(None, field.polars_type).alias(field.name) for field in FIELDS if field.name not in judged.columns]
    return judged.with_columns(
        *blank,
        *(pl.lit(None, kind).alias(name) for name, kind in _BESIDES.items()),
        is_valid=is_data & (pl.col("failures").list.len() == 0),
    )

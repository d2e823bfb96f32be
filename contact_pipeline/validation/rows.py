"""Which rows may enter the CRM: all reasons of a failing row at once, and nothing else fails a row.

Belongs here: judging cleaned rows. Does not belong: the schema (`schema`) and the file that failing rows go to
(`quarantine`).
"""

from __future__ import annotations

import pandera.errors
import polars as pl

from contact_pipeline.fields import FIELD_BY_NAME
from contact_pipeline.intake.tables import RowKind
from contact_pipeline.validation.schema import clean_row_schema

NO_KEY = "no e-mail address"
BAD_KEY = "e-mail address cannot be used"
BROKEN = "broken row"


def judge(cleaned: pl.DataFrame) -> pl.DataFrame:
    """Add `failures` (List(String), every reason in words, empty where there is none) and `is_valid` (Boolean).

    `cleaned` is what `cleaning.contacts.clean_contacts` returns. Rows that are no data are neither valid nor failing.
    """
    # In one piece: polars panics when it formats texts of which a filter has left nothing in the first piece.
    numbered = cleaned.with_row_index("row").rechunk()
    reasons = pl.concat([_broken(numbered), _schema_failures(numbered)])
    grouped = reasons.group_by("row", maintain_order=True).agg(failures=pl.col("reason"))
    judged = numbered.join(grouped, on="row", how="left", maintain_order="left").drop("row")
    return judged.with_columns(pl.col("failures").fill_null([])).with_columns(
        is_valid=(pl.col("kind") == RowKind.DATA) & (pl.col("failures").list.len() == 0)
    )


def failure_counts(judged: pl.DataFrame) -> dict[str, int]:
    """How many rows failed for each reason, the values in the reasons left out; a row may count under several."""
    words = judged.select(pl.col("failures").explode(empty_as_null=False).alias("failure")).drop_nulls()
    kinds = words.select(pl.col("failure").str.split(": ").list.first())
    return dict(kinds.group_by("failure").len().sort("len", "failure", descending=[True, False]).iter_rows())


def _broken(numbered: pl.DataFrame) -> pl.DataFrame:
    broken = numbered.filter(pl.col("kind") == RowKind.BROKEN)
    return broken.select("row", reason=pl.format(BROKEN + ": {}", pl.col("problem").fill_null("cannot be read")))


def _schema_failures(numbered: pl.DataFrame) -> pl.DataFrame:
    """Reasons pandera finds in the data rows, one row each."""
    data = numbered.filter(pl.col("kind") == RowKind.DATA)
    try:
        clean_row_schema().validate(data, lazy=True)
    except pandera.errors.SchemaErrors as found:
        return _in_words(data, found.failure_cases)
    return pl.DataFrame(schema={"row": pl.UInt32, "reason": pl.String})


def _in_words(data: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    """Failure cases with the row they belong to. A missing key names the raw text that could not be used."""
    if cases["index"].null_count():
        raise TypeError(f"Cleaned rows do not have the shape of the catalogue: {cases.to_dicts()}")
    labels = {name: field.label for name, field in FIELD_BY_NAME.items()}
    unusable = data.select(raw_key=_raw_key(), row="row").with_row_index("index").cast({"index": pl.Int32})
    named = cases.join(unusable, on="index", how="left", maintain_order="left")
    key_words = (
        pl.when(pl.col("raw_key").is_null()).then(pl.lit(NO_KEY)).otherwise(pl.format(BAD_KEY + ": {}", "raw_key"))
    )
    value_words = pl.format("{} {}: {}", pl.col("column").replace_strict(labels), "check", "failure_case")
    is_key = (pl.col("column") == "email") & (pl.col("check") == "not_nullable")
    return named.select("row", reason=pl.when(is_key).then(key_words).otherwise(value_words))


def _raw_key() -> pl.Expr:
    """Raw text of the e-mail cell that cleaning could not use, from the issues."""
    issue = pl.col("issues").list.eval(pl.element().filter(pl.element().struct.field("field") == "email"))
    return issue.list.first().struct.field("raw")

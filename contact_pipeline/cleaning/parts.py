"""What one field of a row gives to another: a salutation before a name, a second address in a cell, a title's seniority.

Belongs here: filling a field from its neighbour where its own cell is blank. Does not belong: reading a cell (the module of
its kind).
"""

from __future__ import annotations

import polars as pl

from contact_pipeline.cleaning.names import take_salutation
from contact_pipeline.cleaning.titles import department, seniority


def salutations_apart(mapped: pl.DataFrame) -> pl.DataFrame:
    """Raw table with salutations moved from first_name and full_name to salutation, where that is blank."""
    for name in ("first_name", "full_name"):
        if name not in mapped.columns:
            continue
        split = take_salutation(mapped[name])
        if split["said"].null_count() == len(split):
            continue
        own = [pl.col("salutation")] if "salutation" in mapped.columns else []
        said = pl.coalesce(*own, split["said"].str.strip_chars())
        mapped = mapped.with_columns(split["rest"].alias(name), said.alias("salutation"))
    return mapped


def last_first_as_full_name(mapped: pl.DataFrame) -> pl.DataFrame:
    """Raw table where "Last, First" in last_name counts as a full name, if no other name is given."""
    if "last_name" not in mapped.columns:
        return mapped
    others = [pl.col(name) for name in ("first_name", "full_name") if name in mapped.columns]
    alone = pl.all_horizontal([other.is_null() for other in others]) if others else pl.lit(True)
    is_whole = alone & pl.col("last_name").str.contains(r"^[^,]+,\s*[^,\s]")
    full = pl.col("full_name") if "full_name" in mapped.columns else pl.lit(None, pl.String)
    return mapped.with_columns(
        pl.when(is_whole).then("last_name").otherwise(full).alias("full_name"),
        pl.when(~is_whole).then("last_name").alias("last_name"),
    )


def spread(first: pl.Series, second: pl.Series, *, promote: bool) -> pl.DataFrame:
    """Lists of values, one blank between them, over two fields: first, second, left_over (Boolean).

    The first value of each list stays where it is; a further one of the first list goes to the second field if that is
    blank. `promote` moves the second value up where there is no first. left_over tells that some value found no place.
    """
    several = first.str.contains(" ", literal=True).any() or second.str.contains(" ", literal=True).any()
    lists = pl.DataFrame({"first": first, "second": second})
    placed = _placed(lists) if several else lists.with_columns(left_over=pl.lit(False))
    if promote:
        moves = pl.col("first").is_null()
        placed = placed.with_columns(
            pl.coalesce("first", "second").alias("first"), pl.when(~moves).then("second").alias("second")
        )
    return placed.with_columns(pl.when(pl.col("first").ne_missing(pl.col("second"))).then("second").alias("second"))


def _placed(lists: pl.DataFrame) -> pl.DataFrame:
    """First value of each list, the second value from the first list's tail where the second list is empty; left_over."""
    split, own_split = pl.col("first").str.splitn(" ", 2), pl.col("second").str.splitn(" ", 2)
    head, tail = split.struct.field("field_0"), split.struct.field("field_1")
    own, own_tail = own_split.struct.field("field_0"), own_split.struct.field("field_1")
    no_room = (own.is_not_null() & (own != tail)) | tail.str.contains(" ", literal=True)
    return lists.select(
        head.alias("first"),
        pl.coalesce(own, tail.str.splitn(" ", 2).struct.field("field_0")).alias("second"),
        (no_room | own_tail.is_not_null()).fill_null(False).alias("left_over"),
    )


def complete_names(cleaned: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Columns first_name, last_name, full_name, each made from the others where it is blank.

    `parts` are the columns first and last of the full names. One word behind a salutation is a family name.
    """
    first = pl.coalesce("first_name", parts["first"])
    last = pl.coalesce("last_name", parts["last"])
    only_family = first.is_null() & last.is_null() & pl.col("salutation").is_not_null()
    completed = cleaned.select(
        first.alias("first_name"),
        pl.when(only_family).then("full_name").otherwise(last).alias("last_name"),
        "full_name",
    )
    joined = pl.concat_str("first_name", "last_name", separator=" ", ignore_nulls=True)
    return completed.with_columns(pl.coalesce("full_name", pl.when(joined != "").then(joined)).alias("full_name"))


def complete_from_title(cleaned: pl.DataFrame) -> pl.DataFrame:
    """Columns seniority and department, read from the job title where they are blank."""
    title = pl.col("job_title")
    told = cleaned.select(title.unique()).with_columns(
        seniority(title).alias("told"), department(title).alias("told_too")
    )
    joined = cleaned.select("job_title", "seniority", "department").join(
        told.drop_nulls("job_title"), on="job_title", how="left", maintain_order="left"
    )
    return joined.select(
        pl.coalesce("seniority", "told").alias("seniority"), pl.coalesce("department", "told_too").alias("department")
    )

"""Reading a column of text cells: most by one polars expression, the odd ones by Python, once a distinct text.

Belongs here: the machinery that every kind of cleaner shares and the shape of its answer. Does not belong: what any kind of
value looks like.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import polars as pl
from polars.datatypes import DataTypeClass


class Reading(NamedTuple):
    """What one text says. No value and no reason: it stands for a blank. A reason beside a value: the user should know."""

    value: Any = None
    reason: str | None = None


def read_cells(
    raw: pl.Series,
    odd: Callable[[str], Reading],
    *,
    dtype: pl.DataType | DataTypeClass = pl.String,
    regular: pl.Expr | None = None,
) -> pl.DataFrame:
    """Read each text of `raw`; a null stays null.

    `regular` is an expression over the column "raw" that gives the value of an everyday text and null for any other; `odd`
    reads the others. Returns the columns value (`dtype`) and reason (String), in the order of `raw`.
    """
    everyday = pl.lit(None, dtype) if regular is None else regular.cast(dtype)
    cells = pl.DataFrame({"raw": raw}).with_columns(everyday.alias("value"))
    rest = cells.filter(pl.col("raw").is_not_null() & pl.col("value").is_null())["raw"].unique()
    if rest.is_empty():
        return cells.select("value", pl.lit(None, pl.String).alias("reason"))
    readings = [odd(text) for text in rest]
    table = pl.DataFrame(
        {
            "raw": rest,
            "odd_value": pl.Series([reading.value for reading in readings], dtype=dtype),
            "reason": pl.Series([reading.reason for reading in readings], dtype=pl.String),
        }
    )
    joined = cells.join(table, on="raw", how="left", maintain_order="left")
    return joined.select(pl.coalesce("value", "odd_value").alias("value"), "reason")

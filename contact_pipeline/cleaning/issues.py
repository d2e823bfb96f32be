"""The issues of a table while it is cleaned: one for each cell left blank, or changed so that the user should know.

Belongs here: collecting the few bad cells and hanging them onto their rows. Does not belong: what makes a cell bad (the
cleaners) and which rows fail (`validation`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl

ISSUES_TYPE: Final = pl.List(
    pl.Struct({"field": pl.String, "raw": pl.String, "reason": pl.String, "suggestion": pl.String})
)


class IssueLog:
    """Issues of one table; rows that hold no data have none."""

    def __init__(self, is_data: pl.Series) -> None:
        self._is_data = is_data.alias("is_data")
        self._found: list[pl.DataFrame] = []

    def note(
        self, field: str, raw: pl.Series, reasons: pl.Series, suggest: Callable[[pl.Series], pl.Series] | None = None
    ) -> None:
        """Record the cells of one field that have a reason; `raw` and `reasons` (null: no issue) go row by row.

        `suggest` gives for raw texts what was probably meant, or null.
        """
        if reasons.null_count() == len(reasons):
            return
        cells = pl.DataFrame([self._is_data, raw.alias("raw"), reasons.alias("reason")]).with_row_index("row")
        bad = cells.filter(pl.col("is_data") & pl.col("reason").is_not_null())
        meant = suggest(bad["raw"]) if suggest else pl.lit(None, pl.String)
        entry = bad.select("row", pl.lit(field).alias("field"), "raw", "reason", meant.alias("suggestion"))
        self._found.append(entry)

    def column(self) -> pl.Series:
        """The column `issues`, an empty list where a row has none; in the order the fields were noted."""
        size = len(self._is_data)
        if not self._found:
            return pl.repeat([], size, dtype=ISSUES_TYPE, eager=True).alias("issues")
        entries = pl.concat(self._found).select(
            "row", pl.struct("field", "raw", "reason", "suggestion").alias("issues")
        )
        grouped = entries.group_by("row", maintain_order=True).agg("issues")
        rows = pl.DataFrame({"row": pl.int_range(size, dtype=pl.UInt32, eager=True)})
        joined = rows.join(grouped, on="row", how="left", maintain_order="left")
        return joined["issues"].fill_null(pl.Series([[]], dtype=ISSUES_TYPE))

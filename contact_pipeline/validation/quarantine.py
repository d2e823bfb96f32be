"""Rows set aside: in a file that says why and keeps the original columns, so that it can be mended and dropped again.

Belongs here: the content of that file. Does not belong: why a row fails (`rows`) and how CSV is written (`reporting`).
"""

from __future__ import annotations

import polars as pl

from contact_pipeline.intake.tables import SourceFile, TextTable
from contact_pipeline.mapping.apply import unique_headers

SHEET, LINE, REASONS, RAW = "Set-aside sheet", "Set-aside line", "Set-aside reasons", "Set-aside raw text"


def quarantine(source: SourceFile, judged: pl.DataFrame) -> pl.DataFrame:
    """Failing rows of all tables: where they stand, every reason, the original cells; raw text where a row is broken.

    `judged` is what `rows.judge` returns, with the column sheet. Columns of tables with the same header share a column.
    The column of raw text is there only where a row has one.
    """
    failing = judged.filter(pl.col("failures").list.len() > 0).select(
        "sheet", "line", reasons=pl.col("failures").list.join("; ")
    )
    concerned = failing["sheet"].unique()
    rows = pl.concat([_of_table(table, failing) for table in source.tables if table.name in concerned], how="diagonal")
    return rows if rows[RAW].count() else rows.drop(RAW)


def _of_table(table: TextTable, failing: pl.DataFrame) -> pl.DataFrame:
    own = (SHEET, LINE, REASONS, RAW)
    names = unique_headers([*own, *table.headers])[len(own) :]
    rows = table.rows.join(failing.filter(pl.col("sheet") == table.name), on="line", maintain_order="left")
    return rows.select(
        pl.lit(table.name).alias(SHEET),
        pl.col("line").alias(LINE),
        pl.col("reasons").alias(REASONS),
        pl.col("raw").alias(RAW),
        *(pl.col(cell).alias(name) for cell, name in zip(table.cell_columns, names, strict=True)),
    )

"""Rows set aside: in a file that says why and keeps the original columns, so that it can be mended and dropped again.

Belongs here: the content of that file. Does not belong: why a row fails (`rows`) and how CSV is written (`reporting`).
"""

from __future__ import annotations

import polars as pl

from contact_pipeline.intake.tables import SourceFile, TextTable

SHEET, LINE, REASONS, RAW = "Set-aside sheet", "Set-aside line", "Set-aside reasons", "Set-aside raw text"


def quarantine(source: SourceFile, judged: pl.DataFrame) -> pl.DataFrame:
    """Failing rows of all tables: where they stand, every reason, the original cells; raw text where a row is broken.

    `judged` is what `rows.judge` returns, with the column sheet. Columns of tables with the same header share a column.
    """
    failing = judged.filter(pl.col("failures").list.len() > 0).select(
        "sheet", "line", reasons=pl.col("failures").list.join("; ")
    )
    parts = [_of_table(table, failing) for table in source.tables]
    return pl.concat(parts, how="diagonal").drop(RAW) if not _any_raw(parts) else pl.concat(parts, how="diagonal")


def _any_raw(parts: list[pl.DataFrame]) -> bool:
    return any(part[RAW].drop_nulls().len() for part in parts)


def _of_table(table: TextTable, failing: pl.DataFrame) -> pl.DataFrame:
    names = unique_headers(table.headers)
    rows = table.rows.join(failing.filter(pl.col("sheet") == table.name), on="line", maintain_order="left")
    return rows.select(
        pl.lit(table.name).alias(SHEET),
        pl.col("line").alias(LINE),
        pl.col("reasons").alias(REASONS),
        pl.col("raw").alias(RAW),
        *(pl.col(cell).alias(name) for cell, name in zip(table.cell_columns, names, strict=True)),
    )


def unique_headers(headers: tuple[str, ...]) -> list[str]:
    """Headers as column names: blank ones numbered, repeated ones with a counter."""
    seen: dict[str, int] = {}
    names = []
    for place, header in enumerate(headers, start=1):
        name = header.strip() or f"Column {place}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names

"""Files that we wrote, coming back: their cells by the headers as we wrote them, whatever program was in between.

Belongs here: finding our own columns again. Does not belong: what the columns mean (`validation.mended`,
`matching.decisions`).
"""

from __future__ import annotations

import polars as pl

from contact_pipeline.intake.tables import TextTable
from contact_pipeline.safe_text import unguard_formula


def plain_header(header: str) -> str:
    """A header for comparing: programs in between may have changed its white space."""
    return " ".join(header.split())


def places(table: TextTable) -> dict[str, str]:
    """Header as we wrote it, in plain form -> cell column."""
    headers = pl.Series(table.headers, dtype=pl.String).to_frame("header").select(unguard_formula(pl.col("header")))
    return {plain_header(header): cell for header, cell in zip(headers["header"], table.cell_columns, strict=True)}


def own_cells(table: TextTable, name: str) -> pl.Series:
    """Trimmed cells of one of our columns, row by row, empty ones null; nulls where the table lacks it."""
    cell = places(table).get(name)
    if cell is None:
        return pl.repeat(None, table.rows.height, dtype=pl.String, eager=True)
    return table.rows.select(unguard_formula(pl.col(cell)).str.strip_chars().replace("", None)).to_series()

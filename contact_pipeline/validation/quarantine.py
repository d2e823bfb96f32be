"""Rows set aside: in a file that says why and keeps the original columns, so that it can be mended and dropped again.

Belongs here: the content of that file. Does not belong: why a row fails (`rows`), how the file is written
(`set_aside_file`) and what becomes of it when it comes back (`mended`).
"""

from __future__ import annotations

from typing import Final

import polars as pl

from contact_pipeline.fields import FIELD_BY_NAME
from contact_pipeline.intake.tables import SourceFile, TextTable
from contact_pipeline.mapping.apply import unique_headers

IMPORT, SHEET, LINE = "Set-aside import", "Set-aside sheet", "Set-aside line"
REASONS, SUGGESTION, RAW = "Set-aside reasons", "Set-aside suggestion", "Set-aside raw text"
OWN_COLUMNS: Final = (IMPORT, SHEET, LINE, REASONS, SUGGESTION, RAW)


def quarantine(source: SourceFile, judged: pl.DataFrame, import_id: str) -> dict[str, pl.DataFrame]:
    """Sheet -> its failing rows: where they stand, every reason, the original cells; raw text where a row is broken.

    `judged` has sheet, failures and issues of all records of the tables taken, in source order. Tables without a failing
    row are left out. The columns of suggestions and of raw text are there only where a row has one.
    """
    found = {table.name: _of_table(table, judged.filter(pl.col("sheet") == table.name)) for table in source.tables}
    return {
        sheet: rows.drop([name for name in (SUGGESTION, RAW) if not rows[name].count()]).insert_column(
            0, pl.repeat(import_id, rows.height, eager=True).alias(IMPORT)
        )
        for sheet, rows in found.items()
        if rows.height
    }


def original_names(headers: tuple[str, ...]) -> list[str]:
    """How the columns of a table are called in its set-aside file, in the order of `headers`."""
    return unique_headers([*OWN_COLUMNS, *headers])[len(OWN_COLUMNS) :]


def _of_table(table: TextTable, judged: pl.DataFrame) -> pl.DataFrame:
    """The failing rows of one table; `judged` are its records, or nothing where the table was not taken."""
    reasons = judged.with_row_index("at").filter(pl.col("failures").list.len() > 0)
    told = reasons.select("at", pl.col("failures").list.join("; ").alias(REASONS), _suggestions().alias(SUGGESTION))
    numbered = table.lazy_rows.with_row_index("at").filter(pl.col("at").is_in(told["at"].implode()))
    rows = numbered.collect(engine="streaming").join(told, on="at", maintain_order="left")
    names = original_names(table.headers)
    return rows.select(
        pl.lit(table.name).alias(SHEET),
        pl.col("line").alias(LINE),
        pl.col(REASONS),
        pl.col(SUGGESTION),
        pl.col("raw").alias(RAW),
        *(pl.col(cell).alias(name) for cell, name in zip(table.cell_columns, names, strict=True)),
    )


def _suggestions() -> pl.Expr:
    """ "Email (Primary): ann@acme.example" for each issue that has a suggestion, one after the other; else null."""
    labels = {name: field.label for name, field in FIELD_BY_NAME.items()}
    issue = pl.element().struct
    said = pl.format("{}: {}", issue.field("field").replace_strict(labels, default=""), issue.field("suggestion"))
    joined = pl.col("issues").list.eval(said.drop_nulls()).list.join("; ")
    return pl.when(joined != "").then(joined)

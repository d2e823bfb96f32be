"""Cells that hold the clear token: the user wants the field emptied, which a blank cell never does.

Belongs here: finding such cells in the raw text of a table, and the fields they stand for. Does not belong: which fields may be
cleared and what goes with them (`cleaning.clearing`), and emptying the contact (`crm.fold`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from contact_pipeline.mapping.plan import ColumnPlan

CLEARED_TYPE = pl.List(pl.String)


def tokens_apart(cells: pl.DataFrame, columns: Iterable[str], token: str) -> tuple[pl.DataFrame, frozenset[str]]:
    """The cells, null where they are exactly the token (case ignored), and the columns in which some are.

    Each of those columns has a Boolean column beside it (`mark_of`) that tells where. Cells are trimmed; a token of nothing
    but blanks is none.
    """
    wanted = token.strip().lower()
    held = frozenset(name for name in columns if wanted and _holds(cells[name], wanted))
    is_token = {name: (pl.col(name).str.to_lowercase() == wanted).fill_null(False) for name in held}
    emptied = [pl.when(~found).then(pl.col(name)).alias(name) for name, found in is_token.items()]
    marks = [found.alias(mark_of(name)) for name, found in is_token.items()]
    return cells.with_columns(*emptied, *marks), held


def mark_of(column: str) -> str:
    """Name of the Boolean column that tells where a column held the token."""
    return f"{column} is cleared"


def cleared_fields(fields: Mapping[str, tuple[Sequence[ColumnPlan], pl.Expr]], held: frozenset[str]) -> pl.Expr:
    """The column `cleared`, List(String): names of the fields whose cells held the token and give no value.

    `fields` has for each name the columns it comes from and the value they give.
    """
    named = []
    for field, (columns, value) in fields.items():
        marks = [pl.col(mark_of(name)) for name in (f"c{column.index}" for column in columns) if name in held]
        if marks:
            named.append(pl.when(pl.any_horizontal(marks) & value.is_null()).then(pl.lit(field)))
    if not named:
        return pl.lit([], dtype=CLEARED_TYPE).alias("cleared")
    return pl.concat_list(named).list.drop_nulls().alias("cleared")


def _holds(cells: pl.Series, wanted: str) -> bool:
    """Whether any cell is the token; lengths are compared first, for most columns hold none of that length."""
    of_its_length = cells.filter(cells.str.len_bytes() == len(wanted.encode()))
    return bool((of_its_length.str.to_lowercase() == wanted).any())

"""Our own workbook coming back, its column Outcome filled in by reps: finding it again, and nothing else that is in it.

Belongs here: the two headers that make a table one of ours, and what is kept of such a table. Does not belong: what the words
mean (`cleaning.outcomes`) and whose outcome they tell (`matching.told`). Sheets, columns and rows may be gone, added, sorted
or renamed: only Contact ID and Outcome count. What reps write beside them is never taken in, nor kept.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from contact_pipeline.cleaning.emails import TOMBSTONE_EMAIL
from contact_pipeline.intake.returned import own_cells, places
from contact_pipeline.intake.tables import RowKind, SourceFile, TextTable
from contact_pipeline.mapping.plan import Action, ColumnPlan, TablePlan

OUTCOME_HEADER: Final = "Outcome"
CONTACT_ID_HEADER: Final = "Contact ID"
HEADERS: Final = (CONTACT_ID_HEADER, OUTCOME_HEADER)
CONTACT, OUTCOME = "c0", "c1"  # the cells of a table that `outcomes_only` gives

PASSED_OVER: Final = "of our own workbook only sheets with Contact ID and Outcome are read"
_OUR_ID = r"^c[0-9a-f]{16}$"


def tells_outcomes(table: TextTable) -> bool:
    """Is this a sheet of our workbook? The headers alone could be of another tool: most of its ids must look like ours."""
    if not set(HEADERS) <= set(places(table)):
        return False
    ids = own_cells(table, CONTACT_ID_HEADER).filter(table.rows["kind"] == RowKind.DATA).drop_nulls()
    are_ours = ids.str.contains(_OUR_ID) | (ids == TOMBSTONE_EMAIL)
    return bool(len(ids) and are_ours.sum() * 2 > len(ids))


def outcomes_only(source: SourceFile) -> SourceFile | None:
    """The two columns of the sheets of our workbook; None for any other file. A row without an outcome is blank."""
    ours = [table for table in source.tables if tells_outcomes(table)]
    if not ours:
        return None
    others = tuple((table.name, PASSED_OVER) for table in source.tables if not tells_outcomes(table))
    return replace(source, tables=tuple(map(_narrowed, ours)), ignored_sheets=(*source.ignored_sheets, *others))


def outcome_plan(table: TextTable) -> TablePlan:
    """The mapping of a table that `outcomes_only` gives."""
    told = {
        CONTACT_ID_HEADER: (Action.EXCLUDE, None, "tells whose outcome it is"),
        OUTCOME_HEADER: (Action.MAP, "converted", "the only column of our own workbook that is read"),
    }
    columns = (
        ColumnPlan(index, header, action, field, 1.0, reason)
        for index, header in enumerate(table.headers)
        for action, field, reason in [told[header]]
    )
    return TablePlan(tuple(columns))


def _narrowed(table: TextTable) -> TextTable:
    rows = table.rows.select("line", "kind", "problem", "raw").with_columns(
        own_cells(table, header).alias(cell) for header, cell in zip(HEADERS, (CONTACT, OUTCOME), strict=True)
    )
    is_data = pl.col("kind") == RowKind.DATA
    is_told = is_data & pl.col(OUTCOME).is_not_null()
    kept = rows.with_columns(
        pl.when(is_data & ~is_told).then(pl.lit(RowKind.BLANK.value)).otherwise("kind").alias("kind"),
        *(pl.when(is_told).then(cell).alias(cell) for cell in (CONTACT, OUTCOME)),
    )
    return table.with_rows(kept, HEADERS)

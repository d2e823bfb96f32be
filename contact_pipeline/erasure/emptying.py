"""Tables and cleaned stages with some rows emptied, and the addresses of a person taken out of others.

Belongs here: what becomes of each cell. Does not belong: which rows (`mangling`) and files. A row keeps its place and kind; a
valid one keeps an address of nobody where its own stood, so that it is still valid when the import is run again.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from contact_pipeline.cleaning.emails import TOMBSTONE_EMAIL
from contact_pipeline.erasure.traces import ERASED, Traces
from contact_pipeline.fields import FIELDS, Kind
from contact_pipeline.intake.returned import places
from contact_pipeline.intake.tables import TextTable
from contact_pipeline.mapping.outcomes import CONTACT
from contact_pipeline.mapping.outcomes import HEADERS as OUTCOME_HEADERS
from contact_pipeline.mapping.plan import TablePlan
from contact_pipeline.matching.decisions import HEADERS, is_decisions

_KEPT = frozenset({"sheet", "line", "kind", "ordinal", "problem", "is_valid", "of_import"})  # what an emptied row keeps
_EMAIL_FIELDS = frozenset(field.name for field in FIELDS if field.kind is Kind.EMAIL)
_SEPARATORS = " \t\r\n;,|/:"
_BATCH = 20_000  # rows; only those around a row that changes are copied


def table_without(table: TextTable, touched: pl.DataFrame, plan: TablePlan | None, traces: Traces) -> TextTable:
    """A table of the raw file without what is in the rows `touched`: at (its place in the table), was_valid, is_gone.

    A row that is gone is emptied, another loses the addresses alone. `plan` is how the table was mapped, if it was.
    """
    columns = _columns(table, plan)
    emptied = _emptied_cells(table, columns, traces)
    cleaned = [
        _cell_without(name, traces, "" if name in columns.emails else ERASED)
        for name in ("problem", *table.cell_columns)
    ]
    headers = tuple(traces.taken_out_of(header) for header in table.headers)
    return table.with_rows(_patched(table.rows, touched, emptied, cleaned), headers)


def frame_without(frame: pl.DataFrame, touched: pl.DataFrame, traces: Traces) -> pl.DataFrame:
    """A cleaned stage without what is in the rows `touched`; as `table_without`, the place of a row being its ordinal."""
    emptied = [_emptied(name, kind) for name, kind in frame.schema.items()]
    cleaned = [_without(name, kind, traces) for name, kind in frame.schema.items()]
    return _patched(frame, touched, emptied, cleaned)


def _patched(rows: pl.DataFrame, touched: pl.DataFrame, emptied: list[pl.Expr], cleaned: list[pl.Expr]) -> pl.DataFrame:
    """The rows with `emptied` in place of those that are gone and `cleaned` in place of the others touched."""
    batches = []
    for start in range(0, rows.height, _BATCH):
        batch = rows.slice(start, _BATCH)
        own = touched.filter(pl.col("at").is_between(start, start + _BATCH - 1))
        batches.append(_patched_batch(batch, own, start, emptied, cleaned) if own.height else batch)
    return pl.concat(batches) if batches else rows


def _patched_batch(
    batch: pl.DataFrame, touched: pl.DataFrame, start: int, emptied: list[pl.Expr], cleaned: list[pl.Expr]
) -> pl.DataFrame:
    numbered = batch.with_row_index("at", offset=start).cast({"at": pl.Int64}).join(touched, on="at", how="left")
    parts = [
        numbered.filter(pl.col("is_gone").is_null()),
        numbered.filter(pl.col("is_gone")).with_columns(emptied),
        numbered.filter(~pl.col("is_gone")).with_columns(cleaned),
    ]
    return pl.concat(parts).sort("at").select(batch.columns)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which cells of a table hold addresses, in which of them an emptied row gets one of nobody, and which it keeps."""

    emails: list[str]
    in_each: bool
    kept: list[str]


def _columns(table: TextTable, plan: TablePlan | None) -> _Columns:
    if table.headers == OUTCOME_HEADERS:
        return _Columns([CONTACT], in_each=False, kept=[])
    if plan:
        columns = [column for column in plan.columns if column.field in _EMAIL_FIELDS]
        ranked = sorted(columns, key=lambda column: str(column.field))  # email before secondary_email
        return _Columns([f"c{column.index}" for column in ranked], in_each=False, kept=[])
    if is_decisions(table):
        at = places(table)
        own = (HEADERS["row_email"], HEADERS["match_email"])
        return _Columns([at[name] for name in own], True, [at[name] for name in [HEADERS["of_import"]] if name in at])
    return _Columns([], in_each=False, kept=[])


def _cell_without(name: str, traces: Traces, instead: str) -> pl.Expr:
    text = traces.taken_out(pl.col(name), instead)
    if not instead:  # no separator may be left over: it would spoil the address that stays
        text = text.str.strip_chars(_SEPARATORS)
    return pl.when(text != "").then(text).alias(name)


def _emptied_cells(table: TextTable, columns: _Columns, traces: Traces) -> list[pl.Expr]:
    """No cell of a row but the address of nobody; that in the column where valid rows had theirs."""
    named = [pl.when(traces.mentioned(pl.col(name))).then(pl.lit(name)) for name in columns.emails]
    home = pl.coalesce(*named, pl.lit(columns.emails[0])) if named else pl.lit(None, pl.String)
    empty = pl.lit(None, pl.String)
    cells = {name: empty for name in ("raw", *table.cell_columns) if name not in columns.kept}
    for name in columns.emails:
        is_here = pl.col("was_valid") & (pl.lit(columns.in_each) | (home == name))
        cells[name] = pl.when(is_here).then(pl.lit(TOMBSTONE_EMAIL))
    return [traces.taken_out(pl.col("problem")).alias("problem"), *(cell.alias(name) for name, cell in cells.items())]


def _emptied(name: str, kind: pl.DataType) -> pl.Expr:
    """A column of an emptied row."""
    if name in _KEPT:
        return pl.col(name)
    if name in {"email", "met_email"}:
        return pl.when("was_valid").then(pl.lit(TOMBSTONE_EMAIL)).alias(name)
    if name == "issues":
        return pl.col(name).list.head(0)
    if name == "failures":  # the kind of each reason, without the value that it quotes
        return pl.col(name).list.eval(pl.element().str.split(": ").list.first())
    return pl.lit(None, kind).alias(name)


def _without(name: str, kind: pl.DataType, traces: Traces) -> pl.Expr:
    """A column of a row that only names an address."""
    if name == "secondary_email":
        return pl.when(~pl.col(name).is_in(sorted(traces.words))).then(name).alias(name)
    if name == "issues":
        quoted = [traces.taken_out(pl.element().struct.field(part)).alias(part) for part in ("raw", "suggestion")]
        return pl.col(name).list.eval(pl.element().struct.with_fields(*quoted))
    if kind == pl.String and name not in {"kind", "email"}:
        return traces.taken_out(pl.col(name)).alias(name)
    return pl.col(name)

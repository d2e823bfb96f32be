"""A view as a file: the same leads in the same order, every field under its CRM label.

Belongs here: which columns such a file has, and writing it part by part. Does not belong: which leads (`reader`), how cells
are guarded and typed (`reporting.contact_csv`, `reporting.sheets`) and HTTP (`pages.exports`).
A link that is limited to some leads gets no number over all: no percentile, and no figures behind the reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import duckdb
import polars as pl
from xlsxwriter import Workbook

from contact_pipeline.fields import FIELDS, Field
from contact_pipeline.mapping.outcomes import CONTACT_ID_HEADER
from contact_pipeline.reporting.contact_csv import append_csv
from contact_pipeline.reporting.lead_sheets import (
    SCORES_FOR_PEOPLE,
    crm_columns,
    custom_field_columns,
    custom_headers,
)
from contact_pipeline.reporting.sheets import Formats, write_table
from contact_pipeline.safe_text import WORKBOOK_OPTIONS
from contact_pipeline.scoring.reasons import without_figures

_OVER_ALL = "score_percentile"
_LEADS_AT_ONCE = 5_000  # bounds the memory that a file of a million leads takes


@dataclass(frozen=True, slots=True)
class _Filled:
    """What any of the leads has a value of."""

    fields: Sequence[Field]
    custom: Sequence[str]


def write_leads_csv(file: BinaryIO, connection: duckdb.DuckDBPyConnection, ranks: pl.Series, *, limited: bool) -> None:
    """Write the leads of these ranks, in this order. `connection` is a cursor on a snapshot of its own."""
    filled = _filled(connection, ranks)
    for number, leads in enumerate(_parts(connection, ranks, limited=limited)):
        append_csv(file, _labelled(leads, filled), with_header=number == 0)


def write_leads_workbook(
    file: BinaryIO, connection: duckdb.DuckDBPyConnection, ranks: pl.Series, drafts: Path, *, limited: bool
) -> None:
    """The same as a workbook of one sheet; `drafts` is a folder for what does not fit the memory meanwhile."""
    leads = pl.concat(_parts(connection, ranks, limited=limited))
    found = custom_field_columns(leads)
    custom = {name: found[name] for name in _filled(connection, ranks).custom}
    with Workbook(file, {**WORKBOOK_OPTIONS, "tmpdir": str(drafts)}) as book:
        write_table(book.add_worksheet("Leads"), Formats(book), crm_columns(leads, custom), frozen_columns=1)
        book.set_properties({"title": "Leads"})


def _parts(connection: duckdb.DuckDBPyConnection, ranks: pl.Series, *, limited: bool) -> Iterator[pl.DataFrame]:
    """The leads in order, some at a time; one empty part where there are none."""
    for start in range(0, max(ranks.len(), 1), _LEADS_AT_ONCE):
        wanted = ranks.slice(start, _LEADS_AT_ONCE).alias("rank").to_frame().with_row_index("place")
        connection.register("wanted", wanted)
        query = "SELECT leads.* FROM wanted JOIN leads ON leads.rank = wanted.rank ORDER BY wanted.place"
        leads = connection.sql(query).pl()
        yield leads.drop(_OVER_ALL).with_columns(without_figures(pl.col("key_factors"))) if limited else leads
        connection.unregister("wanted")


def _filled(connection: duckdb.DuckDBPyConnection, ranks: pl.Series) -> _Filled:
    """Fields in the order of the catalogue, custom fields by name."""
    connection.register("wanted", ranks.alias("rank").to_frame())
    counts = ", ".join(f"count({field.name})" for field in FIELDS)
    known = connection.execute(f"SELECT {counts} FROM leads SEMI JOIN wanted USING (rank)").fetchall()[0]
    names = connection.execute(
        "SELECT DISTINCT unnest(json_keys(custom_fields)) AS name FROM leads SEMI JOIN wanted USING (rank) ORDER BY name"
    ).fetchall()
    connection.unregister("wanted")
    fields = [field for field, leads in zip(FIELDS, known, strict=True) if leads]
    return _Filled(fields, [name for (name,) in names])


def _labelled(leads: pl.DataFrame, filled: _Filled) -> pl.DataFrame:
    """The columns of a file, under the headers that the workbook has as well."""
    custom = custom_field_columns(leads)
    nothing = pl.Series([None] * leads.height, dtype=pl.String)
    headers = custom_headers(filled.custom, {field.label for field in filled.fields})
    columns = [leads[field.name].alias(field.label) for field in filled.fields]
    columns += [custom.get(name, nothing).alias(header) for name, header in headers.items()]
    columns += [leads[field.name].alias(field.label) for field in SCORES_FOR_PEOPLE if field.name in leads.columns]
    return pl.DataFrame([*columns, leads["contact_id"].alias(CONTACT_ID_HEADER)])

"""The XLSX workbook handed to sales: summary, call list, all leads, playbook, dictionary, what was set aside.

Belongs here: which sheets there are, in which order, and the limits of the format. Does not belong: what stands on a
sheet (`lead_sheets`, `overview_sheets`) and how it is written (`sheets`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
from xlsxwriter import Workbook

from contact_pipeline.atomic import atomic_path
from contact_pipeline.cleaning.outcomes import Outcome
from contact_pipeline.crm.lead_files import LEADS_CSV, LEADS_PARQUET
from contact_pipeline.mapping.outcomes import OUTCOME_HEADER
from contact_pipeline.reporting.aggregates import ranked
from contact_pipeline.reporting.facts import ReportFacts, SourceRows
from contact_pipeline.reporting.lead_sheets import (
    call_list,
    crm_columns,
    custom_field_columns,
    outcome_columns,
    source_columns,
)
from contact_pipeline.reporting.overview_sheets import (
    dictionary_columns,
    playbook_columns,
    set_aside_columns,
    write_summary,
)
from contact_pipeline.reporting.playbook import segments_of
from contact_pipeline.reporting.sheets import Column, Formats, write_table
from contact_pipeline.safe_text import CELL_CHARACTERS, WORKBOOK_OPTIONS, overlong_cells

SHEET_ROWS = 1_048_575  # of data, below the header


def write_workbook(
    path: Path, leads: pl.DataFrame, facts: ReportFacts, *, sources: Sequence[SourceRows] = (), lead_limit: int
) -> None:
    """Write the workbook atomically.

    `leads` has contact_id, canonical fields (typed), the score columns and custom_fields (a JSON object as String), in
    any order. With `sources` the sheet "All leads" shows the file's own columns and raw values before the scores, and there is
    one more for each further shape of its tables. Above `lead_limit` leads it is left out, which the summary says, and of
    leads that are not Hot only what is counted is looked at. Text is written as text, never as a formula or a link.
    """
    best_first = ranked(leads)
    custom = custom_field_columns(best_first) if not sources and leads.height <= lead_limit else {}
    all_leads = _all_leads(best_first, custom, sources) if leads.height <= lead_limit else []
    calls = call_list(best_first)
    notes = _notes(best_first, all_leads, calls, lead_limit)
    with atomic_path(path) as temporary, Workbook(str(temporary), WORKBOOK_OPTIONS) as book:
        formats = Formats(book)
        write_summary(book, book.add_worksheet("Summary"), formats, best_first, facts, notes)
        _write_leads(book, formats, "Hot call list", _rows(calls, 0))
        _write_all_leads(book, formats, all_leads)
        write_table(book.add_worksheet("Playbook"), formats, playbook_columns(segments_of(best_first, facts.plays)))
        write_table(book.add_worksheet("Data dictionary"), formats, dictionary_columns(custom))
        write_table(book.add_worksheet("Set aside"), formats, set_aside_columns(facts.imports))
        book.set_properties({"title": "Scored leads", "created": facts.generated_at})


def _all_leads(
    best_first: pl.DataFrame, custom: Mapping[str, pl.Series], sources: Sequence[SourceRows]
) -> list[list[Column]]:
    """The columns of each sheet of all leads, before it is split."""
    return [source_columns(best_first, one) for one in sources] or [
        [*crm_columns(best_first, custom)[:-1], *outcome_columns(best_first)]
    ]


def _rows(columns: Sequence[Column], offset: int) -> list[Column]:
    """The part that fits on one sheet."""
    return [replace(item, values=item.values.slice(offset, SHEET_ROWS)) for item in columns]


def _notes(
    leads: pl.DataFrame, all_leads: Sequence[Sequence[Column]], calls: Sequence[Column], lead_limit: int
) -> list[str]:
    notes = []
    if not all_leads:
        notes.append(
            f"The sheet 'All leads' is left out: {leads.height:,} leads are more than the {lead_limit:,} that the "
            f"setting reports.workbook_leads allows. All leads are in reports/latest/: {LEADS_CSV} and {LEADS_PARQUET}."
        )
    if len(all_leads) > 1:
        notes.append("The file had tables with different columns: each kind has its own sheet of all leads.")
    if not len(calls[0].values):
        notes.append("No lead is Hot, so the call list is empty: start with the first Warm ones of 'All leads'.")
    if len(calls[0].values) > SHEET_ROWS:
        notes.append(f"The call list holds the best {SHEET_ROWS:,} of {len(calls[0].values):,} Hot leads.")
    shown = [item for columns in all_leads for item in columns] or calls
    cut = sum(overlong_cells(item.values.to_frame()) for item in shown)
    if cut:
        notes.append(f"{cut:,} texts are cut at {CELL_CHARACTERS:,} characters, the most a cell can hold.")
    return notes


def _write_all_leads(book: Workbook, formats: Formats, sheets: Sequence[Sequence[Column]]) -> None:
    """A sheet for each shape, or more where a sheet has not enough rows."""
    parts = [
        _rows(columns, offset) for columns in sheets for offset in range(0, max(len(columns[0].values), 1), SHEET_ROWS)
    ]
    for number, part in enumerate(parts, start=1):
        _write_leads(book, formats, "All leads" if number == 1 else f"All leads {number}", part)


def _write_leads(book: Workbook, formats: Formats, name: str, columns: Sequence[Column]) -> None:
    """A sheet of leads, its Outcome with a list to choose from."""
    sheet = book.add_worksheet(name)
    write_table(sheet, formats, columns, frozen_columns=1)
    place = max(index for index, item in enumerate(columns) if item.header == OUTCOME_HEADER)
    rows = max(len(columns[0].values), 1)
    sheet.data_validation(1, place, rows, place, {"validate": "list", "source": list(Outcome), "ignore_blank": True})

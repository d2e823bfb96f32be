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
from contact_pipeline.mapping.outcomes import OUTCOME_HEADER
from contact_pipeline.reporting.aggregates import ranked
from contact_pipeline.reporting.facts import ReportFacts, SourceRows
from contact_pipeline.reporting.lead_sheets import (
    call_list,
    crm_columns,
    custom_field_columns,
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
    path: Path, leads: pl.DataFrame, facts: ReportFacts, *, source: SourceRows | None = None, lead_limit: int
) -> None:
    """Write the workbook atomically.

    `leads` has contact_id, canonical fields (typed), the score columns and custom_fields (a JSON object as String), in
    any order. With `source` the sheet "All leads" shows the file's own columns and raw values before the scores; above
    `lead_limit` leads it is left out, which the summary says. Text is written as text, never as a formula or a link.
    """
    best_first = ranked(leads)
    custom = custom_field_columns(best_first) if source is None and leads.height <= lead_limit else {}
    all_leads = _all_leads(best_first, custom, source) if leads.height <= lead_limit else None
    calls = call_list(best_first)
    notes = _notes(best_first, all_leads, calls, lead_limit)
    with atomic_path(path) as temporary, Workbook(str(temporary), WORKBOOK_OPTIONS) as book:
        formats = Formats(book)
        write_summary(book, book.add_worksheet("Summary"), formats, best_first, facts, notes)
        _write_call_list(book, formats, _rows(calls, 0))
        _write_all_leads(book, formats, all_leads or [])
        write_table(book.add_worksheet("Playbook"), formats, playbook_columns(segments_of(best_first, facts.plays)))
        write_table(book.add_worksheet("Data dictionary"), formats, dictionary_columns(custom))
        write_table(book.add_worksheet("Set aside"), formats, set_aside_columns(facts.imports))
        book.set_properties({"title": "Scored leads", "created": facts.generated_at})


def _all_leads(best_first: pl.DataFrame, custom: Mapping[str, pl.Series], source: SourceRows | None) -> list[Column]:
    return crm_columns(best_first, custom) if source is None else source_columns(best_first, source)


def _rows(columns: Sequence[Column], offset: int) -> list[Column]:
    """The part that fits on one sheet."""
    return [replace(item, values=item.values.slice(offset, SHEET_ROWS)) for item in columns]


def _notes(
    leads: pl.DataFrame, all_leads: Sequence[Column] | None, calls: Sequence[Column], lead_limit: int
) -> list[str]:
    notes = []
    if all_leads is None:
        notes.append(
            f"The sheet 'All leads' is left out: {leads.height:,} leads are more than the {lead_limit:,} that the "
            "setting reports.workbook_leads allows."
        )
    if not len(calls[0].values):
        notes.append("No lead is Hot, so the call list is empty: start with the first Warm ones of 'All leads'.")
    if len(calls[0].values) > SHEET_ROWS:
        notes.append(f"The call list holds the best {SHEET_ROWS:,} of {len(calls[0].values):,} Hot leads.")
    cut = sum(overlong_cells(item.values.to_frame()) for item in all_leads or calls)
    if cut:
        notes.append(f"{cut:,} texts are cut at {CELL_CHARACTERS:,} characters, the most a cell can hold.")
    return notes


def _write_call_list(book: Workbook, formats: Formats, calls: Sequence[Column]) -> None:
    sheet = book.add_worksheet("Hot call list")
    write_table(sheet, formats, calls, frozen_columns=1)
    place = next(index for index, item in enumerate(calls) if item.header == OUTCOME_HEADER)
    rows = max(len(calls[0].values), 1)
    sheet.data_validation(1, place, rows, place, {"validate": "list", "source": list(Outcome), "ignore_blank": True})


def _write_all_leads(book: Workbook, formats: Formats, columns: Sequence[Column]) -> None:
    """One sheet, or more where a sheet has not enough rows; none without columns."""
    rows = max(len(columns[0].values), 1) if columns else 0
    for number, offset in enumerate(range(0, rows, SHEET_ROWS), start=1):
        sheet = book.add_worksheet("All leads" if number == 1 else f"All leads {number}")
        write_table(sheet, formats, _rows(columns, offset), frozen_columns=1)

"""The sheets without a lead: Summary with its charts, Playbook, Data dictionary, Set aside.

Belongs here: what they say and where it stands. Does not belong: sheets of leads (`lead_sheets`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import polars as pl

from contact_pipeline.fields import FIELDS, SCORE_FIELDS
from contact_pipeline.reporting.aggregates import BIN_POINTS, CATEGORIES, score_bins, summarise_categories
from contact_pipeline.reporting.factors import key_factors
from contact_pipeline.reporting.facts import ROW_STATES, ImportFacts, ReportFacts
from contact_pipeline.reporting.model_quality import candidate_name, horizon_in_words
from contact_pipeline.reporting.palette import CATEGORY_COLOURS
from contact_pipeline.reporting.playbook import Segment
from contact_pipeline.reporting.sheet_rows import Cell, write_line
from contact_pipeline.reporting.sheets import Column, Formats, Style, column, print_on_wide_pages
from contact_pipeline.scoring.card import Metrics, ModelCard

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.chart import Chart
    from xlsxwriter.worksheet import Worksheet

_SUMMARY = "Summary"
_ROW_POINTS = {"title": 27, "heading": 21}  # larger type needs a higher row; only Excel finds that by itself


class _Page:
    """Writes lines one below the other and remembers the next row (constant memory allows no way back)."""

    def __init__(self, sheet: Worksheet, formats: Formats) -> None:
        self.sheet, self.formats, self.row = sheet, formats, 0

    def line(self, *cells: Cell, look: str = Style.TEXT, looks: Sequence[str] = ()) -> None:
        forms = [self.formats[one] for one in (*looks, *[look] * len(cells))]
        write_line(self.sheet, self.row, list(zip(cells, forms, strict=False)), _ROW_POINTS.get(look))
        self.row += 1

    def heading(self, *cells: str) -> None:
        self.row += 1
        self.line(*cells, look="heading", looks=("heading", *["number_heading"] * (len(cells) - 1)))


def write_summary(
    book: Workbook, sheet: Worksheet, formats: Formats, leads: pl.DataFrame, facts: ReportFacts, notes: Iterable[str]
) -> None:
    """Counts, categories, method and quality of the scores, and two native charts; `notes` stand on top."""
    page = _Page(sheet, formats)
    sheet.hide_gridlines(2)
    print_on_wide_pages(sheet)
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 8, 15)
    page.line("Scored leads", look="title")
    page.line(_subtitle(leads, facts), look="note")
    for note in notes:
        page.line(note, look="note")
    categories_at = _write_categories(page, leads)
    bins_at = _write_bins(page, leads)
    _write_factors(page, leads)
    _write_card(page, facts.card)
    _write_imports(page, facts.imports)
    _add_charts(book, sheet, categories_at, bins_at)


def playbook_columns(segments: Sequence[Segment]) -> list[Column]:
    """The plays, one a segment."""
    plays = [segment.play for segment in segments]
    return [
        column("Category", pl.Series([p.category for p in plays]), Style.CATEGORY, width=12),
        column("Segment", pl.Series([p.segment for p in plays]), Style.WRAPPED, width=24),
        column("To approach", pl.Series([s.leads for s in segments]), Style.INTEGER, width=12),
        column("Channel", pl.Series([p.channel for p in plays]), Style.WRAPPED, width=30),
        column("First step", pl.Series([p.first_step for p in plays]), Style.WRAPPED, width=42),
        column("Cadence", pl.Series([p.cadence for p in plays]), Style.WRAPPED, width=42),
        column("Message outline", pl.Series([s.message for s in segments]), Style.WRAPPED, width=70),
    ]


def dictionary_columns(custom_fields: Iterable[str]) -> list[Column]:
    """What each column of the workbook means: CRM fields, scores, then the custom fields of these leads."""
    rows = [(f.label, f.name, "CRM", f.kind.value, f.description, "yes" if f.personal else "no") for f in FIELDS]
    rows += [(f.label, f.name, "Score", _plain_type(f.sql_type), f.description, "no") for f in SCORE_FIELDS]
    rows += [(name, "", "Custom", "text", "As in the source file.", "may be") for name in custom_fields]
    headers = ("Column", "Name in the CRM", "Belongs to", "Kind", "Meaning", "Personal data")
    widths = (26, 24, 12, 16, 84, 14)
    by_column = zip(*rows, strict=True)
    return [
        column(header, pl.Series(list(values), dtype=pl.String), width=width)
        for header, values, width in zip(headers, by_column, widths, strict=True)
    ]


def set_aside_columns(imports: Sequence[ImportFacts]) -> list[Column]:
    """What was not taken in, and which values were left blank: counts by import and reason."""
    rows: list[tuple[str, str, str, int]] = []
    for one in imports:
        rows += [(one.file, "Row failed", reason, count) for reason, count in one.failures.items()]
        rows += [(one.file, "Row skipped", reason, count) for reason, count in one.skips.items()]
        rows += [(one.file, "Not data", "blank line, note, total", one.rows["not_data"])] * bool(one.rows["not_data"])
        rows += [(one.file, "Value left blank", reason, count) for reason, count in one.issues.items()]
    frame = pl.DataFrame(rows, schema=["file", "what", "reason", "count"], orient="row") if rows else None
    values = frame.get_columns() if frame is not None else [pl.Series([], dtype=pl.String)] * 4
    shapes = (("File", 34), ("What", 18), ("Reason", 60), ("Count", 12))
    return [column(header, series, width=width) for (header, width), series in zip(shapes, values, strict=True)]


def _subtitle(leads: pl.DataFrame, facts: ReportFacts) -> str:
    files = ", ".join(one.file for one in facts.imports[:3]) + (" ..." if len(facts.imports) > 3 else "")
    made = f"{leads.height:,} leads · made {facts.generated_at:%Y-%m-%d %H:%M} UTC"
    return f"{made} · {files}" if files else made


def _write_categories(page: _Page, leads: pl.DataFrame) -> int:
    page.heading("Category", "Leads", "Share", "Mean score", "Probability", "Expected wins")
    first = page.row
    looks = (Style.TEXT, Style.INTEGER, Style.PERCENT, Style.SCORE, Style.PERCENT, Style.INTEGER)
    for one in summarise_categories(leads):
        cells = (one.category, one.leads, one.share, one.mean_score, one.mean_probability, one.expected_wins)
        page.line(*cells, looks=looks)
    return first


def _write_bins(page: _Page, leads: pl.DataFrame) -> int:
    page.heading("Score", *CATEGORIES)
    first = page.row
    for one in score_bins(leads):
        page.line(f"{one.start}-{one.start + BIN_POINTS}", *one.by_category, looks=(Style.TEXT, *[Style.INTEGER] * 3))
    return first


def _write_factors(page: _Page, leads: pl.DataFrame) -> None:
    factors = key_factors(leads)
    if not factors:
        return
    page.heading("Factor: points on an average score", "Raises by", "Lowers by")
    for one in factors:
        page.line(one.label, one.raises, one.lowers, looks=(Style.TEXT, Style.DECIMAL, Style.DECIMAL))


def _write_card(page: _Page, card: ModelCard | None) -> None:
    page.heading("How the scores were made", "")
    if card is None:
        page.line("Not scored yet")
        return
    page.line("Method", "model" if card.method == "model" else "points")
    page.line("Why this method", card.reason)
    page.line("Version", card.version)
    page.line("Leads with a known outcome", card.leads, looks=(Style.TEXT, Style.INTEGER))
    page.line("Conversions among them", card.conversions, looks=(Style.TEXT, Style.INTEGER))
    if card.candidates:
        page.line("Horizon", horizon_in_words(card))
    for place, warning in enumerate(card.warnings):
        page.line("" if place else "Before you bet on them", warning)
    for title, measured in (("Candidate", card.candidates), ("Forward in time", card.forward)):
        if measured:
            _write_measures(page, title, measured, card.chosen)


def _write_measures(page: _Page, title: str, measured: Sequence[Metrics], chosen: str) -> None:
    page.heading(title, "ROC AUC", "PR AUC", "Log loss", "Brier", "Cal. error", "By chance", "Lift, top 10%")
    for one in measured:
        name = candidate_name(one.name) + (" (in use)" if one.name == chosen else "")
        measures = (one.roc_auc, one.pr_auc, one.log_loss, one.brier, one.ece, one.ece_floor)
        looks = (Style.TEXT, *[Style.MEASURE] * len(measures), Style.DECIMAL)
        page.line(name, *measures, one.lift_top_decile, looks=looks)


def _write_imports(page: _Page, imports: Sequence[ImportFacts]) -> None:
    if not imports:
        return
    page.heading("Import", "Rows", *(state.replace("_", " ").capitalize() for state in ROW_STATES))
    for one in imports:
        counts = [one.rows[state] for state in ("total", *ROW_STATES)]
        page.line(one.file, *counts, looks=(Style.TEXT, *[Style.INTEGER] * len(counts)))


def _add_charts(book: Workbook, sheet: Worksheet, categories_at: int, bins_at: int) -> None:
    last = bins_at + 100 // BIN_POINTS - 1
    histogram = book.add_chart({"type": "column", "subtype": "stacked"})
    for place, category in enumerate(CATEGORIES, start=1):
        histogram.add_series(
            {
                "name": category,
                "categories": [_SUMMARY, bins_at, 0, last, 0],
                "values": [_SUMMARY, bins_at, place, last, place],
                "fill": {"color": CATEGORY_COLOURS[category]},
                "gap": 8,
            }
        )
    sheet.insert_chart(bins_at - 1, 5, _finish(histogram, "Leads by score", 600, 420))
    ring = book.add_chart({"type": "doughnut"})
    points = [{"fill": {"color": CATEGORY_COLOURS[category]}} for category in CATEGORIES]
    rows = (categories_at, categories_at + len(CATEGORIES) - 1)
    ring.add_series(
        {
            "name": "Leads by category",
            "categories": [_SUMMARY, rows[0], 0, rows[1], 0],
            "values": [_SUMMARY, rows[0], 1, rows[1], 1],
            "points": points,
            "data_labels": {"percentage": True},
        }
    )
    ring.set_hole_size(60)
    sheet.insert_chart(bins_at - 1, 13, _finish(ring, "Leads by category", 400, 420))


def _finish(chart: Chart, title: str, width: int, height: int) -> Chart:
    chart.set_title({"name": title, "name_font": {"size": 13, "bold": True, "color": "#1F2937"}})
    chart.set_legend({"position": "bottom"})
    chart.set_chartarea({"border": {"color": "#E5E7EB"}})
    chart.set_y_axis({"major_gridlines": {"visible": True, "line": {"color": "#E5E7EB"}}, "line": {"none": True}})
    chart.set_size({"width": width, "height": height})
    return chart


def _plain_type(sql_type: str) -> str:
    return {"DOUBLE": "number", "TIMESTAMP": "datetime", "JSON": "JSON"}.get(sql_type, "text")

"""What is handed over after scoring: workbooks, reports and the model card.

Belongs here: what is written where, over the whole CRM (`latest`) and for each import. Does not belong: how a workbook
or a page looks (`reporting`), and the snapshot that the dashboard shows (`dashboard.snapshot`). Every file is the old one
or the new one, whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl

from contact_pipeline.atomic import write_text
from contact_pipeline.crm.history import IMPORTED, PastImport, past_imports
from contact_pipeline.crm.lead_files import write_lead_files
from contact_pipeline.crm.lead_frames import lead_count, leads_in_brief, leads_in_full
from contact_pipeline.crm.models import model_in_use
from contact_pipeline.crm.scores import last_scored_all
from contact_pipeline.crm.scorings import trend
from contact_pipeline.crm.session import read_crm
from contact_pipeline.errors import NotKept
from contact_pipeline.fields import FIELD_BY_NAME, FIELD_NAMES
from contact_pipeline.home import Home
from contact_pipeline.intake import staging
from contact_pipeline.intake.receipt import BRINGS_NO_CONTACTS, read_receipt
from contact_pipeline.intake.tables import TextTable
from contact_pipeline.reporting.aggregates import COUNTED
from contact_pipeline.reporting.facts import ImportFacts, MappedColumn, ReportFacts, SourceRows
from contact_pipeline.reporting.lead_sheets import CALL_LIST_FIELDS
from contact_pipeline.reporting.model_card import card_in_markdown
from contact_pipeline.reporting.pictures import SEGMENT_FIELDS, report_pictures
from contact_pipeline.reporting.playbook import asked_fields, load_playbook
from contact_pipeline.reporting.report import write_report
from contact_pipeline.reporting.workbook import write_workbook
from contact_pipeline.scoring.card import ModelCard
from contact_pipeline.stages import kept_stage

LATEST = "latest"
WORKBOOK, REPORT, MODEL_CARD = "leads.xlsx", "report.html", "model_card.md"


Write = Callable[[Path, pl.DataFrame, ReportFacts, PastImport | None], None]
Read = Callable[[duckdb.DuckDBPyConnection, str | None], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Handed:
    """What was written: the file over the whole CRM, all files, the number of leads, and pictures (SVG) of a report.

    `beside` are the files of all leads beside a workbook, by name.
    """

    latest: Path
    files: tuple[Path, ...]
    leads: int
    pictures: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, Path] = field(default_factory=dict)


def write_workbooks(home: Home, import_id: str | None) -> Handed:
    """reports/latest/leads.xlsx over the whole CRM, all leads as files beside it; and a workbook for `import_id` and for each
    import that has none yet."""
    limit, plays = home.settings.reports.workbook_leads, load_playbook(home.settings.reports.playbook)
    counted = {*COUNTED, *asked_fields(plays)}

    def read(connection: duckdb.DuckDBPyConnection, of_import: str | None) -> pl.DataFrame:
        if lead_count(connection, of_import) <= limit:
            return leads_in_full(connection, of_import)
        return leads_in_brief(connection, counted, of_hot=CALL_LIST_FIELDS, import_id=of_import)

    def write(path: Path, leads: pl.DataFrame, facts: ReportFacts, past: PastImport | None) -> None:
        sources = _source_rows(home, past.import_id) if past and leads.height <= limit else []
        write_workbook(path, leads, facts, sources=sources, lead_limit=limit)

    written = _write_each(home, import_id, WORKBOOK, read, write)
    with read_crm(home) as connection:
        beside = write_lead_files(connection, home.reports / LATEST, best_first=written.leads <= limit)
    return replace(written, beside=beside)


def write_reports(home: Home, import_id: str | None) -> Handed:
    """reports/latest/report.html over the whole CRM, and one for `import_id` and for each import that has none yet."""
    pictures: dict[str, str] = {}
    counted = {*COUNTED, *SEGMENT_FIELDS, *asked_fields(load_playbook(home.settings.reports.playbook))}

    def read(connection: duckdb.DuckDBPyConnection, of_import: str | None) -> pl.DataFrame:
        return leads_in_brief(connection, counted, filled=FIELD_NAMES, import_id=of_import)

    def write(path: Path, leads: pl.DataFrame, facts: ReportFacts, past: PastImport | None) -> None:
        write_report(path, leads, facts)
        if past is None:
            pictures.update(report_pictures(leads, facts))

    return replace(_write_each(home, import_id, REPORT, read, write), pictures=pictures)


def withdraw_reports(home: Home, import_ids: Iterable[str]) -> None:
    """Remove workbook and report of imports that were run again: those of today come with the next handing over."""
    for import_id in import_ids:
        for name in (WORKBOOK, REPORT):
            (home.reports / import_id / name).unlink(missing_ok=True)


def write_model_card(home: Home, card: ModelCard) -> None:
    """reports/latest/model_card.md: all that is known of the model behind the scores."""
    write_text(home.reports / LATEST / MODEL_CARD, card_in_markdown(card))


def _write_each(home: Home, import_id: str | None, name: str, read: Read, write: Write) -> Handed:
    """Write the file over the whole CRM and those of imports, each from leads read for it alone."""
    with read_crm(home) as connection:
        imports = [past for past in past_imports(connection) if past.status == IMPORTED]
        facts = _facts(home, connection, imports)
        leads = read(connection, None)
    count = leads.height
    files = [home.reports / LATEST / name]
    write(files[0], leads, facts, None)
    for past in _due(home, imports, import_id, name):
        with read_crm(home) as connection:
            leads = read(connection, past.import_id)
        files.append(home.reports / past.import_id / name)
        write(files[-1], leads, replace(facts, imports=[_import_facts(past)], trend=None), past)
    return Handed(files[0], tuple(files), count)


def _facts(home: Home, connection: duckdb.DuckDBPyConnection, imports: Sequence[PastImport]) -> ReportFacts:
    model = model_in_use(connection)
    return ReportFacts(
        generated_at=datetime.now(UTC).replace(tzinfo=None),
        imports=[_import_facts(past) for past in imports],
        card=model.card if model else None,
        plays=load_playbook(home.settings.reports.playbook),
        trend=trend(connection),
        all_scored_at=last_scored_all(connection),
    )


def _due(home: Home, imports: Sequence[PastImport], import_id: str | None, name: str) -> Iterator[PastImport]:
    """The import of the run, and those that have no such file yet; what is as old as files go, is not made again."""
    oldest = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=home.settings.retention.report_days)
    for past in imports:
        if past.kind in BRINGS_NO_CONTACTS:
            continue
        is_missing = not (home.reports / past.import_id / name).exists()
        if past.import_id == import_id or (is_missing and (past.finished_at or oldest) > oldest):
            yield past


def _source_rows(home: Home, import_id: str) -> list[SourceRows]:
    """The original cells of an import with the contact each row went to; tables of the same headers together."""
    with read_crm(home) as connection:
        links = connection.sql(
            "SELECT sheet, line, contact_id FROM records WHERE import_id = $id AND contact_id IS NOT NULL",
            params={"id": import_id},
        ).pl()
    sheets = set(links["sheet"])
    shapes: dict[tuple[str, ...], list[pl.DataFrame]] = {}
    for table in _tables(home, import_id):
        if table.name in sheets:
            shapes.setdefault(table.headers, []).append(table.rows.with_columns(sheet=pl.lit(table.name)))
    return [SourceRows(headers, _linked(pl.concat(rows), links)) for headers, rows in shapes.items()]


def _tables(home: Home, import_id: str) -> tuple[TextTable, ...]:
    """What was read of the file of an import; nothing where it is not kept any more."""
    try:
        return staging.read_source(kept_stage(home, read_receipt(home, import_id), "raw_file")).tables
    except NotKept:
        return ()


def _linked(rows: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    linked = rows.join(links, on=["sheet", "line"], how="inner", maintain_order="left")
    return linked.select(
        "contact_id", "line", "sheet", pl.exclude("contact_id", "line", "sheet", "kind", "problem", "raw")
    )


def _import_facts(past: PastImport) -> ImportFacts:
    return ImportFacts(
        import_id=past.import_id,
        file=past.file_name,
        policy=past.policy,
        rows=past.ledger.rows,
        failures=past.ledger.failures,
        skips=past.ledger.skips,
        issues=past.ledger.issues,
        sample_check=past.sample_check.in_words() if past.sample_check else "",
        mapping=[
            MappedColumn(
                column["header"],
                column["action"],
                FIELD_BY_NAME[column["field"]].label if column["field"] in FIELD_BY_NAME else "",
                column["confidence"],
                column["reason"],
            )
            for table in past.mapping
            for column in table["columns"]
        ],
    )

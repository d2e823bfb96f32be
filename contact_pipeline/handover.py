"""What is handed over after scoring: workbooks, reports and the model card.

Belongs here: what is written where, over the whole CRM (`latest`) and for each import. Does not belong: how a workbook
or a page looks (`reporting`), and the snapshot that the dashboard shows (`dashboard.snapshot`). Every file is the old one
or the new one, whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from contact_pipeline.atomic import write_text
from contact_pipeline.crm.history import IMPORTED, PastImport, past_imports
from contact_pipeline.crm.models import model_in_use
from contact_pipeline.crm.scores import contacts_frame
from contact_pipeline.crm.scorings import trend
from contact_pipeline.crm.session import read_crm
from contact_pipeline.fields import FIELD_BY_NAME
from contact_pipeline.home import Home
from contact_pipeline.intake import staging
from contact_pipeline.intake.receipt import BRINGS_NO_CONTACTS
from contact_pipeline.reporting.facts import ImportFacts, MappedColumn, ReportFacts, SourceRows
from contact_pipeline.reporting.model_card import card_in_markdown
from contact_pipeline.reporting.pictures import report_pictures
from contact_pipeline.reporting.playbook import load_playbook
from contact_pipeline.reporting.report import write_report
from contact_pipeline.reporting.workbook import write_workbook
from contact_pipeline.scoring.card import ModelCard

LATEST = "latest"
WORKBOOK, REPORT, MODEL_CARD = "leads.xlsx", "report.html", "model_card.md"


@dataclass(frozen=True, slots=True)
class Handed:
    """What was written: the file over the whole CRM, all files, the number of leads, and pictures (SVG) of a report."""

    latest: Path
    files: tuple[Path, ...]
    leads: int
    pictures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Crm:
    """The CRM as it was at one moment."""

    leads: pl.DataFrame
    links: pl.DataFrame  # import_id, sheet, line, contact_id of every record
    imports: list[PastImport]
    facts: ReportFacts


def write_workbooks(home: Home, import_id: str | None) -> Handed:
    """reports/latest/leads.xlsx over the whole CRM, and one for `import_id` and for each import that has none yet."""
    crm, limit = _look(home), home.settings.reports.workbook_leads

    def write(path: Path, leads: pl.DataFrame, facts: ReportFacts, past: PastImport | None) -> None:
        source = _source_rows(home, crm, past.import_id) if past else None
        write_workbook(path, leads, facts, source=source, lead_limit=limit)

    return _write_each(home, crm, import_id, WORKBOOK, write)


def write_reports(home: Home, import_id: str | None) -> Handed:
    """reports/latest/report.html over the whole CRM, and one for `import_id` and for each import that has none yet."""

    def write(path: Path, leads: pl.DataFrame, facts: ReportFacts, _: PastImport | None) -> None:
        write_report(path, leads, facts)

    crm = _look(home)
    return replace(_write_each(home, crm, import_id, REPORT, write), pictures=report_pictures(crm.leads, crm.facts))


def write_model_card(home: Home, card: ModelCard) -> None:
    """reports/latest/model_card.md: all that is known of the model behind the scores."""
    write_text(home.reports / LATEST / MODEL_CARD, card_in_markdown(card))


def _look(home: Home) -> _Crm:
    with read_crm(home) as connection:
        imports = [past for past in past_imports(connection) if past.status == IMPORTED]
        model = model_in_use(connection)
        leads = contacts_frame(connection)
        past_runs = trend(connection)
        links = connection.sql(
            "SELECT import_id, sheet, line, contact_id FROM records WHERE contact_id IS NOT NULL ORDER BY sequence"
        ).pl()
    facts = ReportFacts(
        generated_at=datetime.now(UTC).replace(tzinfo=None),
        imports=[_import_facts(past) for past in imports],
        card=model.card if model else None,
        plays=load_playbook(home.settings.reports.playbook),
        trend=past_runs,
    )
    return _Crm(leads, links, imports, facts)


def _write_each(
    home: Home,
    crm: _Crm,
    import_id: str | None,
    name: str,
    write: Callable[[Path, pl.DataFrame, ReportFacts, PastImport | None], None],
) -> Handed:
    latest = home.reports / LATEST / name
    write(latest, crm.leads, crm.facts, None)
    files = [latest]
    for past in _due(home, crm, import_id, name):
        path = home.reports / past.import_id / name
        own = crm.links.filter(pl.col("import_id") == past.import_id).select("contact_id").unique()
        facts = replace(crm.facts, imports=[_import_facts(past)], trend=None)
        write(path, crm.leads.join(own, on="contact_id", how="semi"), facts, past)
        files.append(path)
    return Handed(latest, tuple(files), crm.leads.height)


def _due(home: Home, crm: _Crm, import_id: str | None, name: str) -> Iterator[PastImport]:
    for past in crm.imports:
        if past.kind in BRINGS_NO_CONTACTS:
            continue
        if past.import_id == import_id or not (home.reports / past.import_id / name).exists():
            yield past


def _source_rows(home: Home, crm: _Crm, import_id: str) -> SourceRows | None:
    """The original cells of an import with the contact each row went to; None where several tables differ in shape."""
    source = staging.read_source(home.stage("raw_file", import_id))
    links = crm.links.filter(pl.col("import_id") == import_id).select("sheet", "line", "contact_id")
    read = [table for table in source.tables if table.name in set(links["sheet"])]
    if len({table.headers for table in read}) != 1:
        return None
    rows = pl.concat(table.rows.with_columns(sheet=pl.lit(table.name)) for table in read)
    cells = ["contact_id", "line", "sheet", *read[0].cell_columns]
    return SourceRows(read[0].headers, rows.join(links, on=["sheet", "line"], maintain_order="left").select(cells))


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

"""The whole way of a file, one function a stage: each reads what the stage before left and leaves its own.

Belongs here: which domain function a stage calls, and where its input and output lie. Does not belong: the work itself
(`intake`, `mapping`, `cleaning`, `validation`, `matching`, `crm`) and orchestration (`defs`): the assets, the command
line and a dry run all walk through these functions.

    inbox ─ stage_raw_file ─ stage_mapped_contacts ─ stage_validated_contacts ─┬─ set_aside_rows
                                                                               ├─ report_duplicates
                                                                               └─ take_into_crm
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import duckdb
import polars as pl

from contact_pipeline.approvals import must_wait
from contact_pipeline.atomic import atomic_path
from contact_pipeline.crm.companies import refresh_companies
from contact_pipeline.crm.history import record_import, record_waiting, sequence_of
from contact_pipeline.crm.ledger import Ledger
from contact_pipeline.crm.mappings import learned_mappings, mapping_of_import
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.erasure.keeping_out import keep_out
from contact_pipeline.errors import FileRefused, NotKept
from contact_pipeline.fields import FIELD_NAMES
from contact_pipeline.home import Home
from contact_pipeline.import_kinds import fold_rows, judged_rows, kind_of_import
from contact_pipeline.intake import staging
from contact_pipeline.intake.reading import read_source
from contact_pipeline.intake.receipt import BRINGS_NO_CONTACTS, ImportKind, Receipt, amend, read_receipt
from contact_pipeline.intake.tables import SourceFile
from contact_pipeline.mapping.kinds import TableKind
from contact_pipeline.mapping.outcomes import outcome_plan, outcomes_only
from contact_pipeline.mapping.plan import fits
from contact_pipeline.mapping.selection import MappedTable, usable_tables
from contact_pipeline.matching.decisions import decisions_only, read_decisions
from contact_pipeline.matching.duplicates import Duplicates, find_duplicates
from contact_pipeline.reporting.duplicates_workbook import write_duplicates
from contact_pipeline.settings import ImportOptions
from contact_pipeline.slices import write_slices
from contact_pipeline.table_cleaning import clean_in_slices
from contact_pipeline.terms.stored import TERMS, of_cleaning, of_reading
from contact_pipeline.validation.mended import PLANS, parent_of, parent_plans, restored
from contact_pipeline.validation.quarantine import quarantine
from contact_pipeline.validation.rows import failure_counts
from contact_pipeline.validation.set_aside_file import write_set_aside


def stage_raw_file(home: Home, receipt: Receipt, *, parents: Home | None = None) -> SourceFile:
    """inbox -> stages/raw_file: the bytes as text tables with source lines. Raises FileRefused, NotKept.

    Mended rows are put back into the tables and lines they were set aside from; the receipt then names that import, which
    is looked up in `parents`, by default the same home.
    """
    limits, terms = home.settings.limits, of_reading(receipt.options, home.settings)
    if not receipt.is_kept(home):
        raise NotKept(_NOT_KEPT_MANGLED if receipt.mangled_sha256 else _NOT_KEPT.format(file=receipt.file_name))
    kept, path = receipt.kept_path(home), home.stage("raw_file", receipt.import_id)
    if receipt.mangled_sha256:
        staging.write_source(path, staging.read_source(kept), cell_bytes=limits.cell_bytes, terms=terms)
    else:
        with atomic_path(path) as place:
            draft = staging.Draft(place, receipt.file_name, cell_bytes=limits.cell_bytes, terms=terms)
            columns = receipt.options.columns
            source = read_source(kept, limits, name=receipt.file_name, columns=columns, keep=draft.keep)
            draft.finish(_as_taken(home, receipt, source, parents or home))
    return staging.read_source(path)


def _as_taken(home: Home, receipt: Receipt, source: SourceFile, parents: Home) -> SourceFile:
    """What is taken of a file as it was read, the rest of files of ours left out; its kind is noted on the receipt."""
    parent = parent_of(source)
    ours: ImportKind | None = None
    if parent:
        source = restored(source, parent_plans(parents, parent))
    elif decided := decisions_only(source):
        source, ours = decided, "decisions"
    elif told := outcomes_only(source):
        source, ours = told, "workbook"
    kind = kind_of_import(parents, receipt, source, parent, ours)
    _note_kind(home, receipt, kind, _options(receipt, parent, parents))
    return source


def stage_mapped_contacts(
    home: Home, receipt: Receipt, *, parents: Home | None = None
) -> tuple[list[MappedTable], pl.LazyFrame]:
    """stages/raw_file -> stages/mapped_contacts: canonical columns, cleaned and typed. Raises FileRefused.

    Only tables with an e-mail column are taken; the others are named in the refusal or in the metadata of the stage.
    An import that is in the CRM keeps its mapping, unless it was asked for anew. Mended rows are mapped as the import was
    from which they were set aside; it and what earlier imports taught are looked up in `parents`.
    """
    raw = kept_stage(home, receipt, "raw_file", parents=parents)
    source = staging.read_source(raw)
    if receipt.kind == "decisions":
        decided = read_decisions(source)
        with atomic_path(home.stage("mapped_contacts", receipt.import_id)) as draft:
            write_slices(draft, [decided], {PLANS: "[]"})
        return [], decided.lazy()
    if receipt.kind == "workbook":
        mapped = [MappedTable(table, outcome_plan(table), TableKind.WORKBOOK) for table in source.tables]
    elif receipt.options.mends:
        plans = dict(parent_plans(parents or home, receipt.options.mends))
        kind = TableKind.ACTIVITIES if receipt.kind == "activities" else TableKind.MENDED
        mapped = [MappedTable(table, plans[table.name], kind) for table in source.tables]
    else:
        mapped = _mapped(parents or home, receipt, source)
    used = json.dumps([_as_stored(one, receipt) for one in mapped])
    terms = json.dumps(staging.read_terms(raw) | of_cleaning(receipt.options, home.settings))
    path = home.stage("mapped_contacts", receipt.import_id)
    with atomic_path(path) as draft:
        write_slices(draft, _cleaned(home, mapped, receipt.options), {PLANS: used, TERMS: terms})
    return mapped, pl.scan_parquet(path)


def stage_validated_contacts(home: Home, receipt: Receipt, *, parents: Home | None = None) -> pl.LazyFrame:
    """stages/mapped_contacts -> stages/validated_contacts: every row judged, with all its reasons.

    Rows of people who were erased before are emptied, here and in all that is kept of the file. Whose activities may come in
    is looked up in `parents`, by default the same home.
    """
    mapped = pl.scan_parquet(kept_stage(home, receipt, "mapped_contacts", parents=parents))
    path = home.stage("validated_contacts", receipt.import_id)
    with atomic_path(path) as draft:
        write_slices(draft, judged_rows(parents or home, receipt, mapped), {})
    keep_out(home, receipt)
    return pl.scan_parquet(path)


def set_aside_rows(home: Home, receipt: Receipt) -> tuple[Path | None, dict[str, int], int]:
    """stages/validated_contacts -> the set-aside file of the import.

    Returns the file (None where no row fails), rows by reason, and the number of failing rows.
    """
    columns = ["sheet", "failures", "issues"]
    judged = pl.read_parquet(kept_stage(home, receipt, "validated_contacts"), columns=columns)
    failing = judged.filter(pl.col("failures").list.len() > 0)
    rows = {}
    if failing.height:
        source = staging.read_source(kept_stage(home, receipt, "raw_file"))
        rows = quarantine(source, judged, receipt.import_id)
    return write_set_aside(home, receipt.import_id, rows), failure_counts(failing), failing.height


def report_duplicates(home: Home, receipt: Receipt) -> Duplicates:
    """stages/validated_contacts and the CRM -> reports/<import>/duplicates.xlsx and .csv, before anything is written."""
    if receipt.kind in BRINGS_NO_CONTACTS:
        return Duplicates.none()
    validated = kept_stage(home, receipt, "validated_contacts")
    with read_crm(home) as connection:
        found = find_duplicates(
            connection,
            validated,
            import_id=receipt.import_id,
            sequence=sequence_of(connection, receipt.import_id),
            policy=receipt.options.policy,
        )
    most = home.settings.reports.duplicate_matches
    write_duplicates(home.reports / receipt.import_id, found.matches, most=most)
    return found


def take_into_crm(home: Home, receipt: Receipt) -> Ledger | None:
    """stages/validated_contacts -> records, contacts, companies and the history, in one transaction. Raises LedgerMismatch.

    None where the import must be approved first; then only the history says so. Rows that an older version left are made
    anew first.
    """
    kept_stage(home, receipt, "validated_contacts")
    if not _has_todays_shape(home, receipt):
        stage_mapped_contacts(home, receipt)
        stage_validated_contacts(home, receipt)
    with open_crm(home) as connection:
        if must_wait(connection, receipt):
            record_waiting(connection, receipt, _mapping(home, receipt))
            return None
        ledger = fold_into(connection, home, receipt)
        refresh_companies(connection, anew=False)
        return ledger


def fold_into(connection: duckdb.DuckDBPyConnection, home: Home, receipt: Receipt) -> Ledger:
    """What `take_into_crm` does, inside a transaction of the caller, approved or not."""
    started = time.monotonic()
    sequence = sequence_of(connection, receipt.import_id)
    mapping = _mapping(home, receipt)
    terms = staging.read_terms(home.stage("mapped_contacts", receipt.import_id))
    ledger = fold_rows(connection, home, receipt, sequence, mapping)
    ledger.check()
    record_import(connection, receipt, sequence, ledger, mapping, terms, seconds=time.monotonic() - started)
    return ledger


def kept_stage(home: Home, receipt: Receipt, asset: str, *, parents: Home | None = None) -> Path:
    """Where a stage of an import lies. One that is not kept any more is made again, with those before it.

    Raises NotKept where what was received is gone too. Opens the CRM, so nobody may hold it.
    """
    path = home.stage(asset, receipt.import_id)
    if not path.exists():
        _MAKE[asset](home, receipt, parents=parents)
    return path


_MAKE: Final[Mapping[str, Callable[..., object]]] = {
    "raw_file": stage_raw_file,
    "mapped_contacts": stage_mapped_contacts,
    "validated_contacts": stage_validated_contacts,
}
_NOT_KEPT = (
    "{file} is no longer kept: retention.inbox_days has passed. Its contacts are untouched. Run or drop the same file once "
    "more, which brings it back, and then do this again."
)
_NOT_KEPT_MANGLED = (
    "This file is no longer kept, and a person in it was erased. Its contacts are untouched. To take the rest of it in anew, "
    "undo the import and run the file again."
)


def raw_places(home: Home, import_id: str, sheets: list[str]) -> pl.DataFrame:
    """Where each record of some tables stands: sheet, line, kind, in source order."""
    return staging.read_places(home.stage("raw_file", import_id)).filter(pl.col("sheet").is_in(sheets))


def _has_todays_shape(home: Home, receipt: Receipt) -> bool:
    """Have the validated rows every column that the CRM takes in?"""
    if receipt.kind in BRINGS_NO_CONTACTS:
        return True
    columns = pl.read_parquet_schema(home.stage("validated_contacts", receipt.import_id))
    return {*FIELD_NAMES, "cleared"} <= set(columns)


def _options(receipt: Receipt, parent: str | None, parents: Home) -> ImportOptions:
    """The options of an import; mended rows are read as the rows were beside which they stood."""
    if parent is None:
        return receipt.options.model_copy(update={"mends": None})
    of_parent = read_receipt(parents, parent).options
    as_there = {"date_order": of_parent.date_order, "default_country": of_parent.default_country}
    has_opted_out = receipt.options.opted_out or of_parent.opted_out
    return receipt.options.model_copy(update={"mends": parent, "opted_out": has_opted_out, **as_there})


def _note_kind(home: Home, receipt: Receipt, kind: ImportKind, options: ImportOptions) -> None:
    """Write on the receipt what reading the file told of it."""
    if (kind, options) != (receipt.kind, receipt.options):
        amend(home, receipt.import_id, kind=kind, options=options)


def _mapping(home: Home, receipt: Receipt) -> list[dict[str, Any]]:
    """The mapping an import was carried out with, as the history keeps it."""
    stored = pl.read_parquet_metadata(home.stage("mapped_contacts", receipt.import_id))[PLANS]
    return list(json.loads(stored))


def _mapped(home: Home, receipt: Receipt, source: SourceFile) -> list[MappedTable]:
    """The tables as the import was mapped before, else mapped by what is known now."""
    with read_crm(home) as connection:
        before = mapping_of_import(connection, receipt.import_id, receipt.mapped_anew)
        learned = [one for one in learned_mappings(connection) if one.import_id != receipt.import_id]
    tables = {table.name: table for table in source.tables}
    if before and all(sheet in tables and fits(plan, tables[sheet].headers) for sheet, plan in before.items()):
        kind = TableKind.ACTIVITIES if receipt.kind == "activities" else TableKind.CONTACTS
        return [MappedTable(tables[sheet], plan, kind) for sheet, plan in before.items()]
    usable = usable_tables(source, receipt.options.mapping, learned)
    if any(one.is_of_activities is not (receipt.kind == "activities") for one in usable):
        raise FileRefused("another_kind", _ANOTHER_KIND.format(name=source.name, kind=receipt.kind))
    return usable


_ANOTHER_KIND = (
    "{name}: it was imported as a file of {kind}, and as the settings are now it is none. Undo the import and import the file "
    "again, or take the setting back."
)


def _as_stored(one: MappedTable, receipt: Receipt) -> dict[str, Any]:
    """The mapping of a table as the history keeps it; `excluded` counts the cells that were not taken in."""
    excluded = {plan.header: one.table.cells(f"c{plan.index}").count() for plan in one.plan.excluded}
    return {
        "sheet": one.table.name,
        "mapped_anew": receipt.mapped_anew,
        "excluded": excluded,
        **one.plan.as_json(),
    }


def _cleaned(home: Home, mapped: list[MappedTable], options: ImportOptions) -> Iterator[pl.DataFrame]:
    """The cleaned rows of all tables, slice by slice, numbered through."""
    ordinal = 0
    for one in mapped:
        for rows in clean_in_slices(one, options, home.settings.imports):
            numbers = pl.int_range(ordinal, ordinal + rows.height, dtype=pl.Int64).alias("ordinal")
            yield rows.select(numbers, pl.lit(one.table.name).alias("sheet"), pl.all())
            ordinal += rows.height

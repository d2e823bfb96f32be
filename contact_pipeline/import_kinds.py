"""What differs between the kinds of import: contacts, mended rows, activities, decisions, our workbook.

Belongs here: telling the kind of a file, judging its rows and folding them into the CRM, each by the domain functions of the
kind. Does not belong: those functions, and the stages that all kinds go through alike (`stages`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from contact_pipeline.crm.activities import ActivityIntake, known_addresses, take_activities
from contact_pipeline.crm.decisions import take_decisions
from contact_pipeline.crm.history import IMPORTED, state_counts, statuses
from contact_pipeline.crm.importing import Intake, import_records
from contact_pipeline.crm.ledger import Ledger
from contact_pipeline.crm.mappings import learned_mappings, note_custom_fields, remember
from contact_pipeline.crm.refolding import refold_addresses
from contact_pipeline.crm.session import read_crm
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import BRINGS_NO_CONTACTS, ImportKind, Receipt, read_receipt
from contact_pipeline.intake.tables import RowKind, SourceFile
from contact_pipeline.mapping.apply import custom_types
from contact_pipeline.mapping.learned import learn
from contact_pipeline.mapping.plan import plan_of_json
from contact_pipeline.mapping.selection import holds_activities
from contact_pipeline.matching.told import addresses_told
from contact_pipeline.slices import in_order, slices
from contact_pipeline.validation.activities import judge_activities
from contact_pipeline.validation.outcomes import judge_outcomes
from contact_pipeline.validation.rows import failure_counts, judge


def kind_of_import(
    home: Home, receipt: Receipt, source: SourceFile, parent: str | None, ours: ImportKind | None
) -> ImportKind:
    """What a file brings. An import that is in the CRM stays of its kind; mended rows are of the kind of their import.

    `ours` is the kind of a file that we wrote, other than of mended rows.
    """
    with read_crm(home) as connection:
        status, _ = statuses(connection).get(receipt.import_id, ("", 0))
        learned = learned_mappings(connection)
    if status == IMPORTED:
        return receipt.kind
    if parent:
        of_parent = read_receipt(home, parent).kind
        return of_parent if of_parent in BRINGS_NO_CONTACTS else "mended"
    return ours or ("activities" if holds_activities(source, receipt.options.mapping, learned) else "contacts")


def judged_rows(home: Home, receipt: Receipt, mapped: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """The rows of stages/mapped_contacts with `failures` and `is_valid`, judged as rows of their kind; contacts slice by slice."""
    if receipt.kind not in BRINGS_NO_CONTACTS:
        return in_order(lambda part: judge(part.collect()), slices(mapped))
    rows = mapped.collect()
    return iter([rows if receipt.kind == "decisions" else _judged_by_the_crm(home, receipt, rows)])


def _judged_by_the_crm(home: Home, receipt: Receipt, rows: pl.DataFrame) -> pl.DataFrame:
    """Activities or outcomes, judged by whom the CRM knows."""
    with read_crm(home) as connection:
        if receipt.kind == "workbook":
            return judge_outcomes(rows, addresses_told(connection, rows["told_of"]), receipt.received_at)
        known = known_addresses(connection, rows["email"])
    return judge_activities(rows, known, receipt.received_at)


def fold_rows(
    connection: duckdb.DuckDBPyConnection, home: Home, receipt: Receipt, sequence: int, mapping: list[dict[str, Any]]
) -> Ledger:
    """Take the rows of stages/validated_contacts into the CRM; `mapping` is how their tables were mapped.

    `sequence` is the place of the import. Needs an open transaction.
    """
    if receipt.kind == "decisions":
        return _fold_decisions(connection, home, receipt, sequence)
    if receipt.kind == "activities":
        return _fold_activities(connection, home, receipt, sequence)
    if receipt.kind == "workbook":
        return _fold_outcomes(connection, home, receipt, sequence)
    return _fold_contacts(connection, home, receipt, sequence, mapping)


def _fold_contacts(
    connection: duckdb.DuckDBPyConnection, home: Home, receipt: Receipt, sequence: int, mapping: list[dict[str, Any]]
) -> Ledger:
    rows = home.stage("validated_contacts", receipt.import_id)
    intake = Intake(receipt.import_id, sequence, receipt.options.policy, receipt.received_at.isoformat(), rows)
    import_records(connection, intake, home.settings.imports.survivorship)
    plans = [plan_of_json(table) for table in mapping]
    note_custom_fields(connection, receipt.import_id, custom_types(plans))
    if not receipt.options.mends:
        remember(connection, [learn(plan, receipt.import_id, receipt.received_at) for plan in plans])
    states, skips = state_counts(connection, receipt.import_id)
    return _ledger(rows, states, skips)


def _fold_decisions(connection: duckdb.DuckDBPyConnection, home: Home, receipt: Receipt, sequence: int) -> Ledger:
    """Keep the decisions, and bring the contacts they speak of up to date."""
    rows = home.stage("validated_contacts", receipt.import_id)
    taken = take_decisions(connection, receipt.import_id, sequence, rows)
    refold_addresses(connection, taken.addresses, home.settings.imports.survivorship)
    return _ledger(rows, taken.states, taken.skips)


def _fold_activities(connection: duckdb.DuckDBPyConnection, home: Home, receipt: Receipt, sequence: int) -> Ledger:
    """Keep the activities, and bring the contacts up to date that opted out by them."""
    rows = home.stage("validated_contacts", receipt.import_id)
    intake = ActivityIntake(receipt.import_id, sequence, receipt.received_at.isoformat(), rows)
    leaving = take_activities(connection, intake)
    refold_addresses(connection, leaving, home.settings.imports.survivorship)
    states, skips = state_counts(connection, receipt.import_id)
    return _ledger(rows, states, skips)


def _fold_outcomes(connection: duckdb.DuckDBPyConnection, home: Home, receipt: Receipt, sequence: int) -> Ledger:
    """Records of what reps told of contacts that are there."""
    rows = home.stage("validated_contacts", receipt.import_id)
    intake = Intake(receipt.import_id, sequence, "update", receipt.received_at.isoformat(), rows, tells_outcomes=True)
    import_records(connection, intake, home.settings.imports.survivorship)
    states, skips = state_counts(connection, receipt.import_id)
    return _ledger(rows, states, skips)


def _ledger(rows: Path, states: Mapping[str, int], skips: Mapping[str, int]) -> Ledger:
    """Counts of what became of the valid rows, and of the rows that never reached the CRM."""
    judged = pl.read_parquet(rows, columns=["kind", "failures", "issues", "is_valid"])
    failed = judged.filter(pl.col("failures").list.len() > 0)
    return Ledger(
        total=judged.height,
        created=states.get("created", 0),
        updated=states.get("updated", 0),
        unchanged=states.get("unchanged", 0),
        skipped=states.get("skipped", 0),
        failed=failed.height,
        not_data=judged.filter(~pl.col("kind").is_in([RowKind.DATA.value, RowKind.BROKEN.value])).height,
        failures=failure_counts(failed),
        skips=skips,
        issues=_issue_counts(judged),
    )


def _issue_counts(judged: pl.DataFrame) -> dict[str, int]:
    issues = judged.filter(pl.col("issues").list.len() > 0).select(pl.col("issues").explode()).unnest("issues")
    named = issues.select(pl.format("{}: {}", "field", "reason").alias("issue"))
    return dict(named.group_by("issue").len().sort("len", "issue", descending=[True, False]).iter_rows())

"""Asset checks: the promises of the product, checked on each run. A blocking one stops what comes after it.

Belongs here: which promise is checked where. Does not belong: a second copy of a rule; checks look at what was written.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg
import polars as pl

from contact_pipeline import stages
from contact_pipeline.crm.audit import is_accounted_for
from contact_pipeline.crm.history import past_import
from contact_pipeline.crm.models import model_in_use
from contact_pipeline.crm.scores import (
    converted_by_band,
    last_scored_all,
    leads_in_short,
    not_fresh,
    written_last,
)
from contact_pipeline.crm.session import read_crm
from contact_pipeline.dashboard.audit import shown_and_held
from contact_pipeline.dashboard.reader import NothingPublished
from contact_pipeline.defs import metadata
from contact_pipeline.defs.crm import crm_companies, crm_contacts, import_summary
from contact_pipeline.defs.home import HomeResource
from contact_pipeline.defs.intake import mapped_contacts, raw_file, validated_contacts
from contact_pipeline.defs.reports import dashboard_snapshot, lead_report, lead_workbook
from contact_pipeline.defs.scoring import lead_model, scored_leads
from contact_pipeline.handover import LATEST, REPORT, WORKBOOK
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import file_digest, read_receipt
from contact_pipeline.rescoring import drift_now
from contact_pipeline.scoring.audit import not_additive, not_scored
from contact_pipeline.scoring.drift import ALARM_FROM
from contact_pipeline.scoring.life import alarm_in_words, alarmed, hot_is_worth_it

_MANY_FAIL = 0.2


@dg.asset_check(asset=raw_file, blocking=True, description="The bytes in the inbox are those that were received.")
def bytes_are_as_received(context: dg.AssetCheckExecutionContext, home: HomeResource) -> dg.AssetCheckResult:
    opened = home.open()
    receipt = read_receipt(opened, context.partition_key)
    passed = file_digest(receipt.kept_path(opened)) == receipt.kept_sha256
    return dg.AssetCheckResult(passed=passed, metadata={"import": context.partition_key})


@dg.asset_check(asset=mapped_contacts, blocking=True, description="No record was lost, added or moved by mapping.")
def every_record_is_mapped(context: dg.AssetCheckExecutionContext, home: HomeResource) -> dg.AssetCheckResult:
    opened = home.open()
    mapped = pl.read_parquet(opened.stage("mapped_contacts", context.partition_key), columns=["sheet", "line", "kind"])
    raw = stages.raw_places(opened, context.partition_key, sheets=mapped["sheet"].unique().to_list())
    return dg.AssetCheckResult(
        passed=raw.equals(mapped),
        metadata={"import": context.partition_key, "raw": raw.height, "mapped": mapped.height},
    )


@dg.asset_check(
    asset=validated_contacts, description="At most a fifth of the records fails; more hints at a wrong mapping."
)
def few_records_fail(context: dg.AssetCheckExecutionContext, home: HomeResource) -> dg.AssetCheckResult:
    judged = pl.read_parquet(home.open().stage("validated_contacts", context.partition_key), columns=["failures"])
    share = judged.select((pl.col("failures").list.len() > 0).mean()).item() or 0.0
    return dg.AssetCheckResult(
        passed=share <= _MANY_FAIL,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"import": context.partition_key, "failing_share": share},
    )


@dg.asset_check(
    asset=crm_contacts, blocking=True, description="Among contacts that are no flagged twins, no e-mail twice."
)
def one_contact_per_email(home: HomeResource) -> dg.AssetCheckResult:
    return _none_of(home, "SELECT email FROM contacts WHERE NOT is_duplicate GROUP BY email HAVING count(*) > 1")


@dg.asset_check(
    asset=crm_contacts, blocking=True, description="Every record that counts has its contact, and the reverse."
)
def records_and_contacts_agree(home: HomeResource) -> dg.AssetCheckResult:
    return _none_of(
        home,
        """SELECT contact_id FROM (SELECT contact_id, false AS is_contact FROM records WHERE contributes
                                   UNION ALL SELECT contact_id, true FROM contacts WHERE email IS NOT NULL)
           GROUP BY contact_id HAVING count(*) FILTER (is_contact) <> 1 OR bool_and(is_contact)""",
    )


@dg.asset_check(asset=crm_companies, description="Every linked company exists and counts its contacts.")
def companies_count_their_contacts(home: HomeResource) -> dg.AssetCheckResult:
    return _none_of(
        home,
        """SELECT company_id FROM (SELECT company_id, count(*) AS n FROM contacts WHERE company_id IS NOT NULL GROUP BY 1)
           FULL JOIN companies USING (company_id) WHERE n IS DISTINCT FROM contacts""",
    )


@dg.asset_check(
    asset=import_summary,
    blocking=True,
    description="Every record of the file ends in exactly one place, and is still there.",
)
def ledger_adds_up(context: dg.AssetCheckExecutionContext, home: HomeResource) -> dg.AssetCheckResult:
    with read_crm(home.open()) as connection:
        passed, counts = is_accounted_for(connection, context.partition_key)
    return dg.AssetCheckResult(passed=passed, metadata={"import": context.partition_key, **counts})


@dg.asset_check(
    asset=import_summary, description="A random sample of rows, read back from the CRM cell by cell, is as in the file."
)
def crm_holds_what_the_file_says(context: dg.AssetCheckExecutionContext, home: HomeResource) -> dg.AssetCheckResult:
    with read_crm(home.open()) as connection:
        found = past_import(connection, context.partition_key).sample_check
    if found is None:
        return dg.AssetCheckResult(
            passed=False, metadata={"import": context.partition_key, "reason": "no sample was compared"}
        )
    facts = {
        "import": context.partition_key,
        "rows": found.rows,
        "cells": found.cells,
        "differing": sum(found.differing.values()),
    }
    return dg.AssetCheckResult(passed=found.passed, metadata=facts)


@dg.asset_check(asset=lead_model, description="The model in use ranks better than chance, or points are used.")
def model_has_signal(home: HomeResource) -> dg.AssetCheckResult:
    with read_crm(home.open()) as connection:
        model = model_in_use(connection)
    if model is None:
        return dg.AssetCheckResult(passed=False, metadata={"reason": "no model on record"})
    aucs = {one.name: one.roc_auc for one in model.card.candidates}
    passed = model.card.method == "points" or aucs[model.card.chosen] > 0.5
    return dg.AssetCheckResult(passed=passed, metadata={"method": model.card.method, "reason": model.card.reason})


@dg.asset_check(
    asset=lead_model, description="The contacts that came last are like those that the model in use was learned from."
)
def drift_quiet(home: HomeResource) -> dg.AssetCheckResult:
    found = drift_now(home.open(), datetime.now(UTC).replace(tzinfo=None))
    return dg.AssetCheckResult(
        passed=not alarmed(found),
        severity=dg.AssetCheckSeverity.WARN,
        description=alarm_in_words(alarmed(found)),
        metadata={"drift": metadata.drift(found), "alarm_from": ALARM_FROM},
    )


@dg.asset_check(
    asset=scored_leads, blocking=True, description="Every contact is scored, from 0 to 100, in its category."
)
def every_contact_is_scored(home: HomeResource) -> dg.AssetCheckResult:
    opened = home.open()
    with read_crm(opened) as connection:
        found = not_scored(leads_in_short(connection), opened.settings.scoring)
    return dg.AssetCheckResult(passed=found == 0, metadata={"found": found})


@dg.asset_check(
    asset=scored_leads,
    blocking=True,
    description="Base and factors add up to each score written last, to 1e-4 log-odds.",
)
def factors_add_up(home: HomeResource) -> dg.AssetCheckResult:
    with read_crm(home.open()) as connection:
        found = not_additive(written_last(connection))
    return dg.AssetCheckResult(passed=found == 0, metadata={"found": found})


@dg.asset_check(
    asset=scored_leads,
    description="Each score is by the model in use, of the contact as it stands, and not older than the settings allow.",
)
def scores_fresh(home: HomeResource) -> dg.AssetCheckResult:
    return whether_scores_are_fresh(home.open())


@dg.asset_check(
    asset=scored_leads, description="Past leads with a Hot score converted at least 1.5 times as often as Warm ones."
)
def hot_converts_more(home: HomeResource) -> dg.AssetCheckResult:
    opened = home.open()
    with read_crm(opened) as connection:
        bands = converted_by_band(connection, opened.settings.scoring)
    return dg.AssetCheckResult(
        passed=hot_is_worth_it(bands), severity=dg.AssetCheckSeverity.WARN, metadata=metadata.bands(bands)
    )


@dg.asset_check(asset=lead_workbook, description="The latest workbook is there and not empty.")
def workbook_is_there(home: HomeResource) -> dg.AssetCheckResult:
    return _file_is_there(home, WORKBOOK)


@dg.asset_check(asset=lead_report, description="The latest report is there and not empty.")
def report_is_there(home: HomeResource) -> dg.AssetCheckResult:
    return _file_is_there(home, REPORT)


@dg.asset_check(
    asset=dashboard_snapshot,
    description="Whoever opens the dashboard sees the leads, scores and categories of the CRM.",
)
def snapshot_shows_the_crm(home: HomeResource) -> dg.AssetCheckResult:
    return whether_the_snapshot_shows_the_crm(home.open())


def whether_scores_are_fresh(home: Home) -> dg.AssetCheckResult:
    """What `scores_fresh` promises, now."""
    now = datetime.now(UTC).replace(tzinfo=None)
    with read_crm(home) as connection:
        found, at = not_fresh(connection), last_scored_all(connection)
    oldest = now - timedelta(days=home.settings.scoring.life.stale_after_days)
    return dg.AssetCheckResult(
        passed=found == 0 and at is not None and at >= oldest,
        metadata={"found": found, "all_scored_at": at.isoformat() if at else "never"},
    )


def whether_the_snapshot_shows_the_crm(home: Home) -> dg.AssetCheckResult:
    """What `snapshot_shows_the_crm` promises, now."""
    try:
        shown, held = shown_and_held(home)
    except NothingPublished:
        return dg.AssetCheckResult(passed=False, metadata={"shown": "nothing"})
    return dg.AssetCheckResult(passed=shown == held, metadata={"shown": shown.leads, "held": held.leads})


def _none_of(home: HomeResource, query: str) -> dg.AssetCheckResult:
    """Passes where `query` finds no row."""
    with read_crm(home.open()) as connection:
        found = connection.execute(f"SELECT count(*) FROM ({query})").fetchall()[0][0]
    return dg.AssetCheckResult(passed=found == 0, metadata={"found": found})


def _file_is_there(home: HomeResource, name: str) -> dg.AssetCheckResult:
    path = home.open().reports / LATEST / name
    size = path.stat().st_size if path.exists() else 0
    return dg.AssetCheckResult(passed=size > 0, metadata={"bytes": size})

"""Assets of the group crm: clean rows become contacts and companies, and the import is accounted for.

Belongs here: which stage an asset runs and what it tells the UI. Does not belong: the fold (`crm`).
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from contact_pipeline import stages
from contact_pipeline.crm.companies import refresh_companies
from contact_pipeline.crm.history import note_sample_check, past_import
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.defs import metadata
from contact_pipeline.defs.home import IMPORTS, HomeResource, opened_import
from contact_pipeline.defs.intake import duplicate_report, quarantined_rows, validated_contacts
from contact_pipeline.intake.drop_folder import put_away_imported
from contact_pipeline.validation.sample_check import check_sample

_SHARED: dict[str, Any] = {"group_name": "crm", "owners": ["team:sales-operations"]}


@dg.asset(
    **_SHARED,
    partitions_def=IMPORTS,
    deps=[validated_contacts, duplicate_report],
    kinds={"duckdb"},
    output_required=False,
    description="The CRM is the fold of all live records: this import's records are added (or replaced), linked to contacts "
    "by e-mail, and the contacts they touch are computed anew, in one transaction; activities are kept beside them. An import that must be approved first is "
    "not materialized until then, nor is what follows from it.",
)
def crm_contacts(context: dg.AssetExecutionContext, home: HomeResource) -> Iterator[dg.MaterializeResult[None]]:
    with opened_import(home, context) as (opened, receipt):
        ledger = stages.take_into_crm(opened, receipt)
    if ledger is None:
        context.log.info("waits for approval: 'contact-pipeline approve', or decisions on its duplicate report")
        return
    with read_crm(opened) as connection:
        contacts = connection.sql("SELECT count(*) FROM contacts").fetchall()[0][0]
    yield dg.MaterializeResult(
        metadata=metadata.rows(
            contacts,
            policy=receipt.options.policy,
            **ledger.rows,
            **{"dagster/column_schema": metadata.LEAD_SCHEMA, "dagster/table_name": "contacts"},
        )
    )


@dg.asset(
    **_SHARED,
    deps=[crm_contacts],
    kinds={"duckdb"},
    description="Companies as the contacts show them: one a business domain, else one a normalised name; contacts linked. An "
    "import brings them up to date with its contacts; materialized alone, this asset does it for all that changed since.",
)
def crm_companies(home: HomeResource) -> dg.MaterializeResult[None]:
    with open_crm(home.open()) as connection:
        companies = refresh_companies(connection, anew=False)
    return dg.MaterializeResult(
        metadata=metadata.rows(
            companies,
            **{"dagster/column_schema": metadata.COMPANY_SCHEMA, "dagster/table_name": "companies"},
        )
    )


@dg.asset(
    **_SHARED,
    partitions_def=IMPORTS,
    deps=[crm_contacts, crm_companies, quarantined_rows],
    kinds={"duckdb"},
    description="What the import did: total = created + updated + unchanged + skipped + failed + not data, with reasons; and "
    "whether a random sample, read back from the CRM, is what the file says. A dropped file is put away once this stands.",
)
def import_summary(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult[None]:
    with opened_import(home, context) as (opened, receipt):
        stages.kept_stage(opened, receipt, "raw_file")
        with open_crm(opened) as connection:
            check = check_sample(opened, connection, receipt)
            note_sample_check(connection, receipt.import_id, check)
            summary = past_import(connection, receipt.import_id)
        put_away_imported(opened, receipt)
    ledger = summary.ledger
    return dg.MaterializeResult(
        metadata=metadata.rows(
            ledger.total,
            **ledger.rows,
            failures=metadata.counts(ledger.failures),
            skips=metadata.counts(ledger.skips),
            issues=metadata.counts(ledger.issues),
            seconds_in_crm=summary.seconds or 0.0,
            sample_check=check.in_words(),
            **{"dagster/column_schema": metadata.SUMMARY_SCHEMA, "dagster/table_name": "imports"},
        )
    )

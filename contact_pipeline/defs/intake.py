"""Assets of the group intake: a file on its way to clean rows. One partition is one import.

Belongs here: which stage an asset runs and what it tells the UI. Does not belong: the stages (`stages`).
"""

from typing import Any

import dagster as dg
import polars as pl

from contact_pipeline import stages
from contact_pipeline.defs import metadata
from contact_pipeline.defs.home import IMPORTS, Again, HomeResource, opened_import
from contact_pipeline.reporting.duplicates_workbook import duplicates_workbook
from contact_pipeline.validation.review import review_table
from contact_pipeline.validation.rows import failure_counts

_SHARED: dict[str, Any] = {"partitions_def": IMPORTS, "group_name": "intake", "owners": ["team:data-engineering"]}


@dg.asset(
    **_SHARED,
    kinds={"polars", "parquet"},
    description="The received bytes as text tables: encoding, delimiter, sheets and header row found, every record below "
    "the header kept with its source line.",
)
def raw_file(context: dg.AssetExecutionContext, config: Again, home: HomeResource) -> dg.MaterializeResult[None]:
    with opened_import(home, context, new_settings=config.new_settings) as (opened, receipt):
        source = stages.stage_raw_file(opened, receipt)
    records = sum(table.height for table in source.tables)
    return dg.MaterializeResult(
        metadata=metadata.rows(
            records,
            tables=metadata.source_tables(source),
            bytes=receipt.size,
            passed_over_sheets=len(source.ignored_sheets),
            **{"dagster/column_schema": metadata.RAW_SCHEMA},
        )
    )


@dg.asset(
    **_SHARED,
    deps=[raw_file],
    kinds={"polars", "parquet"},
    description="Columns mapped onto CRM fields, values cleaned and typed: e-mail, phone in E.164, names, dates, countries, "
    "companies, addresses, numbers; of a file of activities who, what and when. A value that cannot be used is left blank with "
    "an issue on record.",
)
def mapped_contacts(context: dg.AssetExecutionContext, config: Again, home: HomeResource) -> dg.MaterializeResult[None]:
    with opened_import(home, context, new_settings=config.new_settings) as (opened, receipt):
        mapped, cleaned = stages.stage_mapped_contacts(opened, receipt)
    reviews = [review_table(one.table, one.plan, cleaned.filter(pl.col("sheet") == one.table.name)) for one in mapped]
    return dg.MaterializeResult(
        metadata=metadata.rows(
            _count(cleaned),
            **metadata.review(reviews),
            rows_with_issues=_count(cleaned.filter(pl.col("issues").list.len() > 0)),
            opted_out_rows=_count(cleaned.filter("opted_out")) if "opted_out" in cleaned.collect_schema() else 0,
            **{"dagster/column_schema": metadata.schema_of(receipt.kind)},
        )
    )


@dg.asset(
    **_SHARED,
    deps=[mapped_contacts],
    kinds={"pandera", "parquet"},
    description="Every row judged against the schema of the field catalogue, all its reasons at once; an activity needs somebody "
    "whom the CRM knows and a date that is past.",
)
def validated_contacts(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult[None]:
    with opened_import(home, context) as (opened, receipt):
        judged = stages.stage_validated_contacts(opened, receipt)
    failing = judged.filter(pl.col("failures").list.len() > 0).select("failures").collect()
    return dg.MaterializeResult(
        metadata=metadata.rows(
            _count(judged),
            valid_rows=_count(judged.filter("is_valid")),
            failing_rows=failing.height,
            reasons=metadata.counts(failure_counts(failing)),
            **{"dagster/column_schema": metadata.schema_of(receipt.kind)},
        )
    )


@dg.asset(
    **_SHARED,
    deps=[validated_contacts],
    kinds={"csv", "xlsx"},
    description="Failing rows in a file of their own, with source line, every reason, the original columns and, where there "
    "is one, a suggested value: mend it and drop it again.",
)
def quarantined_rows(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult[None]:
    with opened_import(home, context) as (opened, receipt):
        path, reasons, failing = stages.set_aside_rows(opened, receipt)
    return dg.MaterializeResult(
        metadata=metadata.rows(
            failing,
            reasons=metadata.counts(reasons),
            file=dg.MetadataValue.path(path) if path else "none",
            **{"dagster/column_schema": metadata.QUARANTINE_SCHEMA},
        )
    )


@dg.asset(
    **_SHARED,
    deps=[validated_contacts],
    kinds={"duckdb", "xlsx"},
    description="Before anything is written: which rows meet each other or a contact of the CRM, by which rule, and what "
    "will become of them. Fill in the decisions of the workbook and drop it in again.",
)
def duplicate_report(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult[None]:
    with opened_import(home, context) as (opened, receipt):
        found = stages.report_duplicates(opened, receipt)
        workbook = duplicates_workbook(opened, receipt.import_id)
    outcomes = found.matches.group_by("rule", "found", "outcome").len("rows").sort("rule", "found", "outcome")
    return dg.MaterializeResult(
        metadata=metadata.rows(
            found.matches.height,
            matches=metadata.table(outcomes.to_dicts()),
            values_that_are_no_sign=metadata.counts(found.set_aside),
            file=dg.MetadataValue.path(workbook) if workbook else "none",
            **{"dagster/column_schema": metadata.DUPLICATES_SCHEMA},
        )
    )


def _count(rows: pl.LazyFrame) -> int:
    return int(rows.select(pl.len()).collect().item())

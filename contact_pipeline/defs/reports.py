"""Assets of the group reports: what is handed over.

Belongs here: which file an asset writes and what it tells the UI. Does not belong: how a file looks (`reporting`).
"""

from typing import Any

import dagster as dg

from contact_pipeline import handover
from contact_pipeline.dashboard.snapshot import publish_snapshot
from contact_pipeline.defs import metadata
from contact_pipeline.defs.home import HomeResource
from contact_pipeline.defs.scoring import scored_leads

_SHARED: dict[str, Any] = {"group_name": "reports", "owners": ["team:sales-operations"]}


def _partition(context: dg.AssetExecutionContext) -> str | None:
    """The import of the run, where the run has one: these assets are over the whole CRM and are run either way."""
    return context.partition_key if context.has_partition_key else None


@dg.asset(
    **_SHARED,
    deps=[scored_leads],
    kinds={"excel"},
    description="The call list as a workbook: the whole CRM, and for each import its own columns with the scores beside them; all leads "
    "as CSV and Parquet, and as a CSV that a CRM takes in.",
)
def lead_workbook(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult[None]:
    written = handover.write_workbooks(home.open(), _partition(context))
    beside = {name: dg.MetadataValue.path(path) for name, path in written.beside.items()}
    return dg.MaterializeResult(
        metadata=metadata.rows(
            written.leads, latest=dg.MetadataValue.path(written.latest), files=len(written.files), **beside
        )
    )


@dg.asset(
    **_SHARED,
    deps=[scored_leads],
    kinds={"html"},
    description="One self-contained, anonymised page: what came in, how good the data is, how scores are distributed, what "
    "moves them, what changed since the earlier runs and how far the model can be trusted.",
)
def lead_report(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult[None]:
    written = handover.write_reports(home.open(), _partition(context))
    return dg.MaterializeResult(
        metadata={"latest": dg.MetadataValue.path(written.latest), **metadata.pictures(written.pictures)}
    )


@dg.asset(
    **_SHARED,
    deps=[scored_leads],
    kinds={"duckdb"},
    description="An immutable snapshot of the leads for readers, so that nobody who looks ever holds up the pipeline.",
)
def dashboard_snapshot(home: HomeResource) -> dg.MaterializeResult[None]:
    snapshot = publish_snapshot(home.open())
    return dg.MaterializeResult(
        metadata=metadata.rows(snapshot.leads, file=dg.MetadataValue.path(snapshot.path), bytes=snapshot.size)
    )

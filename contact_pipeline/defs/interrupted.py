"""Runs that ended early: how they are told from runs under way, and what they left to be done.

Belongs here: what Dagster's records say of runs that died or failed. Does not belong: doing the rest (`running`, and
Dagster's own retries). Dagster watches over the runs that it started itself; a run of the command line lives and dies with
its process, and until somebody looks it counts as one under way.
"""

from datetime import UTC, datetime

import dagster as dg
from dagster._core.storage.dagster_run import IN_PROGRESS_RUN_STATUSES

from contact_pipeline.crm.history import IMPORTED
from contact_pipeline.crm.known import Known

_UNDER_WAY = [dg.DagsterRunStatus.NOT_STARTED, *IN_PROGRESS_RUN_STATUSES]
_ENDED_EARLY = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_PARTITION_TAG = "dagster/partition"


def fail_dead_runs(instance: dg.DagsterInstance) -> None:
    """Mark as failed the runs of the command line that are under way on record. Needs the turn of runs.

    Each of them held that turn from its beginning, so those who hold it now know that its process is dead.
    """
    for run in instance.get_runs(dg.RunsFilter(statuses=_UNDER_WAY)):
        if run.remote_job_origin is None:
            instance.report_run_failed(run, "The process of this run has died. Running the same again completes it.")


def is_unfinished(
    instance: dg.DagsterInstance, known: Known, followers: set[dg.AssetKey], partitioned: set[dg.AssetKey]
) -> bool:
    """Is an import live, but not all done that follows from it: companies, scores, what is handed over?

    `followers` are all assets that follow from the contacts, `partitioned` those of them that are made once an import.
    """
    if known.status != IMPORTED:
        return False
    since = max(_seconds(known.finished_at), _ended_early_at(instance, known.import_id))
    own = {key: [known.import_id] if key in partitioned else None for key in followers}
    return any(_made_at(instance, key, partitions) < since for key, partitions in own.items())


def _made_at(instance: dg.DagsterInstance, key: dg.AssetKey, partitions: list[str] | None) -> float:
    wanted = dg.AssetRecordsFilter(asset_key=key, asset_partitions=partitions)
    records = instance.fetch_materializations(wanted, limit=1).records
    return records[0].timestamp if records else 0.0


def _ended_early_at(instance: dg.DagsterInstance, import_id: str) -> float:
    """When the latest run of this import began that did not get to its end."""
    early = dg.RunsFilter(tags={_PARTITION_TAG: import_id}, statuses=_ENDED_EARLY)
    return max((_seconds(record.create_timestamp) for record in instance.get_run_records(early, limit=1)), default=0.0)


def _seconds(moment: datetime) -> float:
    return moment.replace(tzinfo=UTC).timestamp()

"""Runs that ended early: how they are told from runs under way, and what they left to be done.

Belongs here: what Dagster's records and the signs of life say of runs that died or failed. Does not belong: doing the rest
(`running`, `asking_again` and Dagster's own retries). The code server tells Dagster of a run whose process died, but not
once it has died itself, as in a power loss; and nobody tells of a run of the command line.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import dagster as dg
from dagster._core.storage.tags import PARTITION_NAME_TAG

from contact_pipeline import signs_of_life
from contact_pipeline.crm.history import IMPORTED
from contact_pipeline.crm.known import Known
from contact_pipeline.home import Home

_NEED_A_PROCESS = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
_SHOWS_LIFE_WITHIN_SECONDS = 60  # from being launched to the first stage, on a machine with much else to do
STARTED_BY: Final = "contact_pipeline/started_by"  # tag: the run that it is a part of, or
BY_COMMAND: Final = "command line"
ENDED_EARLY: Final = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
ENDED: Final = [dg.DagsterRunStatus.SUCCESS, *ENDED_EARLY]


def fail_dead_runs(instance: dg.DagsterInstance, home: Home, now: float, *, in_turn: bool = False) -> None:
    """Mark as ended the runs that are under way on record, but whose process has ended.

    Such a run would hold up all others. Marked as failed, it is tried again by Dagster where Dagster started it. A command puts
    a run on record in its turn only: who is `in_turn` knows that a run of another command has no process any more.
    """
    for record in instance.get_run_records(dg.RunsFilter(statuses=_NEED_A_PROCESS)):
        if (in_turn and _is_of_a_command(record.dagster_run)) or _is_dead(home, record, now):
            _end(instance, record.dagster_run.run_id)


def forget_old_signs(instance: dg.DagsterInstance, home: Home) -> None:
    """Take away the signs of life of runs that have ended."""
    signs_of_life.clear(home, {run.run_id for run in instance.get_runs(dg.RunsFilter(statuses=_NEED_A_PROCESS))})


def _is_of_a_command(run: dg.DagsterRun) -> bool:
    """Did a command start it? A run that Dagster started as that run once more has its tags."""
    return run.tags.get(STARTED_BY) == BY_COMMAND and run.parent_run_id is None


def _is_dead(home: Home, record: dg.RunRecord, now: float) -> bool:
    """Its process has let go of its sign, or has shown none though there was time for it."""
    has_ended = signs_of_life.has_ended(home, record.dagster_run.run_id)
    if has_ended is not None:
        return has_ended
    return now - record.update_timestamp.timestamp() > _SHOWS_LIFE_WITHIN_SECONDS


def _end(instance: dg.DagsterInstance, run_id: str) -> None:
    run = instance.get_run_by_id(run_id)  # anew: a process that has just ended may have said so before
    if run is None or run.is_finished:
        return
    if run.status == dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run)
    else:
        instance.report_run_failed(run, "The process of this run has died. Running the same again completes it.")


def is_unfinished(
    instance: dg.DagsterInstance, known: Known, followers: set[dg.AssetKey], partitioned: set[dg.AssetKey]
) -> bool:
    """Is an import live, but not all done that follows from it: companies, scores, what is handed over?

    `followers` are all assets that follow from the contacts, `partitioned` those of them that are made once an import. Where
    no run of the import is on record any more, that is for its age (`past_runs`).
    """
    if known.status != IMPORTED or not instance.get_runs(_of_import(known.import_id), limit=1):
        return False
    since = max(_seconds(known.finished_at), _ended_early_at(instance, known.import_id))
    own = {key: [known.import_id] if key in partitioned else None for key in followers}
    return any(_made_at(instance, key, partitions) < since for key, partitions in own.items())


def chain_of(error: Any) -> Iterator[Any]:
    """An error as Dagster keeps it, and each that led to it: it wraps errors in its own."""
    while error:
        yield error
        error = error.cause or error.context


def _made_at(instance: dg.DagsterInstance, key: dg.AssetKey, partitions: list[str] | None) -> float:
    wanted = dg.AssetRecordsFilter(asset_key=key, asset_partitions=partitions)
    records = instance.fetch_materializations(wanted, limit=1).records
    return records[0].timestamp if records else 0.0


def _ended_early_at(instance: dg.DagsterInstance, import_id: str) -> float:
    """When the latest run of this import began that did not get to its end."""
    early = _of_import(import_id, ENDED_EARLY)
    return max((_seconds(record.create_timestamp) for record in instance.get_run_records(early, limit=1)), default=0.0)


def _of_import(import_id: str, statuses: list[dg.DagsterRunStatus] | None = None) -> dg.RunsFilter:
    return dg.RunsFilter(tags={PARTITION_NAME_TAG: import_id}, statuses=statuses)


def _seconds(moment: datetime) -> float:
    return moment.replace(tzinfo=UTC).timestamp()

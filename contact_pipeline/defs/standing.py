"""Standing checks: promises about the time between runs, which no run would notice broken.

Belongs here: what they promise, over the home and Dagster's records. Does not belong: when they are looked at (`following`) and
checks of what a run leaves (`checks`). Their metadata hold counts and ids of runs, no name of a file.
"""

import time
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.storage.tags import PARTITION_NAME_TAG

from contact_pipeline.crm.history import IMPORTED, REFUSED, UNDONE, statuses
from contact_pipeline.crm.session import read_crm
from contact_pipeline.defs.crm import import_summary
from contact_pipeline.defs.home import HomeResource
from contact_pipeline.defs.intake import raw_file
from contact_pipeline.defs.interrupted import ENDED_EARLY
from contact_pipeline.home import Home
from contact_pipeline.hooks.outbox import Outbox
from contact_pipeline.intake import drop_folder

_LONG_SECONDS = 3600
_LOOKS_BACK = timedelta(days=30)
_GIVEN_UP_SECONDS = 86_400


@dg.asset_check(asset=raw_file, description="No file has been waiting in the drop folder for more than an hour.")
def no_file_waits_long(home: HomeResource) -> dg.AssetCheckResult:
    return whether_a_file_waits_long(home.open())


@dg.asset_check(asset=import_summary, description="No import was left half-way: what failed was done again, or undone.")
def every_import_ended_well(context: dg.AssetCheckExecutionContext, home: HomeResource) -> dg.AssetCheckResult:
    return whether_every_import_ended_well(home.open(), context.instance)


@dg.asset_check(asset=import_summary, description="Every hook of settings.toml answers.")
def hooks_are_heard(home: HomeResource) -> dg.AssetCheckResult:
    return whether_hooks_are_heard(home.open())


def whether_a_file_waits_long(home: Home) -> dg.AssetCheckResult:
    """By when a file came or was renamed, whatever the age of what is in it."""
    since = time.time() - _LONG_SECONDS
    waiting = drop_folder.look(home.drop)
    long = [file for file in waiting if (home.drop / file.name).lstat().st_ctime < since]
    return _verdict(not long, files=len(waiting), waiting_for_more_than_an_hour=len(long))


def whether_every_import_ended_well(home: Home, instance: dg.DagsterInstance) -> dg.AssetCheckResult:
    """Of the runs of the last 30 days that ended early, none is the last word on its import."""
    since = datetime.now(UTC) - _LOOKS_BACK
    early = instance.get_run_records(dg.RunsFilter(statuses=ENDED_EARLY, created_after=since))
    latest = {}
    for record in reversed(early):
        if import_id := record.dagster_run.tags.get(PARTITION_NAME_TAG):
            latest[import_id] = record
    if latest:
        with read_crm(home) as connection:
            known = statuses(connection)
        latest = {
            import_id: record
            for import_id, record in latest.items()
            if not _is_settled(instance, record, import_id, known.get(import_id, ("", 0))[0])
        }
    runs = ", ".join(record.dagster_run.run_id for record in latest.values())
    return _verdict(not latest, imports=len(latest), runs=runs)


def whether_hooks_are_heard(home: Home) -> dg.AssetCheckResult:
    """No event was given up on within a day, and none waits after several tries."""
    trouble = Outbox(home).in_trouble(time.time() - _GIVEN_UP_SECONDS) if home.settings.hooks else {}
    return _verdict(not trouble, **trouble)


def _is_settled(instance: dg.DagsterInstance, record: dg.RunRecord, import_id: str, status: str) -> bool:
    """Was a run that ended early followed by one that did what it left, or is nothing left to be done?

    What follows from the contacts of an import is done by any later run that scores.
    """
    if status in {REFUSED, UNDONE}:
        return True
    later = instance.get_runs(
        dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS], created_after=record.create_timestamp)
    )
    return any(run.tags.get(PARTITION_NAME_TAG) == import_id or status == IMPORTED for run in later)


def _verdict(passed: bool, **facts: int | str) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=passed, metadata=facts)

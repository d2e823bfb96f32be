"""Imports that are to be run once more because their latest run ended early: when, and under which mark.

Belongs here: reading that from Dagster's records. Does not belong: telling dead runs (`interrupted`) and starting runs
(`sensors`). Dagster itself tries a run again at once whose process died; this is for what it gives up on, such as a run that
met a full disk. Who fixes the cause need do nothing else.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import dagster as dg
from dagster._core.storage.tags import PARTITION_NAME_TAG

from contact_pipeline.defs.interrupted import ENDED_EARLY
from contact_pipeline.defs.jobs import import_contacts

_FIRST_PAUSE_SECONDS = 60
_LONGEST_PAUSE_SECONDS = 3600
_LOOKS_BACK = timedelta(days=1)  # much longer than the longest pause: what is asked for again is never lost from sight
NEVER_RUN = ""


def due_again(
    instance: dg.DagsterInstance, waiting: Collection[str], may_complete: Callable[[str], bool], now: float
) -> dict[str, str]:
    """Imports to run once more now, each with a mark of its own: the run that ended early, or NEVER_RUN.

    `waiting` are imports whose file lies in the drop folder still; of all others those count that `may_complete`.
    """
    recent = {one for one in _ended_early_of_late(instance, now) if one not in waiting and may_complete(one)}
    marks = {one: mark_of(instance.get_run_records(_runs_of(one)), now) for one in (*waiting, *recent)}
    return {one: mark for one, mark in marks.items() if mark is not None}


def mark_of(runs: Sequence[dg.RunRecord], now: float) -> str | None:
    """The mark of the next run after these, the newest first; None where none is due."""
    early = list(takewhile(lambda run: run.dagster_run.status in ENDED_EARLY, runs))
    if not runs:
        return NEVER_RUN
    if not early or now - early[0].update_timestamp.timestamp() < pause_after(len(early)):
        return None
    return early[0].dagster_run.run_id[:8]


def pause_after(times: int) -> int:
    """How long to wait after so many runs in a row that ended early, in seconds."""
    return int(min(_FIRST_PAUSE_SECONDS * 2 ** min(times - 1, 10), _LONGEST_PAUSE_SECONDS))


def _ended_early_of_late(instance: dg.DagsterInstance, now: float) -> set[str]:
    since = datetime.fromtimestamp(now, UTC) - _LOOKS_BACK
    early = dg.RunsFilter(job_name=import_contacts.name, statuses=ENDED_EARLY, updated_after=since)
    tags = (run.tags for run in instance.get_runs(early))
    return {partition for tag in tags if (partition := tag.get(PARTITION_NAME_TAG))}


def _runs_of(import_id: str) -> dg.RunsFilter:
    return dg.RunsFilter(job_name=import_contacts.name, tags={PARTITION_NAME_TAG: import_id})

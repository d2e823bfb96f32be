"""What ended runs did, as events for hooks.

Belongs here: which events a run in Dagster's records stands for. Does not belong: what an event looks like (`hooks.events`) and
telling it (`hooks.delivering`). Every run is on record, of the daemon and of the command line alike, also where its process
was killed; so looking at the records misses none, and each is looked at once, whoever looks.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import dropwhile, takewhile

import dagster as dg
import duckdb
from dagster._core.storage.tags import PARTITION_NAME_TAG, WILL_RETRY_TAG

from contact_pipeline.crm.history import WAITING
from contact_pipeline.crm.session import read_crm
from contact_pipeline.defs.crm import crm_contacts, import_summary
from contact_pipeline.defs.interrupted import ENDED, ENDED_EARLY, chain_of
from contact_pipeline.defs.scoring import scored_leads
from contact_pipeline.errors import HomeBusy, StorageFailed
from contact_pipeline.home import Home
from contact_pipeline.hooks.events import Event, RunFacts, event_of_run
from contact_pipeline.hooks.outbox import Outbox
from contact_pipeline.hooks.telling import import_facts, score_facts
from contact_pipeline.settings.hooks import EventName

_TOLD_OF_IT = {
    dg.DagsterEventType.ASSET_MATERIALIZATION,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
    dg.DagsterEventType.STEP_START,
    dg.DagsterEventType.STEP_FAILURE,
}
_CODES = {
    "HomeBusy": "home_busy",
    "StorageFailed": "storage_failed",
    "LedgerMismatch": "ledger_mismatch",
    "SettingsError": "settings_error",
    "DagsterAssetCheckFailedError": "check_failed",
}
_OVERLAP_SECONDS = 60  # records of runs that end at the same time need not appear in the order of their moments
_NEWS_SECONDS = 7 * 86_400  # what is older is told to nobody
_UNDECIDED_SECONDS = 10  # Dagster marks a failed run for a retry right after it has failed


@dataclass(frozen=True, slots=True)
class _Ended:
    """A run that ended, and what its log says of it. `reason` is a code, of the first failure."""

    record: dg.RunRecord
    imports: frozenset[str]
    was_refused: bool
    has_scored: bool
    began_contacts: bool
    stage: str | None
    reason: str | None
    failed_checks: frozenset[str]

    @property
    def run(self) -> dg.DagsterRun:
        """The run itself."""
        return self.record.dagster_run

    @property
    def partition(self) -> str | None:
        """The import that the run was for, where it was for one."""
        return self.run.tags.get(PARTITION_NAME_TAG)


def note_news(home: Home, instance: dg.DagsterInstance, *, wait_seconds: float | None = None) -> None:
    """Put what the runs did that ended since the last look into the outbox; nothing where the settings name no hook.

    Waits for the CRM as `read_crm` does. Raises HomeBusy, StorageFailed.
    """
    if not home.settings.hooks:
        return
    outbox = Outbox(home)
    records = _ended_since(instance, max(outbox.looked_up_to() - _OVERLAP_SECONDS, time.time() - _NEWS_SECONDS))
    unseen = outbox.unseen(record.dagster_run.run_id for record in records)
    fresh = [one for one in records if one.dagster_run.run_id in unseen and not _goes_on(instance, one)]
    if not fresh:
        return
    with read_crm(home, wait_seconds=wait_seconds) as connection:
        events = [event for record in fresh for event in _Teller(home, instance, connection).events(record)]
    outbox.note_runs(events, [one.dagster_run.run_id for one in fresh], max(_updated(one) for one in fresh))


@contextmanager
def news_noted(home: Home, instance: dg.DagsterInstance) -> Iterator[None]:
    """Notes what the runs of the block did; what cannot be noted now is noted by the next look."""
    with suppress(StorageFailed):
        if home.settings.hooks:
            Outbox(home).looked_up_to()  # makes the outbox: what ends from here on is news
    try:
        yield
    finally:
        with suppress(HomeBusy, StorageFailed):
            note_news(home, instance)


def _ended_since(instance: dg.DagsterInstance, moment: float) -> list[dg.RunRecord]:
    since = dg.RunsFilter(statuses=ENDED, updated_after=datetime.fromtimestamp(moment, UTC))
    return list(instance.get_run_records(since, order_by="update_timestamp", ascending=True))


def _goes_on(instance: dg.DagsterInstance, record: dg.RunRecord) -> bool:
    """Will Dagster try this run again, or has it not decided yet? Then the last try is the one to tell of.

    It tries only runs that it started itself again, whatever it wrote on others.
    """
    run = record.dagster_run
    if run.status != dg.DagsterRunStatus.FAILURE or run.remote_job_origin is None:
        return False
    will_retry = run.tags.get(WILL_RETRY_TAG)
    if will_retry is None:
        return instance.run_retries_enabled and time.time() - _updated(record) < _UNDECIDED_SECONDS
    return will_retry == "true"


def _read(instance: dg.DagsterInstance, record: dg.RunRecord) -> _Ended:
    """What the log of a run says of it."""
    logged = instance.get_records_for_run(record.dagster_run.run_id, of_type=_TOLD_OF_IT).records
    events = [one.event_log_entry.get_dagster_event() for one in logged]
    made = [one for one in events if one.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION]
    checks = [
        one.asset_check_evaluation_data
        for one in events
        if one.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
    ]
    failure = next((one for one in events if one.event_type == dg.DagsterEventType.STEP_FAILURE), None)
    return _Ended(
        record,
        imports=frozenset(one.partition for one in made if one.asset_key == import_summary.key and one.partition),
        was_refused=failure is not None and _refusal_of(failure) is not None,
        has_scored=any(one.asset_key == scored_leads.key for one in made),
        began_contacts=any(one.step_key == crm_contacts.key.path[-1] for one in events),
        stage=failure.step_key if failure else None,
        reason=_reason(record.dagster_run, failure),
        failed_checks=frozenset(check.check_name for check in checks if not check.passed),
    )


@dataclass(frozen=True, slots=True)
class _Teller:
    """Puts together what is told of a run, from Dagster's records and the CRM."""

    home: Home
    instance: dg.DagsterInstance
    connection: duckdb.DuckDBPyConnection

    def events(self, record: dg.RunRecord) -> Iterator[Event]:
        """The events of one run, each about one import or about all leads."""
        ended = _read(self.instance, record)
        if ended.was_refused:
            yield self._event("refused", ended, ended.partition)
        elif ended.run.status != dg.DagsterRunStatus.SUCCESS:
            yield self._event("failed", ended, ended.partition, self._first_failure(ended))
        else:
            if ended.partition and ended.began_contacts and self._waits(ended.partition):
                yield self._event("waiting", ended, ended.partition)
            for import_id in sorted(ended.imports):
                yield self._event("imported", ended, import_id)
            if ended.has_scored:
                yield self._event("scored", ended)

    def _event(self, name: EventName, ended: _Ended, import_id: str | None = None, run_id: str = "") -> Event:
        """`run_id` is that of the run whose event it is, where that is not the one which ended."""
        return Event(
            event_of_run(name, run_id or ended.run.run_id, import_id or ""),
            name,
            datetime.fromtimestamp(ended.record.end_time or _updated(ended.record), UTC),
            ended.reason,
            import_facts(self.home, self.connection, import_id) if import_id else None,
            score_facts(self.connection) if ended.has_scored else None,
            RunFacts(ended.run.run_id, _seconds(ended.record), ended.stage, sorted(ended.failed_checks)),
        )

    def _first_failure(self, ended: _Ended) -> str:
        """The first of the runs in a row that ended early for this import: tried again and again, it is told once."""
        if ended.partition is None:
            return ended.run.run_id
        runs = self.instance.get_runs(dg.RunsFilter(tags={PARTITION_NAME_TAG: ended.partition}))
        until_now = dropwhile(lambda run: run.run_id != ended.run.run_id, runs)
        return list(takewhile(lambda run: run.status in ENDED_EARLY, until_now))[-1].run_id

    def _waits(self, import_id: str) -> bool:
        return import_facts(self.home, self.connection, import_id).status == WAITING


def _reason(run: dg.DagsterRun, failure: dg.DagsterEvent | None) -> str | None:
    """Why a run did not get to its end, as a code: that of a refusal, the kind of our own errors, or one of a few words."""
    if run.status == dg.DagsterRunStatus.SUCCESS:
        return None
    if run.status == dg.DagsterRunStatus.CANCELED:
        return "canceled"
    if failure is None:
        return "died"
    told = _refusal_of(failure)
    if told is not None:
        return told
    names = [one.cls_name for one in chain_of(failure.step_failure_data.error)]
    return next((_CODES[name] for name in names if name in _CODES), "fault")


def _refusal_of(failure: dg.DagsterEvent) -> str | None:
    """The code of the refusal, where the file was refused."""
    said = failure.step_failure_data.user_failure_data
    code = said.metadata.get("reason") if said else None
    return str(code.value) if code else None


def _seconds(record: dg.RunRecord) -> float | None:
    return record.end_time - record.start_time if record.end_time and record.start_time else None


def _updated(record: dg.RunRecord) -> float:
    return record.update_timestamp.replace(tzinfo=UTC).timestamp()

"""Runs on record that ended long ago: their events, logs and ticks go.

Belongs here: what Dagster's storage keeps of a run, and taking it away. Does not belong: for how long (`settings`) and the home's
own files (`retention`). The history of imports is in the CRM; what goes here is what the UI shows of runs. Dagster's files do
not shrink by it but are filled again; only the file and the folder that each run has for itself are given back.
"""

import shutil
from datetime import datetime
from pathlib import Path

import dagster as dg
import sqlalchemy as db
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage

from contact_pipeline.defs.interrupted import ENDED
from contact_pipeline.home import Home
from contact_pipeline.retention.tidied import Tidied

_OF_NO_RUN = ""  # events that a sensor reports


def tidy_runs(instance: dg.DagsterInstance, home: Home, before: datetime, *, dry_run: bool) -> Tidied:
    """Remove the runs that ended before that moment (UTC), and ticks and checks as old; or only count the runs.

    Removing needs the turn of runs.
    """
    count = size = 0
    for run_id in instance.get_run_ids(dg.RunsFilter(statuses=ENDED, updated_before=before)):
        count, size = count + 1, size + _size(_own_files(instance, home, run_id))
        if not dry_run:
            instance.delete_run(run_id)
            _remove(_own_files(instance, home, run_id))
    if not dry_run:
        _remove(_left_behind(instance, home))
        _forget_ticks(instance, before)
        _forget_checks(instance, before)
    return Tidied("runs", count, size)


def _own_files(instance: dg.DagsterInstance, home: Home, run_id: str) -> list[Path]:
    """What a run has for itself: the file of its events, where they are in SQLite, and the folder of what its steps printed."""
    events = instance.event_log_storage
    shard = Path(events.path_for_shard(run_id)) if isinstance(events, SqliteEventLogStorage) else None
    shards = [shard, *(shard.with_name(f"{shard.name}{more}") for more in ("-wal", "-shm"))] if shard else []
    return [path for path in (*shards, home.dagster / "storage" / run_id) if path.exists()]


def _left_behind(instance: dg.DagsterInstance, home: Home) -> list[Path]:
    """What runs have for themselves that are on record no more: a process died between two removals."""
    logs = home.dagster / "storage"
    ids = {path.name for path in logs.glob("*") if path.is_dir()}
    events = instance.event_log_storage
    if isinstance(events, SqliteEventLogStorage):
        ids |= {path.stem for path in Path(events.path_for_shard("any")).parent.glob("*.db")}
    gone = [run_id for run_id in ids if _is_run_id(run_id) and not instance.has_run(run_id)]
    return [path for run_id in gone for path in _own_files(instance, home, run_id)]


def _is_run_id(name: str) -> bool:
    return len(name) == 36 and name.count("-") == 4


def _size(paths: list[Path]) -> int:
    files = [path for one in paths for path in ([one] if one.is_file() else one.rglob("*"))]
    return sum(path.lstat().st_size for path in files if path.is_file())


def _remove(paths: list[Path]) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _forget_ticks(instance: dg.DagsterInstance, before: datetime) -> None:
    for one in instance.all_instigator_state():
        instance.purge_ticks(one.instigator_origin_id, one.selector_id, before.timestamp())


def _forget_checks(instance: dg.DagsterInstance, before: datetime) -> None:
    """Dagster keeps the verdicts of all checks for ever, also of runs that were removed. The last of each check stays."""
    events = instance.event_log_storage
    if not isinstance(events, SqlEventLogStorage):
        return
    moment = before.replace(tzinfo=None)
    checks, log = AssetCheckExecutionsTable, SqlEventLogStorageTable
    last = db.select(db.func.max(checks.c.id)).group_by(checks.c.asset_key, checks.c.check_name)
    with events.index_connection() as connection:
        connection.execute(
            checks.delete().where(checks.c.evaluation_event_timestamp < moment, checks.c.id.not_in(last))
        )
        connection.execute(log.delete().where(log.c.run_id == _OF_NO_RUN, log.c.timestamp < moment))
    with events.run_connection(_OF_NO_RUN) as connection:
        connection.execute(log.delete().where(log.c.run_id == _OF_NO_RUN, log.c.timestamp < moment))

"""The sensor on the drop folder: a thin shell around the decision which files are ready and what they need.

Belongs here: what a tick does and remembers. Does not belong: when a file is ready and where it goes
(`intake.drop_folder`), which runs follow (`asking`, `asking_again`). Its memory only saves work: losing it, or being
restarted, imports nothing twice. Known bytes that need more than being put away wait for a tick that no run is under way:
their receipt may be in use.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace

import dagster as dg

from contact_pipeline.approvals import released
from contact_pipeline.crm.known import Known, known_imports
from contact_pipeline.crm.restored import restored_mark
from contact_pipeline.crm.session import read_crm
from contact_pipeline.defs.asking import (
    attempt_at,
    import_of,
    is_received,
    may_complete,
    received,
    received_before,
    run_key_of,
    run_of,
)
from contact_pipeline.defs.asking_again import due_again
from contact_pipeline.defs.home import IMPORTS, HomeResource
from contact_pipeline.defs.interrupted import fail_dead_runs, forget_old_signs
from contact_pipeline.defs.jobs import import_contacts
from contact_pipeline.errors import HomeBusy
from contact_pipeline.home import Home
from contact_pipeline.intake import drop_folder
from contact_pipeline.intake.drop_folder import Seen
from contact_pipeline.intake.receipt import Receipt
from contact_pipeline.turns import turn_of_runs

_TICK_SECONDS = 4  # Dagster looks every 5 s; of a sensor with that interval it would skip every other look
_LOOKS_BACK_EVERY_SECONDS = 30
_LOCK_WAIT_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Memory:
    """What the last tick saw, which run it asked for each file, and when runs that ended early were looked for last.

    Dagster keeps it, so files go by a digest of their names: a name may tell of a person.
    """

    files: list[Seen] = field(default_factory=list)
    asked: dict[str, str] = field(default_factory=dict)
    looked_back: float = 0.0

    @classmethod
    def of(cls, cursor: str | None) -> "Memory":
        """Nothing where another version of this program wrote it."""
        kept = json.loads(cursor or "{}")
        if set(kept) != {"files", "asked", "looked_back"} or not isinstance(kept["files"], list):
            return cls()
        return cls([Seen(**facts) for facts in kept["files"]], kept["asked"], kept["looked_back"])

    @classmethod
    def after(cls, seen: list[Seen], asked: Mapping[str, str], looked_back: float) -> "Memory":
        """Of a tick that saw these files and asked for these runs, both by name."""
        files = [replace(file, name=_digest(file.name)) for file in seen]
        return cls(files, {_digest(name): run_key for name, run_key in asked.items()}, looked_back)

    def of_files(self, seen: list[Seen]) -> dict[str, Seen]:
        """How those of these files that were there before were then, by name."""
        before = {file.name: file for file in self.files}
        known = ((file.name, before.get(_digest(file.name))) for file in seen)
        return {name: replace(was, name=name) for name, was in known if was}

    def run_asked_for(self, name: str) -> str | None:
        """The run that was asked for a file."""
        return self.asked.get(_digest(name))

    def as_cursor(self) -> str:
        """What Dagster keeps until the next tick."""
        return json.dumps(asdict(self))


@dg.sensor(
    job=import_contacts,
    minimum_interval_seconds=_TICK_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Watches the drop folder; every file that has settled becomes an import. Runs that died are marked as failed.",
)
def drop_folder_sensor(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.SensorResult:
    opened = home.open()
    opened.set_up()
    now = time.time()
    fail_dead_runs(context.instance, opened, now)
    try:
        with read_crm(opened, wait_seconds=_LOCK_WAIT_SECONDS) as connection:
            known, waited, mark = known_imports(connection), released(opened, connection), restored_mark(connection)
    except HomeBusy:
        return dg.SensorResult(skip_reason="An import is being written; the next look is soon.", cursor=context.cursor)
    memory = Memory.of(context.cursor)
    seen = drop_folder.look(opened.drop)
    ready = _settled(opened, seen, memory, now)
    asked = {file.name: key for file in ready if (key := memory.run_asked_for(file.name)) and is_received(opened, key)}
    is_time = now - memory.looked_back >= _LOOKS_BACK_EVERY_SECONDS
    due = _due_again(context.instance, opened, asked, known, waited, now) if is_time else {}
    fresh = [file for file in ready if file.name not in asked][: opened.settings.drop.files_per_tick]
    with _between_runs(opened) as may_renew:
        receipts = [*received(opened, fresh, known, may_renew=may_renew), *received_before(opened, asked)]
    needed = {
        name: (one.import_id, at + mark)
        for name, one in receipts
        if (at := attempt_at(opened, one, known.get(one.import_id)))
    }
    new = {one: at for name, (one, at) in needed.items() if one in due or asked.get(name) != run_key_of(one, at)}
    new |= {one.import_id: f"{known[one.import_id].attempt}-released{mark}" for one in waited}
    new |= {one: str(known[one].attempt) for one in due if one not in new and one in known}
    return dg.SensorResult(
        run_requests=[run_of(one, at, due.get(one, "")) for one, at in new.items()],
        dynamic_partitions_requests=[IMPORTS.build_add_request(list(new))] if new else [],
        skip_reason=None if new else f"{len(seen)} files in the drop folder, none newly ready.",
        cursor=Memory.after(
            seen,
            {name: run_key_of(*attempt) for name, attempt in needed.items()},
            now if is_time else memory.looked_back,
        ).as_cursor(),
    )


def _settled(home: Home, seen: list[Seen], memory: Memory, now: float) -> list[Seen]:
    return drop_folder.settled(seen, memory.of_files(seen), now, home.settings.drop.settle_seconds)


def _digest(name: str) -> str:
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:16]


def _due_again(
    instance: dg.DagsterInstance,
    home: Home,
    asked: dict[str, str],
    known: dict[str, Known],
    waited: list[Receipt],
    now: float,
) -> dict[str, str]:
    """Imports that are to be run once more now, each with the mark of that run."""
    forget_old_signs(instance, home)
    free = {one.import_id for one in waited}
    lying = {import_of(run_key) for run_key in asked.values()}
    return due_again(instance, lying, lambda one: one in free or may_complete(home, known.get(one)), now)


@contextmanager
def _between_runs(home: Home) -> Iterator[bool]:
    """Holds the turn of runs where it is free; says whether it is."""
    with ExitStack() as held:
        try:
            held.enter_context(turn_of_runs(home, wait_seconds=0))
        except HomeBusy:
            yield False
        else:
            yield True

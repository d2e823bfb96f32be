"""The sensor on the drop folder: a thin shell around the decision which files are ready.

Belongs here: what a tick does and remembers. Does not belong: when a file is ready and where it goes
(`intake.drop_folder`). Its memory only saves work: losing it, or being restarted, imports nothing twice, because a run
is asked for by the import's id and attempt, and known bytes keep their id. Known bytes that need more than being put
away wait for a tick that no run is under way: their receipt may be in use.
"""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import dagster as dg

from contact_pipeline.approvals import released
from contact_pipeline.crm.known import Known, known_imports, options_again, renewed
from contact_pipeline.crm.session import read_crm
from contact_pipeline.defs.home import IMPORTS, HomeResource
from contact_pipeline.defs.interrupted import fail_dead_runs
from contact_pipeline.defs.jobs import import_contacts
from contact_pipeline.errors import FileRefused, HomeBusy
from contact_pipeline.home import Home
from contact_pipeline.intake import drop_folder
from contact_pipeline.intake.drop_folder import Seen
from contact_pipeline.intake.receipt import Receipt, read_receipt, receive
from contact_pipeline.turns import turn_of_runs

_TICK_SECONDS = 5
_LOCK_WAIT_SECONDS = 2


@dg.sensor(
    job=import_contacts,
    minimum_interval_seconds=_TICK_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Watches the drop folder; every file that has settled becomes an import.",
)
def drop_folder_sensor(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.SensorResult:
    opened = home.open()
    opened.set_up()
    seen = drop_folder.look(opened.drop)
    memory: dict[str, dict[str, Any]] = json.loads(context.cursor or "{}")
    last_look = {name: Seen(name, facts["size"], facts["modified"]) for name, facts in memory.items()}
    ready = drop_folder.settled(seen, last_look, time.time(), opened.settings.drop.settle_seconds)
    try:
        with read_crm(opened, wait_seconds=_LOCK_WAIT_SECONDS) as connection:
            known, waited = known_imports(connection), released(opened, connection)
    except HomeBusy:
        return dg.SensorResult(skip_reason="An import is being written; the next look is soon.", cursor=context.cursor)
    asked = {file.name: str(memory[file.name]["run_key"]) for file in ready if memory[file.name]["run_key"]}
    fresh = [file for file in ready if file.name not in asked][: opened.settings.drop.files_per_tick]
    with _between_runs(opened) as is_between_runs:
        if is_between_runs:
            fail_dead_runs(context.instance)
        receipts = [*_received(opened, fresh, known, may_renew=is_between_runs), *_received_before(opened, asked)]
    wanted = {name: request for name, receipt in receipts if (request := _request(opened, receipt, known))}
    new = {str(one.run_key): one for name, one in wanted.items() if asked.get(name) != one.run_key}
    new |= {str(one.run_key): one for one in _requests_of_released(waited, known)}
    keys = [str(one.partition_key) for one in new.values()]
    return dg.SensorResult(
        run_requests=list(new.values()),
        dynamic_partitions_requests=[IMPORTS.build_add_request(keys)] if keys else [],
        skip_reason=None if new else f"{len(seen)} files in the drop folder, none newly ready.",
        cursor=json.dumps({file.name: _memory(file, wanted.get(file.name)) for file in seen}),
    )


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


def _memory(file: Seen, request: dg.RunRequest | None) -> dict[str, Any]:
    return {"size": file.size, "modified": file.modified, "run_key": request.run_key if request else None}


def _received(
    home: Home, files: list[Seen], known: dict[str, Known], *, may_renew: bool
) -> Iterator[tuple[str, Receipt]]:
    """Copy files to the inbox; one that cannot be received is put away with its reason, and the tick goes on.

    One whose receipt would have to change is left for another tick unless `may_renew`.
    """
    for file in files:
        path, options = home.drop / file.name, home.settings.options_for(file.name)
        try:
            receipt = receive(home, path, options, dropped=True)
        except FileRefused as refusal:
            if path.exists():
                drop_folder.refuse(home, path, str(refusal))
            continue
        before = known.get(receipt.import_id)
        if may_renew:
            yield file.name, renewed(home, receipt, options, before)
        elif options_again(receipt, options, before) == receipt.options:
            yield file.name, receipt


def _received_before(home: Home, asked: dict[str, str]) -> Iterator[tuple[str, Receipt]]:
    """Receipts of files that an earlier tick copied and that still lie there."""
    for name, run_key in asked.items():
        receipt = read_receipt(home, run_key.rsplit("#", 1)[0])
        yield name, receipt.model_copy(update={"dropped_as": tuple({*receipt.dropped_as, name})})


def _request(home: Home, receipt: Receipt, known: dict[str, Known]) -> dg.RunRequest | None:
    """The run that these bytes need; none where they are in the CRM already, and then the file is put away."""
    before = known.get(receipt.import_id)
    if before is None:
        return _run_of(receipt, "1")
    if before.must_opt_out(receipt):
        return _run_of(receipt, "opt-out")
    if before.may_come_again:
        return _run_of(receipt, str(before.attempt + 1))
    drop_folder.put_away_imported(home, receipt)
    return None


def _requests_of_released(receipts: list[Receipt], known: dict[str, Known]) -> Iterator[dg.RunRequest]:
    """Imports that waited for a person and need wait no more."""
    for receipt in receipts:
        yield _run_of(receipt, f"{known[receipt.import_id].attempt}-released")


def _run_of(receipt: Receipt, attempt: str) -> dg.RunRequest:
    return dg.RunRequest(run_key=f"{receipt.import_id}#{attempt}", partition_key=receipt.import_id)

"""The sensor on the drop folder: a thin shell around the decision which files are ready.

Belongs here: what a tick does and remembers. Does not belong: when a file is ready and where it goes
(`intake.drop_folder`). Its memory only saves work: losing it, or being restarted, imports nothing twice, because a run
is asked for by the import's id and attempt, and known bytes keep their id.
"""

import json
import time
from collections.abc import Iterator
from typing import Any

import dagster as dg

from contact_pipeline.crm.history import IMPORTED, REFUSED, statuses
from contact_pipeline.crm.session import warehouse_of
from contact_pipeline.defs.home import IMPORTS, HomeResource
from contact_pipeline.defs.jobs import import_contacts
from contact_pipeline.errors import FileRefused, HomeBusy
from contact_pipeline.home import Home
from contact_pipeline.intake import drop_folder
from contact_pipeline.intake.drop_folder import Seen
from contact_pipeline.intake.receipt import Receipt, read_receipt, receive

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
        known = _statuses(opened)
    except HomeBusy:
        return dg.SensorResult(skip_reason="An import is being written; the next look is soon.", cursor=context.cursor)
    asked = {file.name: str(memory[file.name]["run_key"]) for file in ready if memory[file.name]["run_key"]}
    fresh = [file for file in ready if file.name not in asked][: opened.settings.drop.files_per_tick]
    wanted = {
        name: request
        for name, receipt in [*_received(opened, fresh), *_received_before(opened, asked)]
        if (request := _request(opened, receipt, known))
    }
    new = {str(one.run_key): one for name, one in wanted.items() if asked.get(name) != one.run_key}
    keys = [str(one.partition_key) for one in new.values()]
    return dg.SensorResult(
        run_requests=list(new.values()),
        dynamic_partitions_requests=[IMPORTS.build_add_request(keys)] if keys else [],
        skip_reason=None if new else f"{len(seen)} files in the drop folder, none newly ready.",
        cursor=json.dumps({file.name: _memory(file, wanted.get(file.name)) for file in seen}),
    )


def _statuses(home: Home) -> dict[str, tuple[str, int]]:
    """What is on record; a tick must not wait long for a run that writes. Raises HomeBusy."""
    if not home.crm.exists():
        return {}
    with warehouse_of(home, wait_seconds=_LOCK_WAIT_SECONDS).reading() as connection:
        return statuses(connection)


def _memory(file: Seen, request: dg.RunRequest | None) -> dict[str, Any]:
    return {"size": file.size, "modified": file.modified, "run_key": request.run_key if request else None}


def _received(home: Home, files: list[Seen]) -> Iterator[tuple[str, Receipt]]:
    """Copy files to the inbox; one that cannot be received is put away with its reason, and the tick goes on."""
    for file in files:
        path = home.drop / file.name
        try:
            yield file.name, receive(home, path, home.settings.options_for(file.name), dropped=True)
        except FileRefused as refusal:
            if path.exists():
                drop_folder.refuse(home, path, str(refusal))


def _received_before(home: Home, asked: dict[str, str]) -> Iterator[tuple[str, Receipt]]:
    """Receipts of files that an earlier tick copied and that still lie there."""
    for name, run_key in asked.items():
        yield name, read_receipt(home, run_key.rsplit("#", 1)[0])


def _request(home: Home, receipt: Receipt, known: dict[str, tuple[str, int]]) -> dg.RunRequest | None:
    """The run that these bytes need; none where they are in the CRM already, and then the file is put away."""
    status, attempt = known.get(receipt.import_id, ("", 0))
    if status == IMPORTED:
        drop_folder.put_away_imported(home, receipt)
        return None
    next_attempt = attempt + 1 if status == REFUSED else 1
    return dg.RunRequest(run_key=f"{receipt.import_id}#{next_attempt}", partition_key=receipt.import_id)

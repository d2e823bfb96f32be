"""The sensor on the drop folder: a thin shell around the decision which files are ready.

Belongs here: what a tick does and remembers. Does not belong: when a file is ready and where it goes
(`intake.drop_folder`). Its memory only saves work: losing it, or being restarted, imports nothing twice, because a run
is asked for by the import's id and attempt, and known bytes keep their id.
"""

import json
import time
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
    before: dict[str, dict[str, Any]] = json.loads(context.cursor or "{}")
    last_look = {name: Seen(name, facts["size"], facts["modified"]) for name, facts in before.items()}
    ready = drop_folder.settled(seen, last_look, time.time(), opened.settings.drop.settle_seconds)
    try:
        known = _statuses(opened)
    except HomeBusy:
        return dg.SensorResult(skip_reason="An import is being written; the next look is soon.", cursor=context.cursor)
    received = {
        file.name: _receipt(opened, file, before[file.name].get("import_id"))
        for file in ready[: opened.settings.drop.files_per_tick]
    }
    wanted = [receipt for receipt in received.values() if receipt and not _dealt_with(opened, receipt, known)]
    keys = [receipt.import_id for receipt in wanted]
    return dg.SensorResult(
        run_requests=[_run_request(receipt, known) for receipt in wanted],
        dynamic_partitions_requests=[IMPORTS.build_add_request(keys)] if keys else [],
        skip_reason=None if wanted else f"{len(seen)} files in the drop folder, none ready that is not known already.",
        cursor=json.dumps({file.name: _memory(file, received.get(file.name)) for file in seen}),
    )


def _statuses(home: Home) -> dict[str, tuple[str, int]]:
    """What is on record; a tick must not wait long for a run that writes. Raises HomeBusy."""
    if not home.crm.exists():
        return {}
    with warehouse_of(home, wait_seconds=_LOCK_WAIT_SECONDS).reading() as connection:
        return statuses(connection)


def _memory(file: Seen, receipt: Receipt | None) -> dict[str, Any]:
    return {"size": file.size, "modified": file.modified, "import_id": receipt.import_id if receipt else None}


def _receipt(home: Home, file: Seen, import_id: str | None) -> Receipt | None:
    """Copy one file to the inbox, unless an earlier tick did; one that cannot be received is put away."""
    path = home.drop / file.name
    try:
        if import_id:
            return read_receipt(home, import_id)
        return receive(home, path, home.settings.options_for(file.name), dropped=True)
    except FileRefused as refusal:
        if path.exists():
            drop_folder.refuse(home, path, str(refusal))
        return None


def _dealt_with(home: Home, receipt: Receipt, known: dict[str, tuple[str, int]]) -> bool:
    """The bytes are in the CRM already: put the file away, there is nothing to do."""
    if known.get(receipt.import_id, ("", 0))[0] != IMPORTED:
        return False
    drop_folder.put_away_imported(home, receipt)
    return True


def _run_request(receipt: Receipt, known: dict[str, tuple[str, int]]) -> dg.RunRequest:
    status, attempt = known.get(receipt.import_id, ("", 0))
    next_attempt = attempt + 1 if status == REFUSED else 1
    return dg.RunRequest(run_key=f"{receipt.import_id}#{next_attempt}", partition_key=receipt.import_id)

"""Which runs dropped files and approved imports need.

Belongs here: from files that have settled to what Dagster is asked for. Does not belong: the tick and its memory
(`sensors`), when a file is ready and where it goes (`intake.drop_folder`). A run is asked for by the import's id and attempt,
so that Dagster starts none twice, and known bytes keep their id.
"""

import time
from collections.abc import Iterator
from typing import TypeAlias

import dagster as dg

from contact_pipeline.crm.history import IMPORTED
from contact_pipeline.crm.known import Known, options_again, renewed
from contact_pipeline.defs.asking_again import NEVER_RUN
from contact_pipeline.errors import FileRefused
from contact_pipeline.home import Home
from contact_pipeline.hooks.telling import note_refused
from contact_pipeline.intake import drop_folder
from contact_pipeline.intake.drop_folder import Seen
from contact_pipeline.intake.files import CHANGED
from contact_pipeline.intake.receipt import RECEIPT, Receipt, read_receipt, receive

_RECEIVES_FOR_SECONDS = 20  # the rest at the next look: Dagster gives up on a tick that takes too long

KnownImports: TypeAlias = dict[str, Known]


def received(home: Home, files: list[Seen], known: KnownImports, *, may_renew: bool) -> Iterator[tuple[str, Receipt]]:
    """Copy files to the inbox; one that cannot be received is put away with its reason, and stops no other.

    One that somebody writes to is left for another tick, and so is one whose receipt would have to change unless `may_renew`.
    """
    deadline = time.monotonic() + _RECEIVES_FOR_SECONDS
    for file in files:
        if time.monotonic() >= deadline:
            return
        path, options = home.drop / file.name, home.settings.options_for(file.name)
        receipt = None if drop_folder.is_open_for_writing(path) else _copied(home, file)
        if receipt is None:
            continue
        before = known.get(receipt.import_id)
        if may_renew:
            yield file.name, renewed(home, receipt, options, before)
        elif options_again(receipt, options, before) == receipt.options:
            yield file.name, receipt


def _copied(home: Home, file: Seen) -> Receipt | None:
    """The receipt of a file that is still as it was seen."""
    path = home.drop / file.name
    try:
        receipt = receive(home, path, home.settings.options_for(file.name), dropped=True)
    except FileRefused as refusal:
        if refusal.reason != CHANGED and path.exists():
            drop_folder.refuse(home, path, str(refusal))
            note_refused(home, refusal.reason)
        return None
    return receipt if drop_folder.look_at(path) == file else None


def is_received(home: Home, run_key: str) -> bool:
    """Are the bytes that a run was asked for on record still?"""
    return (home.inbox / import_of(run_key) / RECEIPT).is_file()


def received_before(home: Home, asked: dict[str, str]) -> Iterator[tuple[str, Receipt]]:
    """Receipts of files that an earlier tick copied and that still lie there, by the run that was asked for."""
    for name, run_key in asked.items():
        receipt = read_receipt(home, import_of(run_key))
        yield name, receipt.model_copy(update={"dropped_as": tuple({*receipt.dropped_as, name})})


def attempt_at(home: Home, receipt: Receipt, known: Known | None) -> str | None:
    """The attempt that these bytes need; none where they are in the CRM already, and then the file is put away."""
    if known is None:
        return "1"
    if known.must_opt_out(receipt):
        return "opt-out"
    if known.may_come_again:
        return str(known.attempt + 1)
    drop_folder.put_away_imported(home, receipt)
    return None


def may_complete(home: Home, known: Known | None) -> bool:
    """May a run that ended early be repeated though no file lies in the drop folder: is its import live, its file kept?"""
    return known is not None and known.status == IMPORTED and read_receipt(home, known.import_id).is_kept(home)


def run_of(import_id: str, attempt: str, mark: str = NEVER_RUN) -> dg.RunRequest:
    """The request for one run of an import; `mark` tells one that is asked for again from those before."""
    key = run_key_of(import_id, attempt)
    return dg.RunRequest(run_key=f"{key}-after-{mark}" if mark else key, partition_key=import_id)


def run_key_of(import_id: str, attempt: str) -> str:
    """By what Dagster knows that the first run of an attempt was started."""
    return f"{import_id}#{attempt}"


def import_of(run_key: str) -> str:
    """The import that a run was asked for."""
    return run_key.rsplit("#", 1)[0]

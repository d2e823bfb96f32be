"""Forgetting a person: the CRM, every stage, every file and every report, and a keyed digest that keeps the person out.

Belongs here: the order of the steps. Does not belong: the steps. The CRM tells whose rows they are, so it is cleaned after
the files, and the digests are on record before anything: a file that is imported meanwhile meets one or the other. Killed at
any moment, the same command does what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from contact_pipeline import handover, stages
from contact_pipeline.crm.history import IMPORTED, WAITING, statuses
from contact_pipeline.crm.models import model_in_use
from contact_pipeline.crm.session import open_crm, read_crm, warehouse_of
from contact_pipeline.crm.suppressions import suppress
from contact_pipeline.dashboard.snapshot import publish_snapshot
from contact_pipeline.erasure.crm_traces import erase_from_crm
from contact_pipeline.erasure.leftovers import Search, sweep_drafts
from contact_pipeline.erasure.mangling import are_in_step, forget_file, mangle_import, put_in_inbox
from contact_pipeline.erasure.person import Person, find_person
from contact_pipeline.erasure.traces import Traces
from contact_pipeline.errors import FileRefused
from contact_pipeline.home import Home
from contact_pipeline.intake import staging
from contact_pipeline.intake.receipt import RECEIPT, Receipt, read_receipt

OnStep = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was done, in counts. `waiting` received files hold the person and were not imported yet; they are left out then."""

    addresses: int
    contacts: int
    records: int
    imports: int
    files_removed: int
    files_unreadable: int
    waiting: int
    needs_scores: bool  # scores, workbooks and reports are to be made again

    @property
    def found_nothing(self) -> bool:
        """Was there no trace of the person?"""
        return not (self.records or self.imports or self.files_removed or self.waiting)

    def as_json(self) -> dict[str, Any]:
        """What `erase --json` prints."""
        return {name: count for name, count in asdict(self).items() if name != "needs_scores"}


def erase(home: Home, address: str, on_step: OnStep) -> Erasure:
    """Erase the person behind a normalised address from the whole home, and keep all their addresses out from now on.

    Raises HomeBusy, StorageFailed.
    """
    on_step("find the person")
    with open_crm(home) as connection:
        person = find_person(connection, address)
        suppress(connection, person.addresses)
        known = {import_id: status for import_id, (status, _) in statuses(connection).items()}
    search = Search(home, Traces(person.addresses))
    mangled, waiting = _erase_from_imports(home, person, known, search, on_step)
    _erase_from_files(home, person, mangled, search, on_step)
    on_step("crm")
    with open_crm(home) as connection:
        person = find_person(connection, address)  # with what was imported in the meantime
        erase_from_crm(connection, person, home.settings.imports.survivorship)
    warehouse_of(home).rewrite()
    on_step("reports")
    _make_again(home, known)
    return Erasure(
        addresses=len(person.addresses),
        contacts=len(person.contact_ids),
        records=person.rows.height,
        imports=len(mangled),
        files_removed=search.removed,
        files_unreadable=search.unreadable,
        waiting=waiting,
        needs_scores=_are_scores_due(home),
    )


def _erase_from_imports(
    home: Home, person: Person, known: Mapping[str, str], search: Search, on_step: OnStep
) -> tuple[list[Receipt], int]:
    """The imports that are kept without the person from now on, and how many are still to come."""
    mangled, waiting = [], 0
    for receipt in _receipts(home):
        on_step(f"import {receipt.import_id}")
        if known.get(receipt.import_id) in {IMPORTED, WAITING} or are_in_step(home, receipt.import_id):
            if _erase_from_import(home, receipt, person, search):
                mangled.append(read_receipt(home, receipt.import_id))
        elif not search.finds(receipt.kept_path(home)):
            continue
        elif receipt.import_id in known:
            search.remove_unused(receipt)
        else:
            waiting += 1
    return mangled, waiting


def _erase_from_import(home: Home, receipt: Receipt, person: Person, search: Search) -> bool:
    """Empty the person's rows in all that is kept of an import. Returns whether anything was found."""
    traces = Traces(person.addresses)
    ordinals = person.rows.filter(import_id=receipt.import_id)["ordinal"].to_list()
    if not receipt.is_kept(home):
        if ordinals:
            forget_file(home, receipt, traces)
        return bool(ordinals)
    is_in_bytes = receipt.mangled_sha256 is None and search.finds(receipt.kept_path(home))
    if not are_in_step(home, receipt.import_id):
        if not is_in_bytes and not ordinals:
            return False
        try:
            _stage_again(home, receipt)
        except FileRefused:  # it can no longer be read, so nobody can be taken out of it
            search.remove_unused(receipt)
            return False
    if not mangle_import(home, receipt, traces, ordinals):
        if not is_in_bytes:
            return False
        put_in_inbox(home, receipt, staging.read_source(home.stage("raw_file", receipt.import_id)), traces)
    return True


def _stage_again(home: Home, receipt: Receipt) -> None:
    stages.stage_raw_file(home, receipt)
    receipt = read_receipt(home, receipt.import_id)
    stages.stage_mapped_contacts(home, receipt)
    stages.stage_validated_contacts(home, receipt)


def _erase_from_files(home: Home, person: Person, mangled: Sequence[Receipt], search: Search, on_step: OnStep) -> None:
    """Remove what else may hold the person. Contacts are named in reports of imports that do not hold them."""
    on_step("files")
    search.remove_dropped(mangled)
    for receipt in mangled:
        search.remove_reports_of(receipt.import_id)
    if mangled:
        search.remove_reports_of(handover.LATEST)
    search.remove_reports_naming(Traces(person.addresses | person.contact_ids | person.names))
    sweep_drafts(home)


def _make_again(home: Home, known: Mapping[str, str]) -> None:
    """Make what was removed and needs no scores; of the snapshots only a new one stays."""
    for receipt in _receipts(home):
        is_kept = known.get(receipt.import_id) in {IMPORTED, WAITING} and are_in_step(home, receipt.import_id)
        if is_kept and not (home.reports / receipt.import_id).exists():
            stages.set_aside_rows(home, receipt)
            stages.report_duplicates(home, receipt)
    old = list(home.dashboard.glob("*.duckdb"))
    if old:
        publish_snapshot(home)
    for path in old:
        path.unlink(missing_ok=True)


def _are_scores_due(home: Home) -> bool:
    with read_crm(home) as connection:
        is_scored = model_in_use(connection) is not None
    return is_scored and not (home.reports / handover.LATEST / handover.WORKBOOK).exists()


def _receipts(home: Home) -> list[Receipt]:
    return [read_receipt(home, path.parent.name) for path in sorted(home.inbox.glob(f"*/{RECEIPT}"))]

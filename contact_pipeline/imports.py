"""Importing several files in the order given: what `run` does, and what it says of each file.

Belongs here: the outcome of a file and of a whole run. Does not belong: printing (`cli`) and running jobs (`defs`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contact_pipeline.approvals import released
from contact_pipeline.crm.differences import Differences
from contact_pipeline.crm.history import IMPORTED, PastImport, past_import
from contact_pipeline.crm.known import known_bytes, opted_out_contacts, renewed
from contact_pipeline.crm.lead_files import CRM_CSV, LEADS_CSV, LEADS_PARQUET
from contact_pipeline.crm.ledger import Ledger
from contact_pipeline.crm.scorings import scores_on_record
from contact_pipeline.crm.session import read_crm
from contact_pipeline.errors import FileRefused
from contact_pipeline.handover import LATEST, MODEL_CARD, REPORT, WORKBOOK
from contact_pipeline.home import Home
from contact_pipeline.hooks.telling import note_refused
from contact_pipeline.intake.receipt import Receipt, receive
from contact_pipeline.reporting.duplicates_workbook import duplicates_workbook
from contact_pipeline.settings import Policy
from contact_pipeline.trial import Trial, try_import
from contact_pipeline.validation.sampled import SampleCheck
from contact_pipeline.validation.set_aside_file import set_aside_file

if TYPE_CHECKING:
    from contact_pipeline.defs.running import Runner

WOULD_IMPORT, ALREADY_IMPORTED, REFUSED = "would_import", "already_imported", "refused"
_NOTHING = Ledger(0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one file of a run."""

    file: str
    import_id: str | None
    status: str
    reason: str | None = None
    ledger: Ledger = _NOTHING
    quarantine_file: Path | None = None
    differences: Differences | None = None  # of a dry run
    sample_check: SampleCheck | None = None

    def as_json(self) -> dict[str, Any]:
        """The entry of `run --json`."""
        return {
            "file": self.file,
            "import_id": self.import_id,
            "status": self.status,
            "reason": self.reason,
            "rows": self.ledger.rows,
            "failures": dict(self.ledger.failures),
            "skips": dict(self.ledger.skips),
            "quarantine_file": str(self.quarantine_file) if self.quarantine_file else None,
            "contacts": self.differences.contacts if self.differences else None,
            "changes": [change.as_json() for change in self.differences.changes] if self.differences else [],
            "sample_check": self.sample_check.as_json() if self.sample_check else None,
        }


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What `run` did: each file, the scores as they are now, and where the results lie."""

    imports: list[FileOutcome]
    scores: Mapping[str, Any] | None = None
    artifacts: Mapping[str, str] = field(default_factory=dict)

    @property
    def any_refused(self) -> bool:
        """Was a file refused?"""
        return any(one.status == REFUSED for one in self.imports)

    def as_json(self) -> dict[str, Any]:
        """What `run --json` prints."""
        return {
            "imports": [one.as_json() for one in self.imports],
            "scores": self.scores,
            "artifacts": dict(self.artifacts),
        }


def import_files(runner: Runner, paths: list[Path], policy: Policy | None) -> RunOutcome:
    """Import each file in turn and score once at the end; a refused file stops no other. Raises PipelineError."""
    imports, changed = [], False
    for path in paths:
        outcome, did_change = _import_file(runner, path, policy, alone=len(paths) == 1)
        imports.append(outcome)
        changed |= did_change
    if len(paths) > 1 and changed:
        runner.score(due_only=True)
    imports += import_released(runner).imports
    return RunOutcome(imports, scores_now(runner.home), artifacts(runner.home, imports))


def import_released(runner: Runner) -> RunOutcome:
    """Import all that waited and need wait no more: approved by a person, or decided on. Raises PipelineError."""
    with read_crm(runner.home) as connection:
        receipts = released(runner.home, connection)
    imports = [
        _outcome(runner.home, Path(receipt.file_name), runner.import_file(receipt, scoring=False))
        for receipt in receipts
    ]
    if imports:
        runner.score(due_only=True)
    return RunOutcome(imports, scores_now(runner.home), artifacts(runner.home, imports))


def try_files(home: Home, paths: list[Path], policy: Policy | None) -> RunOutcome:
    """What `import_files` would count for each file, taken alone, with nothing written."""
    return RunOutcome([_try_file(home, path, policy) for path in paths])


def scores_now(home: Home) -> dict[str, Any] | None:
    """Method, number of leads a category and model version of the scores on record; None before the first."""
    with read_crm(home) as connection:
        return scores_on_record(connection)


def artifacts(home: Home, imports: list[FileOutcome]) -> dict[str, str]:
    """The files that are there to be looked at, by name."""
    named: dict[str, Path | None] = {
        "workbook": home.reports / LATEST / WORKBOOK,
        "all leads as CSV": home.reports / LATEST / LEADS_CSV,
        "all leads as Parquet": home.reports / LATEST / LEADS_PARQUET,
        "leads for a CRM": home.reports / LATEST / CRM_CSV,
        "report": home.reports / LATEST / REPORT,
        "model card": home.reports / LATEST / MODEL_CARD,
    }
    for one in imports:
        if one.import_id:
            named[f"workbook of {one.import_id}"] = home.reports / one.import_id / WORKBOOK
            named[f"report of {one.import_id}"] = home.reports / one.import_id / REPORT
            named[f"duplicates of {one.import_id}"] = duplicates_workbook(home, one.import_id)
    return {name: str(path) for name, path in named.items() if path and path.exists()}


def _import_file(runner: Runner, path: Path, policy: Policy | None, *, alone: bool) -> tuple[FileOutcome, bool]:
    """What became of a file, and whether the CRM may have changed. `alone` scores along with the import."""
    home = runner.home
    options = home.settings.options_for(path.name, policy=policy)
    try:
        receipt = receive(home, path, options)
    except FileRefused as refusal:
        note_refused(home, refusal.reason)
        return FileOutcome(path.name, None, REFUSED, str(refusal)), False
    with read_crm(home) as connection:
        known = known_bytes(connection, receipt.sha256)
        past = past_import(connection, known.import_id) if known else None
    receipt = renewed(home, receipt, options, known)
    if known and past and known.must_opt_out(receipt):
        return _opt_out(runner, path, receipt, past, scoring=alone), True
    if known and past and not known.may_come_again and not runner.is_unfinished(known):
        return (_already_imported(path, past) if known.status == IMPORTED else _outcome(home, path, past)), False
    return _outcome(home, path, runner.import_file(receipt, scoring=alone)), True


def _opt_out(runner: Runner, path: Path, receipt: Receipt, past: PastImport, *, scoring: bool) -> FileOutcome:
    """Take known bytes in again at their old place, everybody in them opted out as their new name says."""
    before = _count_opted_out(runner.home)
    now = runner.import_file(receipt, scoring=scoring)
    if now.status != IMPORTED:
        return _outcome(runner.home, path, now)
    count = _count_opted_out(runner.home) - before
    reason = f"{_known_as(past)}; its new name says that they opted out, so {count:,} contacts were opted out now."
    return FileOutcome(path.name, past.import_id, ALREADY_IMPORTED, reason)


def _count_opted_out(home: Home) -> int:
    with read_crm(home) as connection:
        return opted_out_contacts(connection)


def _outcome(home: Home, path: Path, past: PastImport) -> FileOutcome:
    aside = set_aside_file(home, past.import_id)
    return FileOutcome(
        path.name, past.import_id, past.status, past.reason, past.ledger, aside, sample_check=past.sample_check
    )


def _already_imported(path: Path, past: PastImport) -> FileOutcome:
    return FileOutcome(path.name, past.import_id, ALREADY_IMPORTED, f"{_known_as(past)}; nothing was changed.")


def _known_as(past: PastImport) -> str:
    return f"The same bytes were imported as {past.file_name} on {past.received_at:%d %b %Y}"


def _try_file(home: Home, path: Path, policy: Policy | None) -> FileOutcome:
    try:
        trial = try_import(home, path, home.settings.options_for(path.name, policy=policy))
    except FileRefused as refusal:
        return FileOutcome(path.name, None, REFUSED, str(refusal))
    return _tried(path, trial)


def _tried(path: Path, trial: Trial) -> FileOutcome:
    import_id = trial.receipt.import_id
    if trial.ledger is None:
        return FileOutcome(path.name, import_id, ALREADY_IMPORTED, "The same bytes are in the CRM already.")
    if trial.opted_out is not None:
        by_name = f"The same bytes are in the CRM already; this name would opt {trial.opted_out:,} contacts out."
        return FileOutcome(path.name, import_id, ALREADY_IMPORTED, by_name, differences=trial.differences)
    reason = "It would wait for approval first; these are its counts once approved." if trial.must_wait else None
    return FileOutcome(path.name, import_id, WOULD_IMPORT, reason, trial.ledger, differences=trial.differences)

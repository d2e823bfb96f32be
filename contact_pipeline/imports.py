"""Importing several files in the order given: what `run` does, and what it says of each file.

Belongs here: the outcome of a file and of a whole run. Does not belong: printing (`cli`) and running jobs (`defs`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contact_pipeline.crm.history import IMPORTED, PastImport
from contact_pipeline.crm.ledger import Ledger
from contact_pipeline.crm.models import model_in_use
from contact_pipeline.crm.session import read_crm
from contact_pipeline.errors import FileRefused
from contact_pipeline.handover import LATEST, REPORT, WORKBOOK
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import Receipt, receive
from contact_pipeline.settings import Policy
from contact_pipeline.trial import try_import
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
    home = runner.home
    imports = [_import_file(runner, path, policy, alone=len(paths) == 1) for path in paths]
    if len(paths) > 1 and any(one.status == IMPORTED for one in imports):
        runner.score()
    return RunOutcome(imports, scores_now(home), artifacts(home, imports))


def try_files(home: Home, paths: list[Path], policy: Policy | None) -> RunOutcome:
    """What `import_files` would count for each file, taken alone, with nothing written."""
    return RunOutcome([_try_file(home, path, policy) for path in paths])


def scores_now(home: Home) -> dict[str, Any] | None:
    """Method, number of leads a category and model version of the scores on record; None before the first."""
    with read_crm(home) as connection:
        model = model_in_use(connection)
        sizes = dict(
            connection.execute(
                "SELECT lead_category, count(*) FROM contacts WHERE lead_score IS NOT NULL GROUP BY ALL"
            ).fetchall()
        )
    if model is None:
        return None
    counts = {name.lower(): sizes.get(name, 0) for name in ("Hot", "Warm", "Cold")}
    return {"method": model.card.method, "scored": sum(counts.values()), **counts, "model": model.card.version}


def artifacts(home: Home, imports: list[FileOutcome]) -> dict[str, str]:
    """The files that are there to be looked at, by name."""
    named = {"workbook": home.reports / LATEST / WORKBOOK, "report": home.reports / LATEST / REPORT}
    for one in imports:
        if one.import_id:
            named[f"workbook of {one.import_id}"] = home.reports / one.import_id / WORKBOOK
            named[f"report of {one.import_id}"] = home.reports / one.import_id / REPORT
    return {name: str(path) for name, path in named.items() if path.exists()}


def _import_file(runner: Runner, path: Path, policy: Policy | None, *, alone: bool) -> FileOutcome:
    home = runner.home
    try:
        receipt = receive(home, path, home.settings.options_for(path.name, policy=policy))
    except FileRefused as refusal:
        return FileOutcome(path.name, None, REFUSED, str(refusal))
    known = runner.imported_before(receipt.sha256)
    if known:
        return _already_imported(path, known)
    return _outcome(home, path, runner.import_file(receipt, scoring=alone))


def _outcome(home: Home, path: Path, past: PastImport) -> FileOutcome:
    aside = set_aside_file(home, past.import_id)
    return FileOutcome(path.name, past.import_id, past.status, past.reason, past.ledger, aside)


def _already_imported(path: Path, known: PastImport) -> FileOutcome:
    reason = f"The same bytes were imported as {known.file_name} on {known.received_at:%d %b %Y}; nothing was changed."
    return FileOutcome(path.name, known.import_id, ALREADY_IMPORTED, reason)


def _try_file(home: Home, path: Path, policy: Policy | None) -> FileOutcome:
    try:
        receipt, ledger = try_import(home, path, home.settings.options_for(path.name, policy=policy))
    except FileRefused as refusal:
        return FileOutcome(path.name, None, REFUSED, str(refusal))
    return _tried(path, receipt, ledger)


def _tried(path: Path, receipt: Receipt, ledger: Ledger | None) -> FileOutcome:
    if ledger is None:
        return FileOutcome(path.name, receipt.import_id, ALREADY_IMPORTED, "The same bytes are in the CRM already.")
    return FileOutcome(path.name, receipt.import_id, WOULD_IMPORT, None, ledger)

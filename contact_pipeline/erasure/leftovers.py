"""Files beside the stages that may hold a person: put-away copies, bytes of files that were not imported, reports, drafts.

Belongs here: which of them go, and what stands in their place. Does not belong: stages and inbox of imports that count
(`mangling`), and making files anew (`erasing`). A report can be made again, so it goes already where it may hold the person.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from contact_pipeline.atomic import draft_beside
from contact_pipeline.erasure.searching import names_one
from contact_pipeline.erasure.traces import Traces
from contact_pipeline.home import Home
from contact_pipeline.intake.drop_folder import DONE, NOT_KEPT_DONE, NOT_KEPT_REFUSED, REFUSED, leave_note
from contact_pipeline.intake.receipt import RECEIPT, Receipt, amend, file_digest

_STAGES = ("raw_file", "mapped_contacts", "validated_contacts")


class Search:
    """A search for a person in the files of a home; counts what it removes and what it cannot read."""

    def __init__(self, home: Home, traces: Traces) -> None:
        self._home = home
        self._traces = traces
        self.removed = 0
        self.unreadable = 0

    def finds(self, path: Path, traces: Traces | None = None) -> bool:
        """Does the name of a file or its content name the person?"""
        words = traces or self._traces
        if words.are_in(path.name):
            return True
        found = names_one(path, words, limit_bytes=self._home.settings.limits.workbook_inflated_bytes)
        self.unreadable += found is None
        return bool(found)

    def remove_dropped(self, imported: Iterable[Receipt]) -> None:
        """Remove put-away files that name the person or hold the bytes of these imports, with a note in their place."""
        digests = {receipt.sha256: receipt.size for receipt in imported}
        for folder, note in ((self._home.drop / DONE, NOT_KEPT_DONE), (self._home.drop / REFUSED, NOT_KEPT_REFUSED)):
            for path in _files(folder):
                is_copy = path.stat().st_size in digests.values() and file_digest(path) in digests
                if is_copy or self.finds(path):
                    leave_note(path.with_name(self._traces.taken_out_of(path.name)), note)
                    self._remove(path)

    def remove_unused(self, receipt: Receipt) -> None:
        """Remove what is kept of a file that is not in the CRM, but for the receipt, which says that its bytes were seen."""
        for path in _files(self._home.inbox / receipt.import_id):
            if path.name != RECEIPT:
                self._remove(path)
        for asset in _STAGES:
            self._home.stage(asset, receipt.import_id).unlink(missing_ok=True)
        leave_note(self._home.inbox / receipt.import_id / "original", NOT_KEPT_REFUSED)
        self.remove_reports_of(receipt.import_id)
        amend(
            self._home,
            receipt.import_id,
            file_name=self._traces.taken_out_of(receipt.file_name),
            dropped_as=tuple(name for name in receipt.dropped_as if not self._traces.are_in(name)),
        )

    def remove_reports_of(self, import_id: str) -> None:
        """Remove all files made for an import."""
        folder = self._home.reports / import_id
        self.removed += sum(1 for _ in _files(folder))
        shutil.rmtree(folder, ignore_errors=True)

    def remove_reports_naming(self, traces: Traces) -> None:
        """Remove the files of every import, and those over the whole CRM, where one of them names one of the words."""
        for folder in sorted(path for path in self._home.reports.glob("*") if path.is_dir()):
            if any(self.finds(path, traces) for path in _files(folder)):
                self.remove_reports_of(folder.name)

    def _remove(self, path: Path) -> None:
        path.unlink()
        self.removed += 1


def sweep_drafts(home: Home) -> None:
    """Remove what processes that died left half-written anywhere in the home."""
    for folder in (home.root, *(path for path in home.root.rglob("*") if path.is_dir())):
        if home.dagster not in (folder, *folder.parents):
            draft_beside(folder / "any")


def _files(folder: Path) -> Iterator[Path]:
    """The regular files of a folder, if it is there, and of those in it; a link is none."""
    yield from sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())

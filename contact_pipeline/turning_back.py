"""Turning a home back: undoing an import with all that it left, and computing the CRM anew.

Belongs here: which parts of a home follow when an import is taken back. Does not belong: the CRM itself (`crm.undoing`) and
scoring what is left (`defs`).
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

from contact_pipeline.crm import undoing
from contact_pipeline.crm.companies import refresh_companies
from contact_pipeline.crm.session import open_crm
from contact_pipeline.crm.undoing import Undone
from contact_pipeline.home import Home
from contact_pipeline.hooks.telling import note_undone
from contact_pipeline.intake.drop_folder import put_away_refused
from contact_pipeline.intake.receipt import amend, read_receipt, take_as_new


def undo(home: Home, import_id: str) -> Undone:
    """Take an import back; its received bytes stay, so that it may come again. Raises UnknownImport, UsageError.

    Of an import that was taken back before, all is done that follows from it: the process may have died in between.
    """
    with open_crm(home) as connection:
        undone = undoing.undo_import(
            connection, import_id, home.settings.imports.survivorship, on_day=f"{datetime.now(UTC):%d %b %Y}"
        )
        refresh_companies(connection, anew=False)
    shutil.rmtree(home.reports / import_id, ignore_errors=True)
    receipt = read_receipt(home, import_id)
    if receipt.approved:
        amend(home, import_id, approved=False)
    if not receipt.is_kept(home):
        take_as_new(home, receipt)
    put_away_refused(home, receipt, "This import was called off by undo. Drop the file again to import it after all.")
    if not undone.was_undone:
        note_undone(home, import_id)
    return undone


def rebuild(home: Home) -> int:
    """Compute every link, contact and company anew from the records; gives the number of contacts."""
    with open_crm(home) as connection:
        contacts = undoing.rebuild(connection, home.settings.imports.survivorship)
        refresh_companies(connection)
    return contacts

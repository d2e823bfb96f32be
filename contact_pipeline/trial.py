"""A dry run: the same stages in a folder that goes away, the same transaction rolled back.

Belongs here: arranging that nothing stays. Does not belong: the stages.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from contact_pipeline import stages
from contact_pipeline.crm.history import import_of_bytes
from contact_pipeline.crm.ledger import Ledger
from contact_pipeline.crm.session import warehouse_of
from contact_pipeline.crm.tables import ensure_tables
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import Receipt, receive
from contact_pipeline.settings import ImportOptions


def try_import(home: Home, path: Path, options: ImportOptions) -> tuple[Receipt, Ledger | None]:
    """What importing `path` would count; no ledger where its bytes are in the CRM already. Raises FileRefused."""
    with tempfile.TemporaryDirectory(prefix="contact-pipeline-") as folder:
        passing = Home(Path(folder), home.settings)
        receipt = receive(passing, path, options)
        with warehouse_of(home).trial() as connection:
            ensure_tables(connection)
            if import_of_bytes(connection, receipt.sha256):
                return receipt, None
            stages.stage_raw_file(passing, receipt)
            stages.stage_mapped_contacts(passing, receipt)
            stages.stage_validated_contacts(passing, receipt)
            return receipt, stages.fold_into(connection, passing, receipt)

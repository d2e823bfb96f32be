"""The whole way of a file through its stages, for tests that need a CRM made of real files."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from contact_pipeline import stages
from contact_pipeline.crm.ledger import Ledger
from contact_pipeline.crm.session import open_crm
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import Receipt, read_receipt, receive
from contact_pipeline.settings import ImportOptions


def bring_file(home: Home, path: Path, options: ImportOptions | None = None) -> tuple[Receipt, Ledger]:
    """Import a file as its assets do, up to the CRM; by default as the settings of the home say."""
    receipt = receive(home, path, options or home.settings.options_for(path.name))
    stages.stage_raw_file(home, receipt)
    receipt = read_receipt(home, receipt.import_id)
    stages.stage_mapped_contacts(home, receipt)
    stages.stage_validated_contacts(home, receipt)
    with open_crm(home) as connection:
        return receipt, stages.fold_into(connection, home, receipt)


def write_rows(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """A CSV with the columns of the first row; every row has the same."""
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path

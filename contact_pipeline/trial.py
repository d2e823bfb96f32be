"""A dry run: the same stages in a home of its own that goes away, beside a copy of what the file touches in the CRM.

Belongs here: arranging that nothing stays. Does not belong: the stages. The real home is only read.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb

from contact_pipeline import stages
from contact_pipeline.crm.history import import_of_bytes
from contact_pipeline.crm.ledger import Ledger
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import Receipt, read_receipt, receive
from contact_pipeline.settings import ImportOptions


def try_import(home: Home, path: Path, options: ImportOptions) -> tuple[Receipt, Ledger | None]:
    """What importing `path` would count; no ledger where its bytes are in the CRM already. Raises FileRefused."""
    with tempfile.TemporaryDirectory(prefix="contact-pipeline-") as folder:
        passing = Home(Path(folder), home.settings)
        receipt = receive(passing, path, options)
        with read_crm(home) as connection:
            if import_of_bytes(connection, receipt.sha256):
                return receipt, None
        stages.stage_raw_file(passing, receipt, parents=home)
        receipt = read_receipt(passing, receipt.import_id)
        stages.stage_mapped_contacts(passing, receipt, parents=home)
        stages.stage_validated_contacts(passing, receipt)
        _copy_touched(home, passing, passing.stage("validated_contacts", receipt.import_id))
        return receipt, stages.take_into_crm(passing, receipt)


def _copy_touched(home: Home, passing: Home, rows: Path) -> None:
    """Give the passing home the history, and the records and contacts that share an e-mail with the valid rows in `rows`."""
    touched = "SEMI JOIN (SELECT DISTINCT email AS match_key FROM read_parquet($rows) WHERE is_valid) USING (match_key)"
    copied = {
        "imports": "SELECT * FROM imports",
        "records": f"SELECT * FROM records {touched}",
        "contacts": f"SELECT * FROM contacts SEMI JOIN (SELECT contact_id FROM records {touched}) USING (contact_id)",
    }
    with read_crm(home) as connection:
        for table, query in copied.items():
            _export(connection, query.replace("$rows", _quoted(rows)), passing.root / f"{table}.parquet")
    with open_crm(passing) as connection:
        for table in copied:
            connection.execute(
                f"INSERT INTO {table} BY NAME SELECT * FROM read_parquet(?)", [str(passing.root / f"{table}.parquet")]
            )


def _export(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"COPY ({query}) TO {_quoted(path)} (FORMAT parquet)")


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"

"""A dry run: the same stages in a home of its own that goes away, beside a copy of what the file touches in the CRM.

Belongs here: arranging that nothing stays. Does not belong: the stages, and comparing contacts (`crm.differences`). The real
home is only read.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from contact_pipeline import stages
from contact_pipeline.approvals import must_wait
from contact_pipeline.crm.differences import Differences, differences
from contact_pipeline.crm.history import IMPORTED
from contact_pipeline.crm.known import known_bytes, opted_out_contacts, renewed
from contact_pipeline.crm.ledger import Ledger
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import MANGLED, RECEIPT, Receipt, file_digest, read_receipt, receive
from contact_pipeline.settings import ImportOptions


@dataclass(frozen=True, slots=True)
class Trial:
    """What importing a file would do; nothing but the receipt where its bytes are in the CRM already.

    `must_wait` says that it would do so only once it is approved. `opted_out` is there where the bytes are in the CRM and
    their new name opts everybody in them out: how many contacts that are not opted out yet.
    """

    receipt: Receipt
    ledger: Ledger | None = None
    differences: Differences | None = None
    must_wait: bool = False
    opted_out: int | None = None


def try_import(home: Home, path: Path, options: ImportOptions) -> Trial:
    """What importing `path` would count and change. Raises FileRefused."""
    with tempfile.TemporaryDirectory(prefix="contact-pipeline-") as folder:
        passing = Home(Path(folder), home.settings)
        _take_along_receipt(home, passing, path)
        receipt = receive(passing, path, options)
        with read_crm(home) as connection:
            known = known_bytes(connection, receipt.sha256)
        receipt = renewed(passing, receipt, options, known)
        is_live = known is not None and known.status == IMPORTED
        if known and is_live and not known.must_opt_out(receipt):
            return Trial(receipt)
        _copy_whole(home, passing)
        stages.stage_raw_file(passing, receipt, parents=home)
        receipt = read_receipt(passing, receipt.import_id)
        stages.stage_mapped_contacts(passing, receipt, parents=home)
        stages.stage_validated_contacts(passing, receipt, parents=home)
        _copy_touched(home, passing, receipt.import_id, passing.stage("validated_contacts", receipt.import_id))
        with open_crm(passing) as connection:
            waits, before = must_wait(connection, receipt), opted_out_contacts(connection)
            ledger = stages.fold_into(connection, passing, receipt)
            found = differences(connection, _exported(passing, "contacts"), receipt.import_id)
            more = opted_out_contacts(connection) - before
        return Trial(receipt, ledger, found, must_wait=waits, opted_out=more if is_live else None)


def _take_along_receipt(home: Home, passing: Home, path: Path) -> None:
    """Bytes that came before keep their import, the moment they came first, and who was erased from them."""
    for known in home.inbox.glob(f"*@{file_digest(path)[:12]}"):
        target = passing.inbox / known.name
        target.mkdir(parents=True)
        for kept in (*known.glob(RECEIPT), *known.glob(f"{MANGLED}*")):
            shutil.copyfile(kept, target / kept.name)


def _copy_touched(home: Home, passing: Home, import_id: str, rows: Path) -> None:
    """What shares an address with the valid rows in `rows` or with what the import was before, be it by way of decisions."""
    sides = ["email", *(["met_email"] if "met_email" in pl.read_parquet_schema(rows) else [])]
    stated = " UNION ".join(f"SELECT {side} AS address FROM read_parquet($rows) WHERE is_valid" for side in sides)
    pairs = f"SELECT email, met_email FROM read_parquet($rows) WHERE is_valid UNION {_DECIDED}"
    with read_crm(home, passing.root) as connection:
        connection.execute(
            _REACHED.format(stated=stated, pairs=_DECIDED if len(sides) == 1 else pairs),
            {"rows": str(rows), "import_id": import_id},
        )
        connection.execute(
            """CREATE TEMP TABLE near AS SELECT sequence, contact_id FROM records
            WHERE email IN (FROM reached) OR match_key IN (FROM reached) OR import_id = ?""",
            [import_id],
        )
        _export(connection, passing, _NEAR)
    _take_in(passing, _NEAR)


_DECIDED = "SELECT email, met_email FROM decisions"
_REACHED = """
    CREATE TEMP TABLE reached AS
    WITH RECURSIVE own AS ({stated} UNION SELECT email FROM records WHERE import_id = $import_id),
    pairs AS (SELECT email AS one, met_email AS other FROM ({pairs}) UNION SELECT met_email, email FROM ({pairs})),
    decided AS (
        SELECT address FROM own WHERE address IN (SELECT one FROM pairs)
        UNION SELECT other FROM decided JOIN pairs ON one = address)
    FROM own UNION FROM decided"""
_NEAR = {
    "records": "SELECT * FROM records SEMI JOIN near USING (sequence)",
    "contacts": "SELECT * FROM contacts SEMI JOIN near USING (contact_id)",
    "opt_outs": "SELECT * FROM opt_outs WHERE match_key IN (FROM reached)",
    "activities": "SELECT * FROM activities WHERE email IN (FROM reached)",
}


def _copy_whole(home: Home, passing: Home) -> None:
    """The history, the decisions, and what keeps erased people out."""
    with read_crm(home, passing.root) as connection:
        _export(connection, passing, _WHOLE)
        ((key,),) = connection.execute("SELECT suppression_key FROM meta").fetchall()
    _take_in(passing, _WHOLE)
    with open_crm(passing) as connection:
        connection.execute("UPDATE meta SET suppression_key = ?", [key])


_WHOLE = {table: f"SELECT * FROM {table}" for table in ("imports", "decisions", "suppressions")}


def _export(connection: duckdb.DuckDBPyConnection, passing: Home, queries: Mapping[str, str]) -> None:
    for table, query in queries.items():
        target = str(_exported(passing, table)).replace("'", "''")  # COPY takes no parameters
        connection.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet)")


def _take_in(passing: Home, tables: Iterable[str]) -> None:
    with open_crm(passing) as connection:
        for table in tables:
            connection.execute(
                f"INSERT INTO {table} BY NAME SELECT * FROM read_parquet(?)", [str(_exported(passing, table))]
            )


def _exported(passing: Home, table: str) -> Path:
    return passing.root / f"{table}.parquet"

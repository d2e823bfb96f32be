"""Keeping people out who were erased: what a new file brings of them goes before it reaches the CRM.

Belongs here: finding their rows in an import that was just validated. Does not belong: the digests that tell
(`crm.suppressions`) and emptying rows (`mangling`).
"""

from __future__ import annotations

import polars as pl

from contact_pipeline.crm.session import read_crm
from contact_pipeline.crm.suppressions import any_suppressed, suppressed
from contact_pipeline.erasure.mangling import mangle_import, put_in_inbox
from contact_pipeline.erasure.traces import Traces
from contact_pipeline.home import Home
from contact_pipeline.intake import staging
from contact_pipeline.intake.receipt import Receipt

_COLUMNS = frozenset({"email", "secondary_email", "met_email"})


def keep_out(home: Home, receipt: Receipt) -> bool:
    """Empty the rows of people who were erased before, in all that is kept of an import.

    Of our own workbook no more is kept than what is read of it: whose rows the others are nobody can tell from digests.
    Needs its stages up to validated_contacts. Costs nothing where nobody was erased. Returns whether anything was found.
    """
    with read_crm(home) as connection:
        if not any_suppressed(connection):
            return False
        path = home.stage("validated_contacts", receipt.import_id)
        rows = pl.read_parquet(path, columns=sorted(_COLUMNS.intersection(pl.read_parquet_schema(path))))
        found = suppressed(connection, pl.concat(rows.iter_columns()).drop_nulls().unique())
    if found and mangle_import(home, receipt, Traces(found)):
        return True
    if receipt.kind == "workbook" and receipt.mangled_sha256 is None:  # its other columns may name anybody
        put_in_inbox(home, receipt, staging.read_source(home.stage("raw_file", receipt.import_id)), Traces(()))
    return False

"""A CRM in memory that tests bring imports into, a row being a dictionary of its filled fields."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from contact_pipeline.crm.ledger import Ledger
from contact_pipeline.crm.tables import ensure_tables
from contact_pipeline.home import Home
from contact_pipeline.settings import Settings
from contact_pipeline_tests.unit.crm.fold_model import Given, Row, bring_in


class SmallCrm:
    """A real CRM in memory; the files it needs lie in `folder`."""

    def __init__(self, folder: Path, settings: Settings | None = None) -> None:
        self.home = Home(folder, settings or Settings())
        self.connection = duckdb.connect(":memory:")
        ensure_tables(self.connection)

    def bring_in(self, one: Given) -> Ledger:
        """Import, or import again, in a transaction."""
        self.connection.begin()
        try:
            ledger = bring_in(self.connection, self.home, one)
        except BaseException:
            self.connection.rollback()
            raise
        self.connection.commit()
        return ledger

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """All rows of a table, sorted."""
        return self.connection.sql(f"SELECT * FROM {table} ORDER BY ALL").fetchall()

    def contact(self, email: str = "ann@acme.example") -> Row:
        """The contact of an address that is no flagged twin."""
        contacts = self.connection.sql("SELECT * FROM contacts WHERE email = $1 AND NOT is_duplicate", params=[email])
        (row,) = contacts.pl().iter_rows(named=True)
        return row

    def states(self, name: str) -> list[tuple[str, str | None]]:
        """State and reason of the records of an import, in order."""
        query = "SELECT state, reason FROM records WHERE starts_with(import_id, ?) ORDER BY sequence"
        return self.connection.execute(query, [f"{name}@"]).fetchall()

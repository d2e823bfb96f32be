"""A CRM in memory that tests bring imports into, a row being a dictionary of its filled fields."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from contact_pipeline.crm import undoing
from contact_pipeline.crm.ledger import Ledger
from contact_pipeline.crm.tables import ensure_tables
from contact_pipeline.crm.undoing import Undone
from contact_pipeline.erasure.crm_traces import erase_from_crm
from contact_pipeline.erasure.person import Person, find_person
from contact_pipeline.home import Home
from contact_pipeline.settings import Settings
from contact_pipeline_tests.unit.crm.fold_model import Decided, Given, Row, bring_in


class SmallCrm:
    """A real CRM in memory; the files it needs lie in `folder`."""

    def __init__(self, folder: Path, settings: Settings | None = None) -> None:
        self.home = Home(folder, settings or Settings())
        self.connection = duckdb.connect(":memory:")
        ensure_tables(self.connection)

    def bring_in(self, one: Given | Decided) -> Ledger:
        """Import, or import again, in a transaction."""
        with self._transaction():
            return bring_in(self.connection, self.home, one)

    def undo(self, import_id: str) -> Undone:
        """Take an import back, in a transaction."""
        with self._transaction():
            rules = self.home.settings.imports.survivorship
            return undoing.undo_import(self.connection, import_id, rules, on_day="today")

    def erase(self, email: str) -> Person:
        """Take a person out, in a transaction; says whose rows those were."""
        with self._transaction():
            person = find_person(self.connection, email)
            erase_from_crm(self.connection, person, self.home.settings.imports.survivorship)
        return person

    def rebuild(self) -> None:
        """Compute everything anew, in a transaction."""
        with self._transaction():
            undoing.rebuild(self.connection, self.home.settings.imports.survivorship)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.connection.begin()
        try:
            yield
        except BaseException:
            self.connection.rollback()
            raise
        self.connection.commit()

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

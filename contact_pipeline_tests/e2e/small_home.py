"""A home into which tests bring files, and which answers what became of them."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl

from contact_pipeline import stages
from contact_pipeline.crm.ledger import Ledger
from contact_pipeline.crm.session import read_crm
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import Receipt
from contact_pipeline.settings import Policy
from contact_pipeline_tests.unit.whole_way import bring_file


class SmallHome:
    """Each file goes the way of the product's own stages, into the CRM of one home."""

    def __init__(self, folder: Path, settings: str = "") -> None:
        self.home = Home(folder / "home")
        self.home.set_up()
        (self.home.root / "settings.toml").write_text(settings, encoding="utf-8")
        self.last: Receipt | None = None
        self._folder, self._numbers = folder, count(1)

    def take(self, *lines: str, name: str = "", policy: Policy | None = None) -> Ledger:
        """Import a CSV of these lines."""
        return self.take_bytes("\n".join(lines).encode() + b"\n", name or f"file_{next(self._numbers)}.csv", policy)

    def take_bytes(self, content: bytes, name: str, policy: Policy | None = None) -> Ledger:
        """Import a file with this content."""
        path = self._folder / name
        path.write_bytes(content)
        self.last, ledger = bring_file(self.home, path, self.home.settings.options_for(name, policy=policy))
        return ledger

    def contacts(self) -> dict[str, dict[str, Any]]:
        """Contacts by address; those that are no flagged twins. Custom fields as a dictionary."""
        with read_crm(self.home) as connection:
            found = connection.sql("SELECT * FROM contacts WHERE NOT is_duplicate ORDER BY email").pl()
        return {
            row["email"]: {**row, "custom_fields": json.loads(row["custom_fields"] or "{}")}
            for row in found.iter_rows(named=True)
        }

    def contact(self, email: str) -> dict[str, Any]:
        """One contact."""
        return self.contacts()[email]

    def set_aside(self) -> pl.DataFrame:
        """The set-aside file of the last import, as text."""
        assert self.last is not None
        path, _, _ = stages.set_aside_rows(self.home, self.last)
        assert path is not None
        return pl.read_csv(path, infer_schema=False)

"""Scores written to few contacts and to very many: two ways with one result."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from contact_pipeline.crm.scores import contacts_frame, write_scores
from contact_pipeline.crm.session import open_crm
from contact_pipeline.home import Home
from contact_pipeline.scoring.training import train
from contact_pipeline_tests.unit.scoring.whole_scores import score_contacts
from contact_pipeline_tests.unit.whole_way import bring_file, write_rows

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 5, 1)  # noqa: DTZ001  the CRM's times have no zone


def _scored_home(root: Path, *, rewrite: bool) -> tuple[list[tuple[object, ...]], int, int]:
    """All contacts after scoring and how they lie in the file, the number written, and that of writing the same again."""
    home = Home(root)
    home.set_up()
    rows = [{"Email": f"p{row}@example.org", "Website Visits": str(row), "Plan": "A"} for row in range(30)]
    bring_file(home, write_rows(root / "people.csv", rows))
    with open_crm(home) as connection:
        contacts = contacts_frame(connection)
        scored = score_contacts(contacts, train(contacts, home.settings.scoring, NOW), home.settings.scoring, NOW)
        parts = [scored.slice(start, 7) for start in range(0, 28, 7)]  # two contacts are left out
        first, again = (write_scores(connection, parts, NOW, rewrite=rewrite) for _ in range(2))
        written = connection.sql("SELECT * EXCLUDE (contact_id) FROM contacts ORDER BY email").fetchall()
        assert pl.Series(contacts_frame(connection)["contact_id"]).equals(contacts["contact_id"])
        written += connection.sql("SELECT sql FROM duckdb_tables() WHERE table_name = 'contacts'").fetchall()
    return written, first, again


def test_writing_very_many_scores_ends_as_writing_few_does(tmp_path: Path) -> None:
    updated = _scored_home(tmp_path / "few", rewrite=False)
    assert _scored_home(tmp_path / "many", rewrite=True) == updated
    assert updated[1:] == (28, 0)

"""Does what readers see agree with the CRM?

Belongs here: comparing the snapshot that is current with the CRM. Does not belong: publishing one (`snapshot`).
"""

from __future__ import annotations

from contextlib import closing
from typing import NamedTuple

import duckdb

from contact_pipeline.crm.session import read_crm
from contact_pipeline.dashboard.reader import open_snapshot, published
from contact_pipeline.home import Home


class Shown(NamedTuple):
    """Leads by number, and a digest of who they are, their scores and categories."""

    leads: int
    digest: int | None


def shown_and_held(home: Home) -> tuple[Shown, Shown]:
    """What readers see and what the CRM holds. Raises HomeBusy, NothingPublished."""
    with closing(open_snapshot(published(home))) as snapshot:
        shown = _summary(snapshot)
    with read_crm(home) as crm:
        return shown, _summary(crm)


def _summary(connection: duckdb.DuckDBPyConnection) -> Shown:
    rows = connection.execute(
        "SELECT count(*), bit_xor(hash(contact_id, lead_score, lead_category)) FROM contacts"
    ).fetchall()
    return Shown(*rows[0])

"""Scores on the contact record, and their history.

Belongs here: writing scores back, and reading contacts for scoring and for reports. Does not belong: computing scores.
"""

from __future__ import annotations

from datetime import datetime

import duckdb
import polars as pl

from contact_pipeline.fields import SCORE_FIELD_NAMES

_COMPARED = [name for name in SCORE_FIELD_NAMES if name != "scored_at"]


def contacts_frame(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """All contacts with every column, JSON as text, in the order of contact_id.

    `arrival` is the sequence number of the first record of each: the order in which they came.
    """
    contacts: pl.DataFrame = connection.sql(
        """SELECT * REPLACE (custom_fields::VARCHAR AS custom_fields, score_breakdown::VARCHAR AS score_breakdown)
        FROM contacts LEFT JOIN (
            SELECT contact_id, min(sequence) AS arrival FROM records WHERE contributes GROUP BY contact_id
        ) USING (contact_id) ORDER BY contact_id"""
    ).pl()
    return contacts


def write_scores(connection: duckdb.DuckDBPyConnection, scored: pl.DataFrame, now: datetime) -> int:
    """Write the scores that differ from those on record, and note each change of score or category in the history.

    `scored` has contact_id and SCORE_FIELDS. A contact whose score is the same keeps its row untouched, so scoring
    again changes nothing. Returns the number of contacts written. Needs an open transaction.
    """
    connection.register("scored", scored)
    differs = " OR ".join(f"c.{name} IS DISTINCT FROM s.{name}" for name in _COMPARED)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE rescored AS
        SELECT s.* REPLACE (?::TIMESTAMP AS scored_at, s.score_breakdown::JSON AS score_breakdown),
               c.lead_score IS DISTINCT FROM s.lead_score OR c.lead_category IS DISTINCT FROM s.lead_category AS moved
        FROM scored AS s JOIN contacts AS c USING (contact_id) WHERE {differs}""",
        [now],
    )
    connection.unregister("scored")
    assignments = ", ".join(f"{name} = rescored.{name}" for name in SCORE_FIELD_NAMES)
    connection.execute(
        f"UPDATE contacts SET {assignments} FROM rescored WHERE contacts.contact_id = rescored.contact_id"
    )
    connection.execute(
        """INSERT INTO score_history SELECT scored_at, contact_id, lead_score, lead_category, model_version
        FROM rescored WHERE moved"""
    )
    return int(connection.execute("SELECT count(*) FROM rescored").fetchall()[0][0])

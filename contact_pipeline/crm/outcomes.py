"""What the CRM knows of outcomes, counted without reading a contact.

Belongs here: the counts that tell how far the CRM has moved on since a model was learned. Does not belong: what follows
from them (`scoring.life`).
"""

from __future__ import annotations

import duckdb

# A field filled for fewer of the past leads teaches nothing.
_LEAST_FILLED = 0.05


def outcome_groups(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int]]:
    """Contacts won and lost in each of 256 groups: the first byte of the digest that a contact_id is."""
    rows = connection.execute(
        """SELECT contact_id[2:3] AS byte, count(*) FILTER (converted), count(*) FILTER (NOT converted)
        FROM contacts WHERE converted IS NOT NULL GROUP BY byte ORDER BY byte"""
    ).fetchall()
    return {byte: (won, lost) for byte, won, lost in rows}


def last_record(connection: duckdb.DuckDBPyConnection) -> int:
    """The highest sequence number in the CRM."""
    return int(connection.execute("SELECT coalesce(max(sequence), 0) FROM records").fetchall()[0][0])


def teaching_fields(connection: duckdb.DuckDBPyConnection, known: int) -> tuple[str, ...]:
    """Custom fields, and kinds of activities, that could be filled for enough of the `known` leads to teach."""
    rows = connection.execute(
        """SELECT name FROM custom_fields GROUP BY name HAVING sum(filled) >= greatest($least, 1)
        UNION SELECT 'activities: ' || kind FROM activities WHERE email IS NOT NULL
        GROUP BY kind HAVING count(DISTINCT hash(email)) >= greatest($least, 1)
        ORDER BY name""",
        {"least": _LEAST_FILLED * known},
    ).fetchall()
    return tuple(name for (name,) in rows)

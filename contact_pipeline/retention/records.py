"""Records that were kept long enough: earlier scores of contacts, and links to the dashboard that open nothing any more.

Belongs here: which of them go. Does not belong: files (`files`), and runs of Dagster (`defs.past_runs`).
"""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb

from contact_pipeline.dashboard.link_file import reading, writing
from contact_pipeline.home import Home

# What moved is told against the scoring before, and against the day before: scores from there on stay, and of each contact
# the one that stood at that moment.
_FIRST_KEPT = """
    WITH latest AS (SELECT date_trunc('day', max(scored_at)) AS day FROM contacts)
    SELECT least($before::TIMESTAMP, day, (SELECT max(scored_at) FROM scorings WHERE scored_at < day)) FROM latest"""
_PAST_SCORES = """
    SELECT id FROM (
        SELECT rowid AS id, contact_id, row_number() OVER (PARTITION BY contact_id ORDER BY scored_at DESC) AS place
        FROM score_history WHERE scored_at < $before)
    WHERE place > 1 OR contact_id NOT IN (SELECT contact_id FROM contacts)"""
_DEAD = "expires_at < :before OR revoked_at < :before"


def old_scores(connection: duckdb.DuckDBPyConnection, before: datetime, *, remove: bool) -> int:
    """How many scores from before that moment (UTC) go, and take them out if `remove`. Then it needs an open transaction."""
    ((first_kept,),) = connection.execute(_FIRST_KEPT, {"before": before}).fetchall()
    if not remove:
        return int(
            connection.execute(f"SELECT count(*) FROM ({_PAST_SCORES})", {"before": first_kept}).fetchall()[0][0]
        )
    gone = connection.execute(f"DELETE FROM score_history WHERE rowid IN ({_PAST_SCORES})", {"before": first_kept})
    return int(gone.fetchall()[0][0])


def dead_links(home: Home, before: datetime, *, remove: bool) -> int:
    """How many links ended before that moment (UTC), and forget them with their views if `remove`."""
    if not home.links.exists():
        return 0
    moment = {"before": before.replace(tzinfo=UTC).timestamp()}
    if not remove:
        with reading(home.links) as connection:
            return int(connection.execute(f"SELECT count(*) FROM links WHERE {_DEAD}", moment).fetchone()[0])
    with writing(home.links) as connection:
        return connection.execute(f"DELETE FROM links WHERE {_DEAD}", moment).rowcount

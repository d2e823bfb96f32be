"""Whose outcome a record tells that came back in our own workbook: the contact that its Contact ID names.

Belongs here: following such an id to a contact, and what becomes of the record. Does not belong: reading the workbook
(`mapping.outcomes`), records of people (`links`) and folding (`crm`). Such a record founds no contact and brings no address: it
goes wherever the record goes that founded the contact, be it by decisions, and where that one was taken back, to the contact
of its address. Without a contact it waits: who comes again, comes with the outcome.
"""

from __future__ import annotations

from typing import Final

import duckdb
import polars as pl

from contact_pipeline.matching.links import CONTACT_ID, Skip

TOLD_COLUMNS: Final = "told_of, converted, lead_status"  # what `link_told` looks at besides LINKED_COLUMNS


def addresses_told(connection: duckdb.DuckDBPyConnection, contact_ids: pl.Series) -> pl.DataFrame:
    """contact_id and email of those ids that are, or were, a contact whose founding record is there.

    An id that a record tells of already keeps its address: reading a workbook again gives the same.
    """
    connection.register("asked", contact_ids.drop_nulls().unique().to_frame("contact_id"))
    found: pl.DataFrame = connection.sql(_ADDRESSES).pl()
    if found.height < contact_ids.drop_nulls().n_unique():  # folded into another contact by decision since
        found = pl.concat([found, connection.sql(_OF_FOUNDERS).pl().join(found, on="contact_id", how="anti")])
    connection.unregister("asked")
    return found


_ADDRESSES = """
    SELECT contact_id, arg_min(email, preference) AS email FROM (
        SELECT told_of AS contact_id, email, 1 AS preference FROM records WHERE told_of IN (FROM asked) AND email IS NOT NULL
        UNION ALL SELECT contact_id, email, 2 FROM contacts SEMI JOIN asked USING (contact_id))
    GROUP BY contact_id"""

_OF_FOUNDERS = f"""
    SELECT {CONTACT_ID} AS contact_id, email FROM records
    WHERE told_of IS NULL AND email IS NOT NULL AND {CONTACT_ID} IN (FROM asked)"""


def first_told(connection: duckdb.DuckDBPyConnection, *, default: int) -> int:
    """Sequence number of the first record that tells the outcome of somebody with a key in `touched`."""
    first = connection.execute(
        "SELECT min(sequence) FROM records SEMI JOIN touched USING (match_key) WHERE told_of IS NOT NULL"
    ).fetchall()[0][0]
    return default if first is None else int(first)


def wanted_told_keys(connection: duckdb.DuckDBPyConnection, *, has_incoming: bool) -> None:
    """Make the temporary table `wanted`: records that tell of somebody who is kept under another key than theirs.

    It has sequence, match_key (as it should be) and former (as it is). Looks at the keys in `touched` and at `incoming`.
    """
    arriving = f"UNION ALL SELECT {_KEYED} FROM incoming" if has_incoming else ""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE wanted AS {_WANTED.format(arriving=arriving)}")


_KEYED = "sequence, import_id, sheet, line, email, match_key, told_of"
_WANTED = f"""
    WITH everyone AS (SELECT {_KEYED} FROM records WHERE match_key IS NOT NULL {{arriving}}),
    telling AS (FROM everyone WHERE told_of IS NOT NULL AND match_key IN (SELECT match_key FROM touched)),
    founders AS (
        SELECT {CONTACT_ID} AS told_of, match_key
        FROM (FROM everyone WHERE told_of IS NULL AND email IN (SELECT email FROM telling)))
    SELECT sequence, coalesce(founders.match_key, telling.email) AS match_key, telling.match_key AS former
    FROM telling LEFT JOIN founders USING (told_of)
    WHERE telling.match_key <> coalesce(founders.match_key, telling.email)"""


def link_told(connection: duckdb.DuckDBPyConnection, pool: str) -> None:
    """Add to the temporary table `links` the records in `pool` that tell an outcome, as `link_records` does for the others.

    `pool` has LINKED_COLUMNS and TOLD_COLUMNS of every live record of each key it holds at all. Of several rows of one file
    about the same contact one counts: the last that tells won or lost, else the last with a word we know, else the last.
    """
    connection.execute(f"INSERT INTO links BY NAME {_LINKS.format(pool=pool)}")
    connection.execute(
        """UPDATE links SET is_alone = false
        WHERE is_alone AND contact_id IN (SELECT contact_id FROM links WHERE contributes AND NOT is_alone)"""
    )


_LINKS = f"""
    WITH telling AS (
        SELECT *, CASE WHEN converted IS NOT NULL THEN 2 WHEN lead_status IS NOT NULL THEN 1 ELSE 0 END AS weight
        FROM {{pool}} WHERE told_of IS NOT NULL),
    founders AS (
        SELECT {CONTACT_ID} AS told_of, sequence
        FROM (FROM {{pool}} WHERE told_of IS NULL AND match_key IN (SELECT match_key FROM telling))),
    mains AS (
        SELECT match_key, arg_min({{{{'id': contact_id, 'is_duplicate': is_duplicate}}}}, (is_duplicate, sequence)) AS main
        FROM links WHERE contributes AND match_key IN (SELECT match_key FROM telling) GROUP BY match_key),
    placed AS (
        SELECT telling.*, founders.sequence IS NULL AS is_by_address, founder.contributes AS is_there,
               CASE WHEN is_by_address THEN main.id WHEN is_there THEN founder.contact_id END AS contact_id,
               CASE WHEN is_by_address THEN main.is_duplicate ELSE founder.is_duplicate END AS is_duplicate
        FROM telling LEFT JOIN founders USING (told_of)
        LEFT JOIN links AS founder ON founder.sequence = founders.sequence
        LEFT JOIN mains ON mains.match_key = telling.match_key),
    heard AS (
        SELECT *, row_number() OVER in_order = 1 AS is_last,
               (converted, lead_status) IS NOT DISTINCT FROM first_value((converted, lead_status)) OVER in_order AS agrees
        FROM placed
        WINDOW in_order AS (PARTITION BY import_id, contact_id ORDER BY weight DESC, sequence DESC
                            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))
    SELECT sequence, import_id, match_key, contact_id, contact_id IS NOT NULL AND is_last AS contributes, false AS is_alone,
           coalesce(is_duplicate, false) AS is_duplicate,
           CASE WHEN contributes THEN 'merged' ELSE 'skipped' END AS state,
           CASE WHEN contact_id IS NULL THEN '{Skip.NO_CONTACT}'
                WHEN NOT is_last AND agrees THEN '{Skip.DUPLICATE_IN_FILE}'
                WHEN NOT is_last THEN '{Skip.TOLD_OTHERWISE}' END AS reason
    FROM heard"""

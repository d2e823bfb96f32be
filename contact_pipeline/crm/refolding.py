"""Bringing contacts up to date after records, decisions or opt-outs changed.

Belongs here: from the keys touched to links and contacts, as a few statements over all of them. Does not belong: what changed
(`importing`, `undoing`, `erasing`), the rules (`matching.links`, `crm.fold`) and the names of what happened (`record_states`).
Whatever the change was, contacts end as the fold of the records that are there; and only rows that differ are written. Each
row is written once, in its last form: DuckDB puts rows that a transaction adds and then changes into the log as a whole, and
into the file again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from contact_pipeline.crm.companies import companies_told, forget_companies, with_company
from contact_pipeline.crm.fold import FOLDED_COLUMNS, GOLDEN_COLUMNS, fold_records, forget_fold
from contact_pipeline.crm.history import recount
from contact_pipeline.crm.record_states import name_states
from contact_pipeline.crm.rules_in_force import note_rules, note_rules_of_all
from contact_pipeline.fields import SCORE_FIELD_NAMES, Survivorship
from contact_pipeline.matching.links import LINKED_COLUMNS, ROWS_PER_IMPORT, link_records
from contact_pipeline.matching.told import TOLD_COLUMNS, first_told, link_told, wanted_told_keys
from contact_pipeline.matching.verdicts import KEYED_COLUMNS, wanted_keys
from contact_pipeline.warehouse import allow_memory

_LINKED = "(SELECT contact_id, sequence, is_alone FROM links WHERE contributes)"


def touch(connection: duckdb.DuckDBPyConnection, keys: str, parameters: Mapping[str, Any] | None = None) -> None:
    """Note the keys whose contacts may change, and the contacts they have now: before anything is changed.

    `keys` is SQL that gives a column match_key. Makes the temporary tables `touched` and `former`.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE touched AS {keys}", dict(parameters or {}))
    connection.execute("CREATE OR REPLACE TEMP TABLE former (contact_id VARCHAR)")
    _note_former(connection)


def refold_addresses(
    connection: duckdb.DuckDBPyConnection, addresses: Sequence[str], rules: Mapping[str, Survivorship]
) -> None:
    """Link and fold anew what has one of these addresses, or is kept under one. Needs an open transaction."""
    touch(
        connection,
        """WITH asked AS (SELECT DISTINCT unnest($addresses::VARCHAR[]) AS match_key)
        FROM asked UNION SELECT match_key FROM records WHERE email IN (FROM asked) AND match_key IS NOT NULL""",
        {"addresses": list(addresses)},
    )
    refold(connection, rules)


def refold_all(connection: duckdb.DuckDBPyConnection, rules: Mapping[str, Survivorship]) -> None:
    """Link and fold anew every record there is. Needs an open transaction."""
    touch(connection, "SELECT DISTINCT match_key FROM records WHERE match_key IS NOT NULL")
    connection.execute("INSERT INTO former SELECT contact_id FROM contacts")
    refold(connection, rules)
    note_rules_of_all(connection, rules)


def refold(
    connection: duckdb.DuckDBPyConnection,
    rules: Mapping[str, Survivorship],
    *,
    since: int = 0,
    has_incoming: bool = False,
    is_new: bool = False,
) -> None:
    """Bring the contacts of the keys in `touched` up to date, and those of keys that decisions now move.

    `since` is the first sequence number at which anything changed: links look back only, so those of earlier records
    stand. With `has_incoming` the records in the temporary table `incoming` join the others; `is_new` says that their import
    had none before. Needs `touch` before.
    """
    allow_memory(connection, rows=connection.execute("SELECT count(*) FROM touched").fetchall()[0][0])
    note_rules(connection, rules)
    tells = _has_told(connection, has_incoming=has_incoming)
    first = _settle_keys(connection, since, has_incoming=has_incoming, tells=tells)
    if tells:  # an outcome may have been told of somebody who comes only now
        first = min(first, first_told(connection, default=first))
    is_latest = is_new and first >= since and not _follows(connection, since)
    first = min(since, first) // ROWS_PER_IMPORT * ROWS_PER_IMPORT
    _link(connection, has_incoming=has_incoming, tells=tells)
    clears = _look_at_all_records(connection, has_incoming=has_incoming)
    _fold_touched(connection, rules, clears=clears)
    affected = name_states(connection, first, rules, clears=clears, is_latest=is_latest)
    connection.execute("DROP VIEW all_records")
    _store_links(connection, first, has_incoming=has_incoming)
    for import_id in affected:
        recount(connection, import_id)


def _note_former(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "INSERT INTO former SELECT DISTINCT contact_id FROM records SEMI JOIN touched USING (match_key) WHERE contributes"
    )


def _settle_keys(connection: duckdb.DuckDBPyConnection, since: int, *, has_incoming: bool, tells: bool) -> int:
    """Give each record the key that decisions want; gives the first sequence number at which that changed something."""
    stored = f"SELECT {KEYED_COLUMNS} FROM records WHERE match_key IS NOT NULL AND told_of IS NULL"
    arriving = f" UNION ALL SELECT {KEYED_COLUMNS} FROM incoming WHERE told_of IS NULL" if has_incoming else ""
    wanted_keys(connection, stored + arriving)
    moved = _move_keys(connection, has_incoming=has_incoming)
    if tells:
        wanted_told_keys(connection, has_incoming=has_incoming)
        moved += _move_keys(connection, has_incoming=has_incoming)
    return min([since, *moved])


def _move_keys(connection: duckdb.DuckDBPyConnection, *, has_incoming: bool) -> list[int]:
    """Give the records in `wanted` their key; gives the first sequence number among them, if there is any."""
    first = connection.execute("SELECT min(sequence) FROM wanted").fetchall()[0][0]
    if first is None:
        return []
    connection.execute(
        """INSERT INTO touched SELECT DISTINCT key FROM (SELECT match_key AS key FROM wanted UNION SELECT former FROM wanted)
        WHERE key NOT IN (SELECT match_key FROM touched)"""
    )
    _note_former(connection)
    for table in ("records", "incoming") if has_incoming else ("records",):
        connection.execute(
            f"UPDATE {table} SET match_key = wanted.match_key FROM wanted WHERE {table}.sequence = wanted.sequence"
        )
    return [int(first)]


def _has_told(connection: duckdb.DuckDBPyConnection, *, has_incoming: bool) -> bool:
    """Does any record tell the outcome of a contact? Most homes have none, and looking for whom costs."""
    tables = ("records", "incoming") if has_incoming else ("records",)
    return any(
        connection.execute(f"SELECT 1 FROM {table} WHERE told_of IS NOT NULL LIMIT 1").fetchall() for table in tables
    )


def _link(connection: duckdb.DuckDBPyConnection, *, has_incoming: bool, tells: bool) -> None:
    """Find the contact of each record of a touched key, the incoming ones among them: the temporary table `links`.

    Makes the temporary tables `opted` and `twins` as well: contacts that opted out, and those that are flagged.
    """
    columns = f"{LINKED_COLUMNS}, {TOLD_COLUMNS}" if tells else LINKED_COLUMNS
    arriving = f" UNION ALL SELECT {columns} FROM incoming" if has_incoming else ""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE pool AS
        SELECT {columns} FROM records SEMI JOIN touched USING (match_key){arriving}"""
    )
    if tells:
        connection.execute("CREATE OR REPLACE TEMP VIEW people AS FROM pool WHERE told_of IS NULL")
        link_records(connection, "people")
        link_told(connection, "pool")
        connection.execute("DROP VIEW people")
    else:
        link_records(connection, "pool")
    for table, query in (("opted", _OPTED), ("twins", _TWINS)):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")
    connection.execute("DROP TABLE pool")


def _look_at_all_records(connection: duckdb.DuckDBPyConnection, *, has_incoming: bool) -> bool:
    """Make the temporary view `all_records`, the incoming ones among them. Does any of a touched key clear a field?

    Hardly any import does, and looking for clears costs.
    """
    arriving = f" UNION ALL SELECT {FOLDED_COLUMNS} FROM incoming" if has_incoming else ""
    connection.execute(f"CREATE OR REPLACE TEMP VIEW all_records AS SELECT {FOLDED_COLUMNS} FROM records{arriving}")
    return bool(
        connection.execute(
            "SELECT 1 FROM all_records SEMI JOIN touched USING (match_key) WHERE cleared IS NOT NULL LIMIT 1"
        ).fetchall()
    )


def _store_links(connection: duckdb.DuckDBPyConnection, first: int, *, has_incoming: bool) -> None:
    """Mend the links of the records from the sequence number `first` on, and store the incoming records with theirs."""
    mended = ", ".join(f"{column} = links.{column}" for column in _LINK_COLUMNS)
    differs = " OR ".join(f"records.{column} IS DISTINCT FROM links.{column}" for column in _LINK_COLUMNS)
    connection.execute(
        f"""UPDATE records SET {mended} FROM links
        WHERE links.sequence >= ? AND records.sequence = links.sequence AND records.match_key IS NOT NULL AND ({differs})""",
        [first],
    )
    if has_incoming:
        given = ", ".join(f"links.{column}" for column in _LINK_COLUMNS)
        connection.execute(
            f"INSERT INTO records BY NAME SELECT incoming.*, {given} FROM incoming JOIN links USING (sequence)"
        )


_LINK_COLUMNS = ("contact_id", "contributes", "state", "reason")


def _fold_touched(connection: duckdb.DuckDBPyConnection, rules: Mapping[str, Survivorship], *, clears: bool) -> None:
    """Fold the contacts touched, and write those that are new, changed or gone.

    Makes the temporary table `settled`: the contacts that stay as they are.
    """
    compared = ", ".join((*GOLDEN_COLUMNS, "is_duplicate"))
    fold_records(connection, "folded", _LINKED, rules, source="all_records", clears=clears)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW golden AS {_GOLDEN}")
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE settled AS
        SELECT contact_id FROM (SELECT contact_id, hash({compared}) AS digest FROM golden SEMI JOIN former USING (contact_id))
        JOIN (SELECT contact_id, hash({compared}) AS digest FROM contacts SEMI JOIN former USING (contact_id))
        USING (contact_id, digest)"""
    )
    _write_unsettled(connection)
    connection.execute("DROP VIEW golden")
    forget_fold(connection, "folded")


# Opt-outs hold for all addresses of a contact.
_OPTED = """
    SELECT DISTINCT contact_id FROM links
    WHERE contributes AND sequence IN (SELECT sequence FROM pool WHERE email IN (SELECT match_key FROM opt_outs))"""

_TWINS = """
    SELECT contact_id FROM links WHERE contributes AND is_duplicate
    EXCEPT SELECT contact_id FROM links WHERE contributes AND NOT is_duplicate"""

_GOLDEN = """
    SELECT * REPLACE (contact_id IN (FROM opted) OR opted_out AS opted_out), contact_id IN (FROM twins) AS is_duplicate
    FROM folded"""


def _write_unsettled(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the contacts of `golden` that are not in `settled`, in place of those in `former`, each with its company."""
    kept = ", ".join(SCORE_FIELD_NAMES)  # scores survive a fold
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE kept_scores AS
        SELECT contact_id, {kept} FROM contacts SEMI JOIN former USING (contact_id) ANTI JOIN settled USING (contact_id)"""
    )
    forget_companies(connection, "contacts SEMI JOIN kept_scores USING (contact_id)")
    connection.execute(
        """DELETE FROM contacts WHERE contact_id IN (SELECT contact_id FROM former UNION SELECT contact_id FROM links WHERE contributes)
            AND contact_id NOT IN (SELECT contact_id FROM settled)"""
    )
    unsettled = "(FROM golden ANTI JOIN settled USING (contact_id))"
    with companies_told(connection, unsettled):
        connection.execute(
            f"INSERT INTO contacts BY NAME FROM {with_company(unsettled)} LEFT JOIN kept_scores USING (contact_id)"
        )
    # A contact that opted out under one address stays so when decisions no longer give it that address.
    connection.execute(
        f"""INSERT INTO opt_outs
        SELECT DISTINCT email, now()::TIMESTAMP, NULL FROM {unsettled}
        WHERE opted_out AND email NOT IN (SELECT match_key FROM opt_outs)"""
    )


def _follows(connection: duckdb.DuckDBPyConnection, since: int) -> bool:
    """Is there any record of an import after the one that begins at `since`?"""
    return bool(connection.execute("SELECT 1 FROM records WHERE sequence >= ? LIMIT 1", [since]).fetchall())

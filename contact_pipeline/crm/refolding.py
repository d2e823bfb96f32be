"""Bringing contacts up to date after records, decisions or opt-outs changed.

Belongs here: from the keys touched to links, contacts and named states, as a few statements over all of them. Does not
belong: what changed (`importing`, `undoing`, `erasing`) and the rules (`matching.links`, `crm.fold`). Whatever the change
was, contacts end as the fold of the records that are there; and only rows that differ are written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from contact_pipeline.crm.fold import GOLDEN_COLUMNS, fold_records, forget_fold
from contact_pipeline.crm.history import recount
from contact_pipeline.crm.rules_in_force import note_rules, note_rules_of_all
from contact_pipeline.fields import SCORE_FIELD_NAMES, Survivorship
from contact_pipeline.matching.links import LINKED_COLUMNS, ROWS_PER_IMPORT, link_records
from contact_pipeline.matching.told import TOLD_COLUMNS, first_told, link_told, wanted_told_keys
from contact_pipeline.matching.verdicts import KEYED_COLUMNS, wanted_keys

_TOUCHED_RECORDS = "(SELECT * FROM records SEMI JOIN touched USING (match_key))"


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
    note_rules(connection, rules)
    tells = _has_told(connection, has_incoming=has_incoming)
    first = _settle_keys(connection, since, has_incoming=has_incoming, tells=tells)
    if tells:  # an outcome may have been told of somebody who comes only now
        first = min(first, first_told(connection, default=first))
    is_latest = is_new and first >= since and not _follows(connection, since)
    since = min(since, first)
    _link(connection, since, has_incoming=has_incoming, tells=tells)
    _fold_touched(connection, rules)
    _name_states(connection, since, rules, is_latest=is_latest)


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


def _link(connection: duckdb.DuckDBPyConnection, since: int, *, has_incoming: bool, tells: bool) -> None:
    """Give each record of a touched key its contact: mend the links of those since `since`, store the incoming ones."""
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
    connection.execute("DROP TABLE pool")
    connection.execute(
        """UPDATE records SET contact_id = links.contact_id, contributes = links.contributes, state = links.state,
                              reason = links.reason
        FROM links WHERE links.sequence >= ? AND records.sequence = links.sequence AND records.match_key IS NOT NULL""",
        [since],
    )
    if has_incoming:
        connection.execute(
            """INSERT INTO records BY NAME
            SELECT incoming.*, links.contact_id, links.contributes, links.state, links.reason
            FROM incoming JOIN links USING (sequence)"""
        )


def _fold_touched(connection: duckdb.DuckDBPyConnection, rules: Mapping[str, Survivorship]) -> None:
    """Fold the contacts touched, and write those that are new, changed or gone.

    Makes the temporary table `settled`: the contacts that stay as they are.
    """
    compared = ", ".join((*GOLDEN_COLUMNS, "is_duplicate"))
    fold_records(connection, "folded", _TOUCHED_RECORDS, rules, clears=_has_clears(connection))
    for table, query in (("opted", _OPTED), ("twins", _TWINS)):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW golden AS {_GOLDEN}")
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE settled AS
        SELECT contact_id FROM (SELECT contact_id, hash({compared}) AS digest FROM golden SEMI JOIN former USING (contact_id))
        JOIN (SELECT contact_id, hash({compared}) AS digest FROM contacts SEMI JOIN former USING (contact_id))
        USING (contact_id, digest)"""
    )
    _write_unsettled(connection)
    forget_fold(connection, "folded")


# Opt-outs hold for all addresses of a contact.
_OPTED = """
    SELECT DISTINCT contact_id FROM records SEMI JOIN touched USING (match_key)
    WHERE contributes AND email IN (SELECT match_key FROM opt_outs)"""

_TWINS = """
    SELECT contact_id FROM links WHERE contributes AND is_duplicate
    EXCEPT SELECT contact_id FROM links WHERE contributes AND NOT is_duplicate"""

_GOLDEN = """
    SELECT * REPLACE (contact_id IN (FROM opted) OR opted_out AS opted_out), contact_id IN (FROM twins) AS is_duplicate
    FROM folded"""


def _write_unsettled(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the contacts of `golden` that are not in `settled`, in place of those in `former`."""
    # Scores survive a fold. A contact that is written loses its company, so that it is given one again.
    kept = ", ".join(SCORE_FIELD_NAMES)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE kept_scores AS
        SELECT contact_id, {kept} FROM contacts SEMI JOIN former USING (contact_id) ANTI JOIN settled USING (contact_id)"""
    )
    connection.execute(
        """DELETE FROM contacts WHERE contact_id IN (SELECT contact_id FROM former UNION SELECT contact_id FROM folded)
            AND contact_id NOT IN (SELECT contact_id FROM settled)"""
    )
    connection.execute(
        """INSERT INTO contacts BY NAME
        FROM (FROM golden ANTI JOIN settled USING (contact_id)) LEFT JOIN kept_scores USING (contact_id)"""
    )
    # A contact that opted out under one address stays so when decisions no longer give it that address.
    connection.execute(
        """INSERT INTO opt_outs
        SELECT DISTINCT email, now()::TIMESTAMP, NULL FROM golden ANTI JOIN settled USING (contact_id)
        WHERE opted_out AND email NOT IN (SELECT match_key FROM opt_outs)"""
    )


def _has_clears(connection: duckdb.DuckDBPyConnection) -> bool:
    """Does any record touched clear a field? Hardly any import does, and looking for clears costs."""
    return bool(
        connection.execute(
            "SELECT 1 FROM records SEMI JOIN touched USING (match_key) WHERE cleared IS NOT NULL LIMIT 1"
        ).fetchall()
    )


def _follows(connection: duckdb.DuckDBPyConnection, since: int) -> bool:
    """Is there any record of an import after the one that begins at `since`?"""
    return bool(connection.execute("SELECT 1 FROM records WHERE sequence >= ? LIMIT 1", [since]).fetchall())


def _name_states(
    connection: duckdb.DuckDBPyConnection, since: int, rules: Mapping[str, Survivorship], *, is_latest: bool
) -> None:
    """Name the states of the imports since `since` that met the contacts touched, and bring their counts up to date."""
    later = connection.execute(
        f"""SELECT import_id, sequence // {ROWS_PER_IMPORT} AS place FROM links WHERE sequence >= ?
        GROUP BY ALL ORDER BY place""",
        [since // ROWS_PER_IMPORT * ROWS_PER_IMPORT],
    ).fetchall()
    clears = _has_clears(connection)
    for import_id, place in later:
        _tell_updated_from_unchanged(
            connection, import_id, place * ROWS_PER_IMPORT, rules, clears=clears, is_latest=is_latest
        )
        recount(connection, import_id)


def _tell_updated_from_unchanged(
    connection: duckdb.DuckDBPyConnection,
    import_id: str,
    start: int,
    rules: Mapping[str, Survivorship],
    *,
    clears: bool,
    is_latest: bool,
) -> None:
    """Say of each record of an import that met a known contact whether it changed it.

    Compares the fold up to this import with the fold up to the one before, so that a rerun of an old import names the
    same states as its first run.
    """
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE merging AS
        SELECT sequence, contact_id FROM links WHERE state = 'merged' AND import_id = ?""",
        [import_id],
    )
    # Before the latest import a contact is the fold without it. Not so with opt-outs, which outlive their records.
    doubtful = "SELECT DISTINCT contact_id FROM merging" + (
        " SEMI JOIN (SELECT contact_id FROM contacts WHERE opted_out) USING (contact_id)" if is_latest else ""
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE doubtful AS {doubtful}")
    pool = "(SELECT * FROM records SEMI JOIN doubtful USING (contact_id) WHERE sequence < {0})"
    for name, end in (("fold_before", start), ("fold_after", start + ROWS_PER_IMPORT)):
        fold_records(connection, name, pool.format(end), rules, clears=clears)
    compared = ", ".join(GOLDEN_COLUMNS)
    settled = "UNION ALL SELECT contact_id FROM settled ANTI JOIN doubtful USING (contact_id)" if is_latest else ""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE unchanged AS
        SELECT contact_id FROM (SELECT contact_id, hash({compared}) AS digest FROM fold_before)
        JOIN (SELECT contact_id, hash({compared}) AS digest FROM fold_after) USING (contact_id, digest) {settled}"""
    )
    for name in ("fold_before", "fold_after"):
        forget_fold(connection, name)
    connection.execute(
        """UPDATE records SET state = CASE WHEN contact_id IN (SELECT contact_id FROM unchanged)
                                           THEN 'unchanged' ELSE 'updated' END
        WHERE sequence IN (SELECT sequence FROM merging)"""
    )

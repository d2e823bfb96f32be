"""Which contact a record belongs to, and what an import does with it.

Belongs here: the rule as one set operation over the records of some keys, in sequence. Does not belong: folding (`crm`),
comparing names (`holds`) and weighing decisions (`verdicts`). The rule looks at nothing but the records, their order and
the decisions on record; so importing, undoing or rerunning an import in any order ends in the same links.
"""

from __future__ import annotations

from enum import StrEnum

import duckdb

from contact_pipeline.matching.holds import strangers
from contact_pipeline.matching.verdicts import judge, weigh_decisions

# A record's place in the order of everything: import by import, row by row.
ROWS_PER_IMPORT = 2**32

# What `link_records` looks at.
LINKED_COLUMNS = "import_id, sequence, sheet, line, match_key, email, policy, first_name, last_name, full_name"


class Skip(StrEnum):
    """Why a valid record changes nothing; the words are what the user reads."""

    DUPLICATE_IN_FILE = "duplicate in file"
    EXISTING_CONTACT = "contact exists and the policy is skip"
    SHARED_MAILBOX = "shared mailbox?"
    DECIDED = "decided: skip"
    ERASED = "erased"


def link_records(connection: duckdb.DuckDBPyConnection, pool: str) -> None:
    """Make the temporary table `links` from the records in `pool`, the name of a table or view.

    `pool` has LINKED_COLUMNS, and every live record of each key it holds at all. `links` has one row a record: sequence,
    import_id, match_key, contact_id, contributes (does it take part in the fold), is_duplicate (beside the contact of its
    address), state ('created', 'skipped', or 'merged' where the fold decides between updated and unchanged) and reason.

    The first record of a key founds the contact. Under update the rest are folded in, but for those whose name cannot be
    that of the first record that has one: these are held. Under skip the rest are left out, under create each founds a
    twin. Of several rows of one file the first that is not held carries the state of the group. Decisions come first: a
    record is left out, is never held and escapes the policy of its import, or joins a contact of its own beside the others.
    """
    weigh_decisions(connection)
    judge(connection, pool)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE meetings AS {_MEETINGS.format(pool=pool)}")
    connection.register("strangers", strangers(connection.sql(_NAMES_THAT_DIFFER).pl()))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE links AS {_LINKS.format(pool=pool)}")
    connection.unregister("strangers")


# Stable through rerun and rebuild: the id depends only on where the founding record stands.
_CONTACT_ID = "'c' || left(md5(import_id || '\x1f' || sheet || '\x1f' || line), 16)"

# A name in one word may be the given one.
_GIVEN = "coalesce(first_name, CASE WHEN last_name IS NULL THEN full_name END)"

# Records of the keys that have several or were decided on: their place among those they may be folded with, the contact of
# the first, and the first name of that contact. `beside` is the circle of people kept apart from the rest of a key.
_MEETINGS = f"""
    WITH known AS (
        SELECT * REPLACE (CASE WHEN list_contains(welcome_in, import_id) THEN 'update' ELSE policy END AS policy),
               coalesce(is_welcome OR match_key <> email, false) AS is_known,
               CASE WHEN (circle, match_key) IN (SELECT (circle, email) FROM verdicts WHERE is_apart) THEN circle END AS beside
        FROM {{pool}} LEFT JOIN (SELECT * EXCLUDE (email, person) FROM judged) AS judged USING (sequence)
        WHERE is_left_out IS NOT TRUE
          AND match_key IN (SELECT match_key FROM {{pool}} GROUP BY match_key HAVING count(*) > 1
                            UNION ALL SELECT match_key FROM {{pool}} SEMI JOIN judged USING (sequence))),
    placed AS (
        SELECT sequence, import_id, match_key, policy, is_known, beside, {_CONTACT_ID} AS own_id,
               {_GIVEN} AS given, last_name AS family,
               row_number() OVER by_contact AS place, first_value({_CONTACT_ID}) OVER by_contact AS main_id
        FROM known WINDOW by_contact AS (PARTITION BY match_key, beside ORDER BY sequence))
    SELECT *, first_value(CASE WHEN given IS NOT NULL AND (policy = 'update' OR place = 1)
                               THEN {{{{'given': given, 'family': family}}}} END IGNORE NULLS)
              OVER (PARTITION BY match_key, beside ORDER BY sequence) AS met
    FROM placed"""

_NAMES_THAT_DIFFER = """
    SELECT sequence, match_key, given, family, met.given AS met_given, met.family AS met_family
    FROM meetings
    WHERE policy = 'update' AND place > 1 AND NOT is_known AND beside IS NULL AND {'given': given, 'family': family} IS DISTINCT FROM met"""

_LINKS = f"""
    WITH held AS (SELECT *, sequence IN (SELECT sequence FROM strangers) AS is_held FROM meetings),
    grouped AS (
        SELECT *, row_number() OVER (PARTITION BY match_key, beside, import_id, is_held ORDER BY sequence) AS place_in_file
        FROM held)
    SELECT sequence, import_id, match_key, {_CONTACT_ID} AS contact_id, true AS contributes, false AS is_duplicate,
           'created' AS state, CAST(NULL AS VARCHAR) AS reason
    FROM {{pool}} ANTI JOIN meetings USING (sequence) WHERE sequence NOT IN (SELECT sequence FROM judged WHERE is_left_out)
    UNION ALL
    SELECT sequence, import_id, match_key,
           CASE WHEN policy = 'create' THEN own_id ELSE main_id END,
           NOT is_held AND (policy <> 'skip' OR place = 1),
           beside IS NOT NULL OR (policy = 'create' AND place > 1),
           CASE WHEN policy = 'create' OR place = 1 THEN 'created'
                WHEN is_held OR place_in_file > 1 OR policy = 'skip' THEN 'skipped'
                ELSE 'merged' END,
           CASE WHEN policy = 'create' OR place = 1 THEN NULL
                WHEN is_held THEN '{Skip.SHARED_MAILBOX}'
                WHEN place_in_file > 1 THEN '{Skip.DUPLICATE_IN_FILE}'
                WHEN policy = 'skip' THEN '{Skip.EXISTING_CONTACT}' END
    FROM grouped
    UNION ALL
    SELECT sequence, import_id, match_key, NULL, false, false, 'skipped', '{Skip.DECIDED}'
    FROM {{pool}} SEMI JOIN (SELECT sequence FROM judged WHERE is_left_out) USING (sequence)"""

"""Which contact a record belongs to, and what an import does with it.

Belongs here: the rule as one set operation over the records of some keys, in sequence. Does not belong: folding (`crm`),
comparing names (`holds`) and weighing decisions (`verdicts`). The rule looks at nothing but the records, their order and
the decisions on record; so importing, undoing or rerunning an import in any order ends in the same links.
"""

from __future__ import annotations

from enum import StrEnum

import duckdb

from contact_pipeline.matching.holds import strangers
from contact_pipeline.matching.verdicts import judge

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
    NO_CONTACT = "no such contact any more"
    TOLD_OTHERWISE = "another row of the file tells otherwise"


def link_records(connection: duckdb.DuckDBPyConnection, pool: str) -> None:
    """Make the temporary table `links` from the records in `pool`, the name of a table or view.

    `pool` has LINKED_COLUMNS, and every live record of each key it holds at all. `links` has one row a record: sequence,
    import_id, match_key, contact_id, contributes (does it take part in the fold), is_alone (surely the only record of its
    contact), is_duplicate (beside the contact of its address), state ('created', 'skipped', or 'merged' where the fold decides between updated and unchanged) and reason.

    The first record of a key founds the contact. Under update the rest are folded in, but for those whose name cannot be
    that of the first record that has one: these are held. Under skip the rest are left out, under create each founds a
    twin. Of several rows of one file the first that is not held carries the state of the group. Decisions come first: a
    record is left out, is never held and escapes the policy of its import, or joins a contact of its own beside the others.
    Needs `verdicts`, which `wanted_keys` makes.
    """
    judge(connection, pool)
    find_several(connection, pool)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW weighed AS {_WEIGHED.format(pool=pool)}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE crowds AS {_CROWDS}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE meetings AS {_MEETINGS}")
    connection.register("strangers", strangers(connection.sql(_NAMES_THAT_DIFFER).pl()))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE links AS {_LINKS.format(pool=pool)}")
    connection.unregister("strangers")
    connection.execute("DROP VIEW weighed")


def find_several(connection: duckdb.DuckDBPyConnection, pool: str) -> None:
    """Make the temporary table `several`, for OF_SEVERAL: the keys that more than one record in `pool` has."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE several AS {_SEVERAL.format(pool=pool)}")


# SQL for the id of the contact that a record founds. Stable through rerun and rebuild: it depends only on where the record
# stands.
CONTACT_ID = "'c' || left(md5(import_id || '\x1f' || sheet || '\x1f' || line), 16)"

# A name in one word may be the given one.
_GIVEN = "coalesce(first_name, CASE WHEN last_name IS NULL THEN full_name END)"

# The records that are not left out, with what was decided about them. `beside` is the circle of people kept apart from the
# rest of a key.
_WEIGHED = f"""
    SELECT sequence, import_id, sheet, line, match_key, {_GIVEN} AS given, last_name AS family,
           CASE WHEN list_contains(welcome_in, import_id) THEN 'update' ELSE policy END AS policy,
           coalesce(is_welcome OR match_key <> email, false) AS is_known,
           CASE WHEN (circle, match_key) IN (SELECT (circle, email) FROM verdicts WHERE is_apart) THEN circle END AS beside
    FROM {{pool}} LEFT JOIN (SELECT * EXCLUDE (email, person) FROM judged) AS judged USING (sequence)
    WHERE is_left_out IS NOT TRUE"""

# Most keys have one record, and numbers are counted in half the time of texts; two keys of one hash do no harm.
_SEVERAL = "SELECT hash(match_key) AS digest FROM {pool} GROUP BY digest HAVING count(*) > 1"
# Has the key of a record further records in the pool? Now and then true where it has none.
OF_SEVERAL = "hash(match_key) IN (SELECT digest FROM several)"

# Who has several records: the first of them, and the first that gives the contact its name.
_CROWDS = f"""
    SELECT match_key, beside, min(sequence) AS first_sequence,
           least(min(sequence) FILTER (given IS NOT NULL AND policy = 'update'),
                 CASE WHEN arg_min(given IS NOT NULL, sequence) THEN min(sequence) END) AS named_sequence
    FROM weighed WHERE {OF_SEVERAL} GROUP BY match_key, beside HAVING count(*) > 1"""

_MEETINGS = f"""
    SELECT sequence, sequence = first_sequence AS is_first, first_sequence, named_sequence, weighed.match_key, weighed.beside,
           import_id, policy, is_known, given, family,
           CASE WHEN is_first OR policy = 'create' THEN {CONTACT_ID} END AS own_id
    FROM weighed
    JOIN crowds ON crowds.match_key = weighed.match_key AND crowds.beside IS NOT DISTINCT FROM weighed.beside"""

_NAMES_THAT_DIFFER = """
    SELECT later.sequence, later.match_key, later.given, later.family, met.given AS met_given, met.family AS met_family
    FROM meetings AS later JOIN meetings AS met ON met.sequence = later.named_sequence AND met.sequence < later.sequence
    WHERE later.policy = 'update' AND NOT later.is_known AND later.beside IS NULL
      AND (later.given, later.family) IS DISTINCT FROM (met.given, met.family)"""

_LINKS = f"""
    WITH held AS (SELECT *, sequence IN (SELECT sequence FROM strangers) AS is_held FROM meetings),
    leaders AS (
        SELECT first_sequence, import_id, min(sequence) AS leader FROM held WHERE NOT is_held GROUP BY ALL HAVING count(*) > 1),
    grouped AS (
        SELECT held.*, coalesce(sequence > leader, false) AS is_repeated
        FROM held LEFT JOIN leaders USING (first_sequence, import_id)),
    founders AS (SELECT first_sequence, own_id AS main_id FROM meetings WHERE is_first)
    SELECT sequence, import_id, match_key, {CONTACT_ID} AS contact_id, true AS contributes, true AS is_alone,
           beside IS NOT NULL AS is_duplicate, 'created' AS state, CAST(NULL AS VARCHAR) AS reason
    FROM weighed ANTI JOIN meetings USING (sequence)
    UNION ALL
    SELECT sequence, import_id, match_key,
           CASE WHEN policy = 'create' THEN own_id ELSE main_id END,
           NOT is_held AND (policy <> 'skip' OR is_first), false,
           beside IS NOT NULL OR (policy = 'create' AND NOT is_first),
           CASE WHEN policy = 'create' OR is_first THEN 'created'
                WHEN is_held OR is_repeated OR policy = 'skip' THEN 'skipped'
                ELSE 'merged' END,
           CASE WHEN policy = 'create' OR is_first THEN NULL
                WHEN is_held THEN '{Skip.SHARED_MAILBOX}'
                WHEN is_repeated THEN '{Skip.DUPLICATE_IN_FILE}'
                WHEN policy = 'skip' THEN '{Skip.EXISTING_CONTACT}' END
    FROM grouped JOIN founders USING (first_sequence)
    UNION ALL
    SELECT sequence, import_id, match_key, NULL, false, false, false, 'skipped', '{Skip.DECIDED}'
    FROM {{pool}} SEMI JOIN (SELECT sequence FROM judged WHERE is_left_out) USING (sequence)"""

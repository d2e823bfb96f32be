"""Which contact a record belongs to, and what an import does with it.

Belongs here: the rule as one set operation over the records of some keys, in sequence. Does not belong: folding (`crm`)
or comparing names (`holds`). The rule looks at nothing but the records and their order; so importing, undoing or
rerunning an import in any order ends in the same links.
"""

from __future__ import annotations

from enum import StrEnum

import duckdb

from contact_pipeline.matching.holds import strangers

# A record's place in the order of everything: import by import, row by row.
ROWS_PER_IMPORT = 2**32


class Skip(StrEnum):
    """Why a valid record changes nothing; the words are what the user reads."""

    DUPLICATE_IN_FILE = "duplicate in file"
    EXISTING_CONTACT = "contact exists and the policy is skip"
    SHARED_MAILBOX = "shared mailbox?"


def link_records(connection: duckdb.DuckDBPyConnection, pool: str) -> None:
    """Make the temporary table `links` from the records in `pool`, the name of a table or view.

    `pool` has import_id, sequence, sheet, line, match_key, policy, first_name, last_name, full_name, and every live record
    of each key it holds at all. `links` has one row a record: sequence, import_id, match_key, contact_id, contributes
    (does it take part in the fold), is_duplicate (a twin made by the create policy), state ('created', 'skipped', or
    'merged' where the fold decides between updated and unchanged) and reason.

    The first record of a key founds the contact. Under update the rest are folded in, but for those whose name cannot be
    that of the first record that has one: these are held. Under skip the rest are left out, under create each founds a
    twin. Of several rows of one file the first that is not held carries the state of the group.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE meetings AS {_MEETINGS.format(pool=pool)}")
    connection.register("strangers", strangers(connection.sql(_NAMES_THAT_DIFFER).pl()))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE links AS {_LINKS.format(pool=pool)}")
    connection.unregister("strangers")


# Stable through rerun and rebuild: the id depends only on where the founding record stands.
_CONTACT_ID = "'c' || left(md5(import_id || '\x1f' || sheet || '\x1f' || line), 16)"

# A name in one word may be the given one.
_GIVEN = "coalesce(first_name, CASE WHEN last_name IS NULL THEN full_name END)"

# Records of the keys that have several: their place, the contact of the first, and the first name of that contact.
_MEETINGS = f"""
    WITH placed AS (
        SELECT sequence, import_id, match_key, policy, {_CONTACT_ID} AS own_id, {_GIVEN} AS given, last_name AS family,
               row_number() OVER by_key AS place, first_value({_CONTACT_ID}) OVER by_key AS main_id
        FROM {{pool}}
        SEMI JOIN (SELECT match_key FROM {{pool}} GROUP BY match_key HAVING count(*) > 1) USING (match_key)
        WINDOW by_key AS (PARTITION BY match_key ORDER BY sequence))
    SELECT *, first_value(CASE WHEN given IS NOT NULL AND (policy = 'update' OR place = 1)
                               THEN {{{{'given': given, 'family': family}}}} END IGNORE NULLS)
              OVER (PARTITION BY match_key ORDER BY sequence) AS met
    FROM placed"""

_NAMES_THAT_DIFFER = """
    SELECT sequence, match_key, given, family, met.given AS met_given, met.family AS met_family
    FROM meetings WHERE policy = 'update' AND place > 1 AND {'given': given, 'family': family} IS DISTINCT FROM met"""

_LINKS = f"""
    WITH judged AS (
        SELECT *, sequence IN (SELECT sequence FROM strangers) AS is_held FROM meetings),
    grouped AS (
        SELECT *, row_number() OVER (PARTITION BY match_key, import_id, is_held ORDER BY sequence) AS place_in_file
        FROM judged)
    SELECT sequence, import_id, match_key, {_CONTACT_ID} AS contact_id, true AS contributes, false AS is_duplicate,
           'created' AS state, CAST(NULL AS VARCHAR) AS reason
    FROM {{pool}} ANTI JOIN meetings USING (sequence)
    UNION ALL
    SELECT sequence, import_id, match_key,
           CASE WHEN policy = 'create' THEN own_id ELSE main_id END,
           NOT is_held AND (policy <> 'skip' OR place = 1),
           policy = 'create' AND place > 1,
           CASE WHEN policy = 'create' OR place = 1 THEN 'created'
                WHEN is_held OR place_in_file > 1 OR policy = 'skip' THEN 'skipped'
                ELSE 'merged' END,
           CASE WHEN policy = 'create' OR place = 1 THEN NULL
                WHEN is_held THEN '{Skip.SHARED_MAILBOX}'
                WHEN place_in_file > 1 THEN '{Skip.DUPLICATE_IN_FILE}'
                WHEN policy = 'skip' THEN '{Skip.EXISTING_CONTACT}' END
    FROM grouped"""

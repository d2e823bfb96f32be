"""Which contact a record belongs to, and what an import does with it.

Belongs here: the rule as one set operation over the records of some keys, in sequence. Does not belong: folding (`crm`)
or comparing values. The rule looks at nothing but the records and their order; so importing, undoing or rerunning an
import in any order ends in the same links.
"""

from __future__ import annotations

from enum import StrEnum

# A record's place in the order of everything: import by import, row by row.
ROWS_PER_IMPORT = 2**32


class Skip(StrEnum):
    """Why a valid record changes nothing; the words are what the user reads."""

    DUPLICATE_IN_FILE = "duplicate in file"
    EXISTING_CONTACT = "contact exists and the policy is skip"


def linked(pool: str) -> str:
    """SQL that links the records in `pool` (columns import_id, sequence, sheet, line, match_key, policy).

    `pool` must hold every live record of each key it holds at all. Result, one row a record: sequence, contact_id,
    contributes (does it take part in the fold), is_duplicate (a twin made by the create policy), state ('created',
    'skipped', or 'merged' where the fold decides between updated and unchanged) and reason.

    The first record of a key founds the contact. Under update the rest are folded in; under skip they are left out;
    under create each founds a twin. Of several rows of one file the first carries the state of the group.
    """
    return f"""
        WITH placed AS (
            SELECT *, {_CONTACT_ID} AS own_id,
                   row_number() OVER by_key AS place,
                   row_number() OVER (PARTITION BY match_key, import_id ORDER BY sequence) AS place_in_file,
                   first_value({_CONTACT_ID}) OVER by_key AS main_id
            FROM {pool} WINDOW by_key AS (PARTITION BY match_key ORDER BY sequence))
        SELECT sequence,
               CASE WHEN policy = 'create' THEN own_id ELSE main_id END AS contact_id,
               policy <> 'skip' OR place = 1 AS contributes,
               policy = 'create' AND place > 1 AS is_duplicate,
               CASE WHEN policy = 'create' OR place = 1 THEN 'created'
                    WHEN place_in_file > 1 OR policy = 'skip' THEN 'skipped'
                    ELSE 'merged' END AS state,
               CASE WHEN policy = 'create' OR place = 1 THEN NULL
                    WHEN place_in_file > 1 THEN '{Skip.DUPLICATE_IN_FILE}'
                    WHEN policy = 'skip' THEN '{Skip.EXISTING_CONTACT}' END AS reason
        FROM placed"""


# Stable through rerun and rebuild: the id depends only on where the founding record stands.
_CONTACT_ID = "'c' || left(md5(import_id || '\x1f' || sheet || '\x1f' || line), 16)"

"""Who shares a sign of identity other than the e-mail address: an id of the CRM, a phone number, a LinkedIn profile.

Belongs here: which pairs share one, as set operations. Does not belong: the e-mail rule, and what is said of a pair
(`duplicates`). A value that too many people share is no sign of anybody.
"""

from __future__ import annotations

from enum import StrEnum

import duckdb

from contact_pipeline.matching.decisions import name_of, person_of
from contact_pipeline.matching.holds import strangers

MOST_ADDRESSES = 50  # behind one value; it also bounds the pairs to look at
SWITCHBOARD_NAMES = 4  # different first names behind one phone number


class Rule(StrEnum):
    """What makes two records match, in the order in which a match is named."""

    DECIDED = "decided before"
    EMAIL = "same e-mail"
    CRM_ID = "same CRM id"
    PHONE_AND_NAME = "same phone and name"
    LINKEDIN = "same LinkedIn profile"


def number_of(phone: str) -> str:
    """SQL for a phone number without its extension."""
    return f"string_split({phone}, ';')[1]"  # DuckDB 2.0 stumbles over split_part where a column is known to be blank


# Rule -> the columns that hold its value, as SQL.
_VALUES: dict[Rule, tuple[str, ...]] = {
    Rule.CRM_ID: ("original_crm_id",),
    Rule.PHONE_AND_NAME: (number_of("phone"), number_of("mobile_phone")),
    Rule.LINKEDIN: ("linkedin_url",),
}
_RULES = list(_VALUES)
_PHONE = _RULES.index(Rule.PHONE_AND_NAME)  # in the tables a rule is its place among the rules


def pair_by_signs(connection: duckdb.DuckDBPyConnection, start: int) -> dict[str, int]:
    """Make the temporary table `signed`: pairs of different addresses that share a sign. Returns the values set aside.

    Reads the temporary table `arriving` (the rows of the file) and those `records` before the sequence number `start` that
    take part in a contact. `signed` has sequence (of the row), contact_id (of the contact it meets) or met_sequence (of the
    earlier row of the file), and rules (those that match, in order). A row meets every such contact, but of the file only
    the first row a rule; the same people meet once. The returned counts say of how many values too many people had the same.
    """
    set_aside = _collect_sides(connection, start)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE candidates AS {_CANDIDATES}")
    connection.register("others", strangers(connection.sql(_NAMES_THAT_DIFFER).pl()))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE signed AS {_SIGNED}")
    connection.unregister("others")
    for table in ("file_signs", "known_signs", "of_several", "shared", "sides", "candidates"):
        connection.execute(f"DROP TABLE {table}")
    return set_aside


def _collect_sides(connection: duckdb.DuckDBPyConnection, start: int) -> dict[str, int]:
    """Make the temporary table `sides`: everybody who shares a sign with somebody. Returns the values set aside."""
    known = f"(SELECT * FROM records WHERE contributes AND sequence < {start})"
    for table, signs in (
        ("file_signs", _signs("arriving")),
        ("known_signs", f"FROM ({_signs(known)}) SEMI JOIN file_signs USING (sign)"),
        ("of_several", _OF_SEVERAL),
        ("shared", _SHARED),
        ("sides", _SIDES),
    ):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {signs}")
    crowds = connection.execute(
        "SELECT is_crowd, rule, count(*) FROM shared WHERE is_crowd OR is_switchboard GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    switchboards = f"switchboard: a phone number of {SWITCHBOARD_NAMES} or more first names"
    crowd = f"shared by more than {MOST_ADDRESSES} addresses"
    return {f"{_RULES[rule]}: {crowd}" if is_crowd else switchboards: count for is_crowd, rule, count in crowds}


def _signs(source: str) -> str:
    """SQL for the values of `source`, one row a value: sign, rule, sequence, who and first (name).

    Everything is compared by its hash: millions of values take little room so.
    """
    return " UNION ALL ".join(
        f"SELECT hash({value}, {rule}) AS sign, {rule} AS rule, sequence, hash(email) AS who, "
        f"CASE WHEN first_name IS NOT NULL THEN hash(strip_accents(lower(first_name))) END AS first "
        f"FROM {source} WHERE {value} <> ''"
        for rule, values in enumerate(_VALUES.values())
        for value in values
    )


_ALL_SIGNS = "(SELECT sign, rule, who, first FROM file_signs UNION ALL SELECT sign, rule, who, first FROM known_signs)"

# Most signs are of one address only, and counting distinct ones is dear.
_OF_SEVERAL = f"SELECT sign FROM {_ALL_SIGNS} GROUP BY sign HAVING min(who) <> max(who)"

_SHARED = f"""
    SELECT sign, any_value(rule) AS rule, count(DISTINCT who) > {MOST_ADDRESSES} AS is_crowd,
           any_value(rule) = {_PHONE} AND count(DISTINCT first) >= {SWITCHBOARD_NAMES} AS is_switchboard
    FROM {_ALL_SIGNS} SEMI JOIN of_several USING (sign) GROUP BY sign"""

_SIDE = "sign, rule, sequence, email, match_key, first_name, last_name"
_SIDES = f"""
    WITH telling AS (SELECT sign FROM shared WHERE NOT is_crowd AND NOT is_switchboard)
    SELECT {_SIDE}, contact_id FROM (FROM known_signs SEMI JOIN telling USING (sign)) JOIN records USING (sequence)
    QUALIFY row_number() OVER (PARTITION BY sign, contact_id, first_name, last_name ORDER BY sequence DESC) = 1
    UNION ALL
    SELECT {_SIDE}, NULL FROM (FROM file_signs SEMI JOIN telling USING (sign)) JOIN arriving USING (sequence)
    QUALIFY row_number() OVER (PARTITION BY sign, email, first_name, last_name ORDER BY sequence) = 1"""

_CANDIDATES = f"""
    SELECT row_number() OVER () AS pair, row.sequence, row.rule, row.match_key, met.contact_id,
           CASE WHEN met.contact_id IS NULL THEN met.sequence END AS met_sequence,
           row.first_name AS given, row.last_name AS family, met.first_name AS met_given, met.last_name AS met_family
    FROM sides AS row JOIN sides AS met USING (sign)
    WHERE row.contact_id IS NULL AND met.sequence < row.sequence AND met.match_key <> row.match_key
      AND (row.rule <> {_PHONE} OR (row.first_name IS NOT NULL AND met.first_name IS NOT NULL))"""

_NAMES_THAT_DIFFER = f"""
    SELECT pair AS sequence, match_key, given, family, met_given, met_family FROM candidates
    WHERE rule = {_PHONE} AND (given, family) IS DISTINCT FROM (met_given, met_family)"""

# The same people may meet in several rows, and as a contact and as an earlier row: they are one pair.
_SIGNED = f"""
    WITH fitting AS (SELECT * FROM candidates WHERE pair NOT IN (SELECT sequence FROM others)),
    first_met AS (
        SELECT * FROM fitting
        QUALIFY contact_id IS NOT NULL OR met_sequence = min(met_sequence) OVER (PARTITION BY sequence, rule)),
    joined AS (
        SELECT sequence, contact_id, met_sequence,
               list_transform(list_sort(list(DISTINCT rule)), lambda rule: {[str(rule) for rule in _RULES]}[rule + 1]) AS rules
        FROM first_met GROUP BY ALL)
    SELECT joined.* FROM joined JOIN arriving AS row USING (sequence)
    LEFT JOIN arriving AS met ON met.sequence = joined.met_sequence
    LEFT JOIN (SELECT contact_id, min(email) AS email FROM sides GROUP BY contact_id) AS known
        ON known.contact_id = joined.contact_id
    QUALIFY row_number() OVER (
        PARTITION BY row.email, {person_of(name_of("row"))}, coalesce(known.email, met.email)
        ORDER BY joined.contact_id IS NULL, sequence, met_sequence) = 1"""

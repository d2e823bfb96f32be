"""The law of the CRM: a contact is the fold of its records.

Belongs here: the SQL that picks, for each field, the value the survivorship rule chooses among a contact's records.
Does not belong: which contact a record belongs to (`matching`), and when to fold (`importing`).
Blanks never count. "Newest" is by source date, then sequence; all rules break ties by sequence. Rows of one file about
the same contact count as equally new, so that the later row wins. A record that clears a field takes the values of older
records out of the choice. An address that is not the contact's own is one it is reached at besides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import duckdb

from contact_pipeline.fields import FIELDS, LIFECYCLE_STAGES, Survivorship

GOLDEN_COLUMNS: tuple[str, ...] = (*(field.name for field in FIELDS), "custom_fields")

# So few records of one contact or another are held with all their columns, which takes some tens of megabytes.
FEW_RECORDS = 10_000

# What the fold looks at of a record.
FOLDED_COLUMNS = ", ".join(("sequence", "import_id", "as_of", "match_key", "told_of", "cleared", *GOLDEN_COLUMNS))

# A later stage outranks any recency, which counts the records of one contact.
_STAGE_THEN_RECENCY = f"coalesce(list_position({list(LIFECYCLE_STAGES)!r}, {{0}}), 0) * {2**40} + recency"

_AGGREGATES: dict[Survivorship, str] = {
    Survivorship.NEVER: "arg_min_null({0}, sequence)",
    Survivorship.MIN: "min({0})",
    Survivorship.MAX: "max({0})",
    Survivorship.UNION: "string_agg({0}, '\n' ORDER BY sequence) FILTER (first_with_{0})",
    Survivorship.FORWARD: f"arg_max({{0}}, {_STAGE_THEN_RECENCY})",
    Survivorship.RATCHET: "bool_or({0})",
}


def in_key_order(custom_fields: str) -> str:
    """SQL for a JSON object of texts in its one spelling: sorted by key, so that equal objects are equal texts."""
    is_sorted = f"json_keys({custom_fields}) = list_sort(json_keys({custom_fields}))"
    entries = f"list_sort(map_entries(({custom_fields})::MAP(VARCHAR, VARCHAR)))"
    return f"""CASE WHEN {is_sorted} THEN json({custom_fields})::JSON ELSE to_json(map_from_entries({entries})) END"""


def _without_nulls(custom_fields: str) -> str:
    """SQL for a JSON object without the names that were cleared; NULL where none is left."""
    return f"nullif(json_merge_patch('{{}}'::JSON, {custom_fields})::VARCHAR, '{{}}')::JSON"


_MERGED = """list_reduce(list(custom_fields ORDER BY recency) FILTER (custom_fields IS NOT NULL),
                    lambda older, newer: json_merge_patch(older, newer))"""


def fold_records(
    connection: duckdb.DuckDBPyConnection,
    into: str,
    members: str,
    rules: Mapping[str, Survivorship],
    *,
    source: str,
    clears: bool,
) -> None:
    """Make the temporary view `into`: the golden records of the records in `members`.

    `members` is a subquery that gives contact_id and sequence of each record that takes part, and is_alone where it is surely
    the only one of its contact; `source` names the table or view that has FOLDED_COLUMNS of them, and maybe of others.
    Columns: contact_id, every canonical field and custom_fields; one row a contact. `rules` overrides the survivorship of
    fields; `clears` says whether any record clears a field. A contact of one record, or whose records all say the same, is any
    of them, by every rule: only the others need the work. Unless they are few, each step reads the columns it needs and no
    more: a million records of all columns at once would not fit into memory.
    `forget_fold` ends the view.
    """
    rule_of = {field.name: rules.get(field.name, field.survivorship) for field in FIELDS}
    for table, query in (
        ("compared", _COMPARED.format(members=members, source=source)),
        (f"{into}_alike", _ALIKE.format(members=members)),
        ("places", _PLACES),
    ):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW ranked AS {_RANKED.format(source=source)}")
    standing = _WITHOUT_CLEARED.format(masks=_masks(rule_of)) if clears else "SELECT * FROM ranked"
    kept_as = "TABLE" if _are_few(connection) else "VIEW"
    connection.execute(f"CREATE TEMP {kept_as} standing AS {standing}")
    custom = _without_nulls("custom_fields") if clears else "custom_fields"
    _fold_differing(connection, f"{into}_differing", rule_of, custom)
    connection.execute(
        f"""CREATE OR REPLACE TEMP VIEW {into} AS
        SELECT contact_id, {", ".join(GOLDEN_COLUMNS[:-1])}, {custom} AS custom_fields
        FROM {source} JOIN {into}_alike USING (sequence)
        UNION ALL BY NAME FROM {into}_differing"""
    )
    connection.execute(f"DROP {kept_as} standing; DROP VIEW ranked; DROP TABLE places; DROP TABLE compared")


def forget_fold(connection: duckdb.DuckDBPyConnection, into: str) -> None:
    """Drop the view that `fold_records` made, and what lies behind it."""
    connection.execute(f"DROP VIEW {into}; DROP TABLE {into}_alike; DROP TABLE {into}_differing")


def _are_few(connection: duckdb.DuckDBPyConnection) -> bool:
    """Are the records in `places` so few that it pays to work out once what stands, and not in each step anew?"""
    return len(connection.execute(f"SELECT 1 FROM places LIMIT {FEW_RECORDS}").fetchall()) < FEW_RECORDS


def _fold_differing(
    connection: duckdb.DuckDBPyConnection, into: str, rule_of: Mapping[str, Survivorship], custom: str
) -> None:
    """Make the temporary table `into`: the contacts whose records differ, each value chosen by its rule."""
    parts = {"picked": _picked(rule_of)}  # the values of one contact, some columns each
    for rule, values in _FIRST_KNOWN.items():
        names = [name for name, its_rule in rule_of.items() if its_rule is rule]
        if names:
            parts[f"picked_{rule.name}"] = values(names)
    for part, query in parts.items():
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {part} AS {query}")
    whole = "picked" + "".join(f" JOIN {part} USING (contact_id)" for part in parts if part != "picked")
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE {into} AS
        SELECT * REPLACE ({in_key_order("custom_fields")} AS custom_fields)
        FROM (SELECT * REPLACE ({custom} AS custom_fields) FROM {whole})"""
    )
    for part in parts:
        connection.execute(f"DROP TABLE {part}")


def _newest_known(names: list[str]) -> str:
    """SQL for the newest values known: most contacts have two records, and only older ones need sorting."""
    values = ", ".join(f"coalesce(newest.{name}, former.{name}, older.{name}) AS {name}" for name in names)
    return f"""SELECT contact_id, {values}
        FROM (FROM standing WHERE recency = -1) AS newest
        JOIN (FROM standing WHERE recency = -2) AS former USING (contact_id)
        LEFT JOIN ({_first_known(names, "recency DESC", "standing WHERE recency < -2")}) AS older USING (contact_id)"""


def _oldest_known(names: list[str]) -> str:
    return _first_known(names, "sequence", "standing")


def _first_known(names: list[str], order: str, source: str) -> str:
    values = ", ".join(f"first_value({name} IGNORE NULLS) OVER in_order AS {name}" for name in names)
    return f"""SELECT contact_id, {values} FROM {source}
        WINDOW in_order AS (PARTITION BY contact_id ORDER BY {order}
                            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
        QUALIFY row_number() OVER in_order = 1"""


def _picked(rule_of: Mapping[str, Survivorship]) -> str:
    others = {name: rule for name, rule in rule_of.items() if rule not in _FIRST_KNOWN}
    picks = ", ".join(f"{_AGGREGATES[rule].format(name)} AS {name}" for name, rule in others.items())
    first_places = "".join(
        f", sequence = min(sequence) OVER (PARTITION BY contact_id, {name}) AS first_with_{name}"
        for name, rule in others.items()
        if rule is Survivorship.UNION
    )
    return f"""SELECT contact_id, {picks}, {_MERGED} AS custom_fields
        FROM (SELECT contact_id, sequence, recency, custom_fields, {", ".join(others)}{first_places} FROM standing)
        GROUP BY contact_id"""


# Rules that take the first value known in some order of the records.
_FIRST_KNOWN: dict[Survivorship, Callable[[list[str]], str]] = {
    Survivorship.NEWEST: _newest_known,
    Survivorship.FILL: _oldest_known,
}

# A record that tells an outcome brings no address.
_IS_OF_ANOTHER_ADDRESS = "email <> match_key AND told_of IS NULL"

# Records of another address than the contact's own are never alike: the fold makes something of that address.
_COMPARED = f"""
    SELECT contact_id, import_id, sequence, as_of,
           hash({", ".join(GOLDEN_COLUMNS)}, CASE WHEN {_IS_OF_ANOTHER_ADDRESS} THEN sequence END) AS digest
    FROM (FROM {{members}} WHERE NOT is_alone) JOIN {{source}} USING (sequence)"""

_ALIKE = """
    SELECT contact_id, sequence FROM {members} WHERE is_alone
    UNION ALL
    SELECT contact_id, max(sequence) AS sequence FROM compared GROUP BY contact_id HAVING min(digest) = max(digest)"""

# The records of the other contacts, and how new each is among those of its contact: -1 for the newest, -2 for the next. Told
# from those compared alone: hardly any contact of a large import is among them.
_PLACES = """
    WITH differing AS (SELECT contact_id FROM compared GROUP BY contact_id HAVING min(digest) <> max(digest)),
    dated AS (SELECT contact_id, sequence, max(as_of) OVER (PARTITION BY contact_id, import_id) AS as_of
              FROM compared SEMI JOIN differing USING (contact_id))
    SELECT contact_id, sequence, -row_number() OVER (PARTITION BY contact_id ORDER BY as_of DESC, sequence DESC) AS recency
    FROM dated"""

# Decisions may bring in records of another address.
_FURTHER_ADDRESS = f"CASE WHEN {_IS_OF_ANOTHER_ADDRESS} THEN coalesce(secondary_email, email) ELSE secondary_email END"

_RANKED = f"SELECT * REPLACE ({_FURTHER_ADDRESS} AS secondary_email) FROM {{source}} JOIN places USING (sequence)"

# Values that are older than the latest clearing of their field do not count.
_WITHOUT_CLEARED = """
    WITH clearings AS (SELECT contact_id, field, max(recency) AS latest
                       FROM (SELECT contact_id, recency, unnest(cleared) AS field FROM ranked) GROUP BY ALL),
    of_contacts AS (SELECT contact_id, map_from_entries(list((field, latest))) AS cleared_at FROM clearings GROUP BY contact_id)
    SELECT ranked.* REPLACE ({masks}) FROM ranked LEFT JOIN of_contacts USING (contact_id)"""

_UNCLEARABLE = frozenset({Survivorship.NEVER, Survivorship.RATCHET})


def _masks(rule_of: Mapping[str, Survivorship]) -> str:
    return ", ".join(
        f"CASE WHEN coalesce(recency >= cleared_at['{name}'], true) THEN {name} END AS {name}"
        for name, rule in rule_of.items()
        if rule not in _UNCLEARABLE
    )

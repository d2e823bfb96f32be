"""The law of the CRM: a contact is the fold of its records.

Belongs here: the SQL that picks, for each field, the value the survivorship rule chooses among a contact's records.
Does not belong: which contact a record belongs to (`matching`), and when to fold (`importing`).
Blanks never count. "Newest" is by source date, then sequence; all rules break ties by sequence. Rows of one file about
the same contact count as equally new, so that the later row wins. A record that clears a field takes the values of older
records out of the choice. An address that is not the contact's own is one it is reached at besides.
"""

from __future__ import annotations

from collections.abc import Mapping

from contact_pipeline.fields import FIELDS, LIFECYCLE_STAGES, Survivorship

GOLDEN_COLUMNS: tuple[str, ...] = (*(field.name for field in FIELDS), "custom_fields")

# A later stage outranks any recency, which counts the records of one contact.
_STAGE_THEN_RECENCY = f"coalesce(list_position({list(LIFECYCLE_STAGES)!r}, {{0}}), 0) * {2**40} + recency"

_AGGREGATES: dict[Survivorship, str] = {
    Survivorship.NEWEST: "arg_max({0}, recency)",
    Survivorship.FILL: "arg_min({0}, sequence)",
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


def folded(source: str, rules: Mapping[str, Survivorship], *, clears: bool) -> str:
    """SQL for the golden records of the records in `source` (a table or subquery with the columns of `records`).

    Result: contact_id, every canonical field and custom_fields; one row a contact. Only records that
    contribute count. `rules` overrides the survivorship of fields; `clears` says whether any record clears a field. A
    contact with a single record is that record, by every rule: only the others need the work.
    """
    rule_of = {field.name: rules.get(field.name, field.survivorship) for field in FIELDS}
    picks = ", ".join(f"{_AGGREGATES[rule].format(name)} AS {name}" for name, rule in rule_of.items())
    united = [name for name, rule in rule_of.items() if rule is Survivorship.UNION]
    first_places = "".join(
        f", sequence = min(sequence) OVER (PARTITION BY contact_id, {name}) AS first_with_{name}" for name in united
    )
    standing = _WITHOUT_CLEARED.format(masks=_masks(rule_of)) if clears else "SELECT * FROM ranked"
    custom = _without_nulls("custom_fields") if clears else "custom_fields"
    return f"""
        WITH live AS NOT MATERIALIZED (SELECT * FROM {source} WHERE contributes),
        crowded AS (SELECT contact_id FROM live GROUP BY contact_id HAVING count(*) > 1),
        dated AS (
            SELECT live.* REPLACE (max(as_of) OVER (PARTITION BY contact_id, import_id) AS as_of,
                                   {_FURTHER_ADDRESS} AS secondary_email)
            FROM live SEMI JOIN crowded USING (contact_id)),
        ranked AS (SELECT *, row_number() OVER (PARTITION BY contact_id ORDER BY as_of, sequence) AS recency FROM dated),
        standing AS ({standing}),
        placed AS (SELECT *{first_places} FROM standing)
        SELECT contact_id, {", ".join(GOLDEN_COLUMNS[:-1])}, {custom} AS custom_fields
        FROM live ANTI JOIN crowded USING (contact_id)
        UNION ALL BY NAME
        SELECT * REPLACE ({in_key_order("custom_fields")} AS custom_fields)
        FROM (SELECT * REPLACE ({custom} AS custom_fields)
              FROM (SELECT contact_id, {picks}, {_MERGED} AS custom_fields FROM placed GROUP BY contact_id))"""


# Decisions may bring in records of another address.
_FURTHER_ADDRESS = "CASE WHEN email <> match_key THEN coalesce(secondary_email, email) ELSE secondary_email END"

# Values that are older than the latest clearing of their field do not count.
_WITHOUT_CLEARED = """
    SELECT * FROM ranked WHERE contact_id NOT IN (SELECT contact_id FROM live WHERE cleared IS NOT NULL)
    UNION ALL BY NAME
    SELECT * REPLACE ({masks}) FROM ranked WHERE contact_id IN (SELECT contact_id FROM live WHERE cleared IS NOT NULL)"""

_UNCLEARABLE = frozenset({Survivorship.NEVER, Survivorship.RATCHET})


def _masks(rule_of: Mapping[str, Survivorship]) -> str:
    latest = "max(recency) FILTER (list_contains(cleared, '{0}')) OVER (PARTITION BY contact_id)"
    return ", ".join(
        f"CASE WHEN recency >= coalesce({latest.format(name)}, 0) THEN {name} END AS {name}"
        for name, rule in rule_of.items()
        if rule not in _UNCLEARABLE
    )

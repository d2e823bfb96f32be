"""The pre-import duplicate report: which rows of a file meet each other or a contact that is already there.

Belongs here: finding and describing the matches, before anything is written. Does not belong: what the import then does
(`links`, which is asked here; the report says it in words), matches by other signs than the address (`signs`), and the
files that people get (`reporting.duplicates_workbook`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from contact_pipeline.cleaning.emails import TOMBSTONE_EMAIL
from contact_pipeline.matching.decisions import HEADERS, name_of, person_of
from contact_pipeline.matching.links import (
    LINKED_COLUMNS,
    OF_SEVERAL,
    ROWS_PER_IMPORT,
    Skip,
    find_several,
    link_records,
)
from contact_pipeline.matching.signs import Rule, number_of, pair_by_signs
from contact_pipeline.matching.verdicts import KEYED_COLUMNS, wanted_keys
from contact_pipeline.warehouse import allow_memory

HELD = f"held: {Skip.SHARED_MAILBOX}"
IN_FILE, IN_CRM = "in file", "in CRM"

_OUTCOMES = {
    (IN_FILE, "update"): "folded into one contact, later values win",
    (IN_FILE, "skip"): "the first row is used, this one is skipped",
    (IN_FILE, "create"): "becomes a contact of its own",
    (IN_CRM, "update"): "updates the contact",
    (IN_CRM, "skip"): "the contact is left alone, the row is skipped",
    (IN_CRM, "create"): "becomes a second contact, flagged as duplicate",
}
# Where only other signs than the address match, nothing is merged: the row goes the way of its own address.
_OWN_WAY = {"created": "becomes a contact of its own", "merged": "updates the contact of its own address"}


@dataclass(frozen=True, slots=True)
class Duplicates:
    """The matches of a file, one row each, and how many values too many people share, by reason."""

    matches: pl.DataFrame
    set_aside: Mapping[str, int]

    @classmethod
    def none(cls) -> Duplicates:
        """Of a file that has no contacts."""
        return cls(pl.DataFrame(schema=dict.fromkeys((*HEADERS, "ordinal"), pl.String)).drop("decision"), {})


def find_duplicates(
    connection: duckdb.DuckDBPyConnection, rows: Path, *, import_id: str, sequence: int, policy: str
) -> Duplicates:
    """Matches of the valid rows in `rows` (Parquet of validated_contacts) with each other and with earlier imports.

    `sequence` is the place of this import; only records of imports before it count as the CRM, so that the report of an
    import stays the same when it is made again. One row a match, in source order: outcome, rule, also (other rules that
    match), found, then for row_ and match_ each name, email, company, phone, crm_id and linkedin; sheet, line, match_file,
    match_sheet, match_line (null for a row of this file: match_file), contact_id (null in file), of_import, ordinal. A pair
    of different addresses that people decided to keep apart is left out.
    """
    start = sequence * ROWS_PER_IMPORT
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE arriving AS SELECT {_TAKEN}, ? AS import_id, ? AS policy, ? + ordinal AS sequence, "
        f"email AS match_key FROM read_parquet(?) WHERE is_valid AND email <> '{TOMBSTONE_EMAIL}'",
        [import_id, policy, start, str(rows)],
    )
    count = connection.execute("SELECT count(*) FROM arriving").fetchall()[0][0]
    allow_memory(connection, rows=count // 2)  # its tables are half as wide as those of a fold
    _settle_keys(connection, start)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE earlier AS
        SELECT {LINKED_COLUMNS}, {_SIDE_COLUMNS}, contact_id, contributes
        FROM records SEMI JOIN arriving USING (match_key) WHERE sequence < {start} AND told_of IS NULL"""
    )
    set_aside = pair_by_signs(connection, start)
    _link_those_who_meet(connection)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE remembered AS {_REMEMBERED}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE paired AS {_PAIRED}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE met AS {_MET.format(start=start)}")
    for table in ("earlier", "signed", "links", "meetings", "crowds", "several"):
        connection.execute(f"DROP TABLE {table}")
    return Duplicates(_in_words(connection.sql(_MATCHES).pl(), policy), set_aside)


def _settle_keys(connection: duckdb.DuckDBPyConnection, start: int) -> None:
    """Give the rows the keys that earlier decisions want."""
    earlier = (
        f"SELECT {KEYED_COLUMNS} FROM records WHERE match_key IS NOT NULL AND sequence < {start} AND told_of IS NULL"
    )
    wanted_keys(connection, f"{earlier} UNION ALL SELECT {KEYED_COLUMNS} FROM arriving")
    connection.execute(
        "UPDATE arriving SET match_key = wanted.match_key FROM wanted WHERE arriving.sequence = wanted.sequence"
    )


def _link_those_who_meet(connection: duckdb.DuckDBPyConnection) -> None:
    """Link the rows that share their key or a sign with anybody, which most do not: the temporary table `links`."""
    everyone = f"SELECT {LINKED_COLUMNS} FROM earlier UNION ALL SELECT {LINKED_COLUMNS} FROM arriving"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW pool AS {everyone}")
    find_several(connection, "pool")
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE meeting AS
        SELECT * FROM pool WHERE {OF_SEVERAL} OR sequence IN (SELECT sequence FROM signed)"""
    )
    link_records(connection, "meeting")
    connection.execute("DROP VIEW pool; DROP TABLE meeting")


_SIDE_COLUMNS = "company, phone, mobile_phone, original_crm_id, linkedin_url"
_TAKEN = f"ordinal, sheet, line, email, first_name, last_name, full_name, {_SIDE_COLUMNS}"

# What was decided before about the rows of the file. Who is met is told by the address: a contact may change its name.
_REMEMBERED = f"""
    WITH asked AS (SELECT sequence, email, {person_of(name_of("row"))} AS person
                   FROM (FROM arriving SEMI JOIN decisions USING (email)) AS row)
    SELECT asked.sequence, email, met_email, decision, decisions.sequence AS decided_at
    FROM asked JOIN decisions USING (email, person)
    QUALIFY row_number() OVER (PARTITION BY asked.sequence, met_email ORDER BY decisions.sequence DESC) = 1"""

# A row meets the contact of earlier imports, or else the first row of the file that goes the usual way: those held and those
# decided on do not. Other signs than the address pair it with more.
_PAIRED = f"""
    WITH judged AS (
        SELECT arriving.sequence, arriving.match_key, links.state, links.reason,
               coalesce(links.reason = '{Skip.SHARED_MAILBOX}', false) AS is_held,
               is_held OR coalesce(links.reason = '{Skip.DECIDED}', false)
                   OR arriving.sequence IN (SELECT sequence FROM remembered WHERE email = met_email) AS is_aside
        FROM arriving JOIN links USING (sequence)),
    firsts AS (
        SELECT match_key, min(sequence) FILTER (NOT is_aside) AS first_sequence FROM judged GROUP BY match_key),
    known AS (
        SELECT match_key, arg_min(contact_id, sequence) AS contact_id FROM earlier WHERE contributes GROUP BY match_key)
    SELECT sequence, '{Rule.EMAIL}' AS rule, CAST(NULL AS VARCHAR[]) AS others, is_held, state, reason,
           contact_id IS NOT NULL AND (is_aside OR sequence = first_sequence) AS is_known,
           CASE WHEN is_known THEN contact_id ELSE first_sequence::VARCHAR END AS met_id
    FROM judged JOIN firsts USING (match_key) LEFT JOIN known USING (match_key)
    WHERE is_known OR sequence <> first_sequence
    UNION ALL
    SELECT sequence, rules[1], rules[2:], is_held, state, reason, contact_id IS NOT NULL,
           coalesce(contact_id, met_sequence::VARCHAR)
    FROM signed JOIN judged USING (sequence)"""

_SAID = ("name", "company", "phone", "mobile_phone", "original_crm_id", "linkedin_url")

# Everybody who is met: a contact as its records before this import say, the newest first, or a row of the file.
_MET = f"""
    WITH known AS (
        SELECT * FROM records
        WHERE contributes AND told_of IS NULL AND sequence < {{start}} AND contact_id IN (SELECT met_id FROM paired WHERE is_known)),
    lone AS (SELECT max(sequence) AS sequence FROM known GROUP BY contact_id HAVING count(*) = 1)
    SELECT contact_id AS met_id, contact_id, email, [email] AS emails, {name_of("known")} AS name, {_SIDE_COLUMNS},
           {{{{'import_id': import_id, 'sheet': sheet, 'line': line}}}} AS source
    FROM known SEMI JOIN lone USING (sequence)
    UNION ALL BY NAME
    SELECT contact_id AS met_id, contact_id, arg_max(email, (name IS NOT NULL, sequence)) AS email,
           list(DISTINCT email) AS emails,
           {", ".join(f"arg_max({column}, sequence) AS {column}" for column in _SAID)},
           arg_max({{{{'import_id': import_id, 'sheet': sheet, 'line': line}}}}, sequence) AS source
    FROM (SELECT *, {name_of("known")} AS name FROM known ANTI JOIN lone USING (sequence))
    GROUP BY contact_id
    UNION ALL BY NAME
    SELECT sequence::VARCHAR AS met_id, email, [email] AS emails, {name_of("first")} AS name, {_SIDE_COLUMNS},
           {{{{'import_id': import_id, 'sheet': sheet, 'line': line}}}} AS source
    FROM arriving AS first WHERE sequence::VARCHAR IN (SELECT met_id FROM paired WHERE NOT is_known)"""

_IS_SAME_NUMBER = " OR ".join(
    f"{number_of(f'row.{own}')} IN ({number_of('met.phone')}, {number_of('met.mobile_phone')})"
    for own in ("phone", "mobile_phone")
)
# What else speaks for a match by address. Names were compared where the policy is update.
_ALSO = f"""[CASE WHEN row.original_crm_id = met.original_crm_id THEN '{Rule.CRM_ID}' END,
             CASE WHEN ({_IS_SAME_NUMBER}) AND NOT is_held AND row.first_name IS NOT NULL
                       AND (row.policy = 'update' OR lower({name_of("row")}) = lower(met.name))
                  THEN '{Rule.PHONE_AND_NAME}' END,
             CASE WHEN row.linkedin_url = met.linkedin_url THEN '{Rule.LINKEDIN}' END]"""

_MATCHES = f"""
    WITH decided AS (
        SELECT paired.sequence, met_id, arg_max(decision, decided_at) AS decision
        FROM remembered JOIN paired USING (sequence) JOIN met USING (met_id)
        WHERE list_contains(met.emails, remembered.met_email) GROUP BY ALL)
    SELECT CASE WHEN rule = '{Rule.EMAIL}' AND row.email <> row.match_key THEN '{Rule.DECIDED}' ELSE rule END AS rule,
           nullif(array_to_string(coalesce(others, {_ALSO}), ', '), '') AS also,
           CASE WHEN is_known THEN '{IN_CRM}' ELSE '{IN_FILE}' END AS found,
           {name_of("row")} AS row_name, met.name AS match_name, row.email AS row_email, met.email AS match_email,
           row.company AS row_company, met.company AS match_company,
           nullif(concat_ws(', ', row.phone, row.mobile_phone), '') AS row_phone,
           nullif(concat_ws(', ', met.phone, met.mobile_phone), '') AS match_phone,
           row.original_crm_id AS row_crm_id, met.original_crm_id AS match_crm_id,
           row.linkedin_url AS row_linkedin, met.linkedin_url AS match_linkedin,
           row.sheet, row.line,
           CASE WHEN is_known THEN imports.file_name ELSE 'this file' END AS match_file,
           met.source.sheet AS match_sheet, met.source.line AS match_line, met.contact_id, row.import_id AS of_import,
           row.ordinal, met_id, is_held, paired.state, paired.reason, decided.decision
    FROM paired JOIN arriving AS row USING (sequence) JOIN met USING (met_id)
    LEFT JOIN imports ON imports.import_id = met.source.import_id
    LEFT JOIN decided USING (sequence, met_id)
    WHERE decided.decision IS DISTINCT FROM 'keep apart' OR row.email = met.email"""


def _in_words(matches: pl.DataFrame, policy: str) -> pl.DataFrame:
    """The matches in order, with what becomes of each row."""
    by_address = {found: words for (found, of_policy), words in _OUTCOMES.items() if of_policy == policy}
    outcome = (
        pl.when(pl.col("decision").is_not_null())
        .then(pl.format("as decided before: {}", "decision"))
        .when("is_held")
        .then(pl.lit(HELD))
        .when(pl.col("rule").is_in([Rule.EMAIL, Rule.DECIDED]) & pl.col("reason").ne_missing(Skip.DECIDED))
        .then(pl.col("found").replace_strict(by_address, default=None))
        .when(pl.col("state") == "skipped")
        .then(pl.format("left out: {}", "reason"))
        .otherwise(pl.col("state").replace_strict(_OWN_WAY, default=None))
    )
    in_order = matches.sort("ordinal", pl.col("rule").cast(pl.Enum(Rule)), "met_id")
    said = in_order.select(outcome.alias("outcome"), pl.exclude("met_id", "is_held", "state", "reason", "decision"))
    return said.select(pl.exclude("ordinal"), "ordinal")

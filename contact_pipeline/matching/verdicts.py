"""What the decisions on record mean for a record: whom it belongs with, and what becomes of it.

Belongs here: weighing decisions, and the address under which decided people are kept. Does not belong: reading decisions
(`decisions`), keeping them (`crm.decisions`) and linking (`links`). A decision speaks of identities, each an address and a
person. Those declared the same, directly or over others, are one circle: it is kept under the address that its earliest
record has. So the order of decisions does not matter, and undoing an import may only move a circle to its next address.
"""

from __future__ import annotations

import duckdb
import polars as pl

from contact_pipeline.matching.decisions import name_of, person_of

# The latest word on each pair counts.
_LATEST = """
    SELECT email, person, met_email, met_person, of_import, decision FROM decisions
    QUALIFY row_number() OVER (PARTITION BY email, person, met_email, met_person ORDER BY sequence DESC) = 1"""

_VERDICTS = f"""
    WITH latest AS ({_LATEST})
    SELECT circles.*,
           coalesce(bool_or(decision = 'skip'), false) AS is_left_out,
           coalesce(bool_or(decision = 'update' AND latest.email = met_email), false) AS is_welcome,
           coalesce(list(of_import) FILTER (decision = 'update'), []) AS welcome_in,
           coalesce(bool_or(decision IN ('create', 'keep apart') AND latest.email = met_email
                            AND circles.circle <> met.circle), false) AS is_apart
    FROM circles
    LEFT JOIN latest USING (email, person)
    LEFT JOIN circles AS met ON met.email = latest.met_email AND met.person = latest.met_person
    GROUP BY ALL"""

_PERSON = person_of(name_of("known"))


def weigh_decisions(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the temporary table `verdicts`: what the decisions on record say of each identity.

    Columns: email, person, circle (the identities declared the same), is_left_out, is_welcome (never held), welcome_in (the
    imports whose policy gives way) and is_apart (its circle has a contact of its own beside that of the address).
    """
    connection.register("circles", _circles(connection.sql(_LATEST).pl()))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE verdicts AS {_VERDICTS}")
    connection.unregister("circles")


def judge(connection: duckdb.DuckDBPyConnection, pool: str) -> None:
    """Make the temporary table `judged`: sequence, email and verdict of those records in `pool` that have one.

    `pool` has sequence, email, first_name, last_name, full_name. Needs `verdicts`.
    """
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE judged AS
        SELECT known.sequence, verdicts.*
        FROM (SELECT * FROM {pool} SEMI JOIN verdicts USING (email)) AS known
        JOIN verdicts ON verdicts.email = known.email AND verdicts.person = {_PERSON}"""
    )


def wanted_keys(connection: duckdb.DuckDBPyConnection, everyone: str) -> None:
    """Make the temporary table `wanted`: the key of each record that decisions move, or no longer move.

    `everyone` is SQL that gives KEYED_COLUMNS of all records there are. `wanted` has sequence, match_key (as it should be)
    and former (as it is), of the records where they differ. Makes `verdicts` as well.
    """
    weigh_decisions(connection)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE concerned AS
        SELECT * FROM ({everyone}) WHERE email IN (SELECT email FROM verdicts) OR match_key <> email"""
    )
    judge(connection, "concerned")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE wanted AS {_WANTED}")
    connection.execute("DROP TABLE concerned")


KEYED_COLUMNS = "sequence, email, match_key, first_name, last_name, full_name"

_WANTED = """
    WITH kept AS (
        SELECT circle, arg_min(email, sequence) AS match_key FROM judged WHERE NOT is_left_out GROUP BY circle),
    placed AS (SELECT sequence, kept.match_key FROM judged JOIN kept USING (circle) WHERE NOT is_left_out)
    SELECT sequence, coalesce(placed.match_key, concerned.email) AS match_key, concerned.match_key AS former
    FROM concerned LEFT JOIN placed USING (sequence)
    WHERE concerned.match_key IS DISTINCT FROM coalesce(placed.match_key, concerned.email)"""


def _circles(latest: pl.DataFrame) -> pl.DataFrame:
    """Email, person and circle of every identity that a decision names."""
    circle_of: dict[tuple[str, str], tuple[str, str]] = {}

    def root(one: tuple[str, str]) -> tuple[str, str]:
        while circle_of.setdefault(one, one) != one:
            circle_of[one] = circle_of[circle_of[one]]
            one = circle_of[one]
        return one

    for email, person, met_email, met_person, decision in latest.select(
        "email", "person", "met_email", "met_person", "decision"
    ).iter_rows():
        ends = sorted((root((email, person)), root((met_email, met_person))))
        if decision == "update":
            circle_of[ends[1]] = ends[0]
    rows = [(*one, "\x1f".join(root(one))) for one in sorted(circle_of)]
    return pl.DataFrame(rows, schema={"email": pl.String, "person": pl.String, "circle": pl.String}, orient="row")

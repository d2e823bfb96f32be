"""What the CRM holds of a person, taken out in one transaction.

Belongs here: which tables lose what. Does not belong: whose rows they are (`person`), files (`mangling`, `leftovers`).
Rows that count stay where they are, emptied: what an import did with how many rows remains true. What other people's
records say keeps its place too, with a word where an address of the person stood.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import polars as pl

from contact_pipeline.crm.activities import erase_activities
from contact_pipeline.crm.companies import refresh_companies
from contact_pipeline.crm.mappings import note_custom_fields
from contact_pipeline.crm.refolding import refold_addresses
from contact_pipeline.erasure.person import Person
from contact_pipeline.erasure.traces import Traces
from contact_pipeline.fields import FIELD_NAMES, Survivorship

_EMPTIED = ("match_key", "contact_id", *FIELD_NAMES, "custom_fields", "issues", "cleared", "told_of")
_UNTOUCHED_TABLES = ("records", "meta", "suppressions")


def erase_from_crm(connection: duckdb.DuckDBPyConnection, person: Person, rules: Mapping[str, Survivorship]) -> None:
    """Empty the person's records, delete what else there is, and fold anew whoever shared a record or named the person.

    `rules` overrides the survivorship of fields. Needs an open transaction.
    """
    traces = Traces(person.addresses)
    erase_activities(connection, person.addresses)
    others = _empty_records(connection, person) | _delete(connection, person) | _take_out_of_records(connection, traces)
    refold_addresses(connection, sorted(others), rules)
    for import_id in person.rows["import_id"].unique():
        _recount_custom_fields(connection, import_id)
    refresh_companies(connection)
    for table in _tables(connection):
        _take_out_of_table(connection, table, traces)


def _empty_records(connection: duckdb.DuckDBPyConnection, person: Person) -> set[str]:
    """Leave of each record its place, its state and the reason for it. Gives the keys they had."""
    connection.register("rows_of_theirs", person.rows)
    keys = connection.execute(
        "SELECT DISTINCT match_key FROM records SEMI JOIN rows_of_theirs USING (sequence) WHERE match_key IS NOT NULL"
    ).fetchall()
    emptied = ", ".join(f"{column} = NULL" for column in _EMPTIED)
    connection.execute(
        f"UPDATE records SET contributes = false, {emptied} WHERE sequence IN (SELECT sequence FROM rows_of_theirs)"
    )
    connection.unregister("rows_of_theirs")
    return {key for (key,) in keys}


def _delete(connection: duckdb.DuckDBPyConnection, person: Person) -> set[str]:
    """Delete what is about the person alone. Gives the addresses of others that a decision spoke of."""
    addresses, contacts = sorted(person.addresses), sorted(person.contact_ids)
    for table in ("contacts", "score_history"):
        connection.execute(f"DELETE FROM {table} WHERE contact_id IN (SELECT unnest(?::VARCHAR[]))", [contacts])
    connection.execute("DELETE FROM opt_outs WHERE match_key IN (SELECT unnest(?::VARCHAR[]))", [addresses])
    undecided = connection.execute(
        """DELETE FROM decisions USING (SELECT ?::VARCHAR[] AS addresses) AS erased
        WHERE email IN erased.addresses OR met_email IN erased.addresses RETURNING email, met_email""",
        [addresses],
    ).fetchall()
    return {address for pair in undecided for address in pair} - person.addresses


def _take_out_of_records(connection: duckdb.DuckDBPyConnection, traces: Traces) -> set[str]:
    """Take the addresses out of what other records say. Gives the keys of these records."""
    texts = [name for name in _text_columns(connection, "records") if name in _EMPTIED and name not in _KEYS]
    found = _naming(connection, "records", ["sequence", "match_key", *texts], texts, traces)
    if found.is_empty():
        return set()
    is_theirs = pl.col("secondary_email").is_in(sorted(traces.words))
    found = found.with_columns(secondary_email=pl.when(~is_theirs).then("secondary_email"))
    _write_back(connection, "records", "sequence", found.drop("match_key"), texts, traces)
    return set(found["match_key"].drop_nulls())


_KEYS = ("match_key", "contact_id", "email")


def _take_out_of_table(connection: duckdb.DuckDBPyConnection, table: str, traces: Traces) -> None:
    texts = _text_columns(connection, table)
    found = _naming(connection, table, ["rowid", *texts], texts, traces)
    if found.height:
        _write_back(connection, table, "rowid", found, texts, traces)


def _naming(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], texts: Sequence[str], traces: Traces
) -> pl.DataFrame:
    """The rows of a table that name one of the addresses in a text; JSON as text."""
    everything = f"lower(concat_ws(' ', {', '.join(texts)}))"
    taken = ", ".join(f"{name}::VARCHAR AS {name}" if name in texts else name for name in columns)
    near: pl.DataFrame = connection.sql(
        f"SELECT {taken} FROM {table} WHERE len(list_filter($spellings::VARCHAR[], lambda one: contains({everything}, one))) > 0",
        params={"spellings": list(traces.spellings)},
    ).pl()
    return near.filter(pl.any_horizontal(traces.mentioned(pl.col(name)) for name in texts))


def _write_back(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    place: str,
    found: pl.DataFrame,
    texts: Sequence[str],
    traces: Traces,
) -> None:
    connection.register("rewritten", found.with_columns(traces.taken_out(pl.col(name)) for name in texts))
    assignments = ", ".join(f"{name} = rewritten.{name}" for name in texts)
    connection.execute(f"UPDATE {table} SET {assignments} FROM rewritten WHERE {table}.{place} = rewritten.{place}")
    connection.unregister("rewritten")


def _text_columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    rows = connection.execute(
        """SELECT column_name FROM duckdb_columns()
        WHERE table_name = ? AND NOT internal AND data_type IN ('VARCHAR', 'JSON') ORDER BY column_index""",
        [table],
    ).fetchall()
    return [name for (name,) in rows]


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The tables of the CRM that hold texts beside the records."""
    rows = connection.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary").fetchall()
    return [name for (name,) in rows if name not in _UNTOUCHED_TABLES and _text_columns(connection, name)]


def _recount_custom_fields(connection: duckdb.DuckDBPyConnection, import_id: str) -> None:
    types = connection.execute("SELECT name, type FROM custom_fields WHERE import_id = ?", [import_id]).fetchall()
    note_custom_fields(connection, import_id, dict(types))

"""Who is meant by an address: all addresses of that person, and what the CRM holds of them.

Belongs here: reading the address as typed, and following it through the CRM. Does not belong: taking anything away
(`crm_traces`, `mangling`). Addresses go together where a contact was folded from both, and where a record names one as the
further address of the other. A mailbox of a function, and an address that stands with people of other names, is nobody's
own: it is not followed, so that erasing one person never takes another along.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import polars as pl

from contact_pipeline.cleaning.emails import is_role_address, read_emails
from contact_pipeline.errors import UsageError
from contact_pipeline.matching.decisions import name_of
from contact_pipeline.matching.holds import somebody_else
from contact_pipeline.matching.links import ROWS_PER_IMPORT, Skip

_Name = tuple[str | None, str | None]  # given, family


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of somebody. `rows` has import_id, ordinal (the row in the stages of the import) and sequence."""

    addresses: frozenset[str]
    contact_ids: frozenset[str]
    names: frozenset[str]  # full names, as they stand in reports
    rows: pl.DataFrame


def address_of(typed: str) -> str:
    """The normalised address that somebody typed. Raises UsageError where it is none, or several."""
    read: str | None = read_emails(pl.Series([typed], dtype=pl.String))["value"][0]
    if read is None or " " in read:
        raise UsageError(
            f"'{typed}' is not an e-mail address. Give one address of the person, such as ann@example.com."
        )
    return read


def find_person(connection: duckdb.DuckDBPyConnection, address: str) -> Person:
    """The person behind a normalised address; only the address where the CRM does not know it."""
    addresses = {address}
    while more := _own(connection, addresses) - addresses:
        addresses |= more
    return _known(connection, addresses)


def _known(connection: duckdb.DuckDBPyConnection, addresses: set[str]) -> Person:
    """All records under the addresses, held ones too; and those folded into a contact that has one of them."""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE theirs AS
        WITH own AS (SELECT contact_id FROM records WHERE contributes AND email IN (SELECT unnest($personal::VARCHAR[])))
        SELECT import_id, sequence % {ROWS_PER_IMPORT} AS ordinal, sequence, contact_id, match_key,
               {name_of("known")} AS name
        FROM records AS known
        WHERE email IN (SELECT unnest($addresses::VARCHAR[]))
           OR (contact_id IN (FROM own) AND reason IS DISTINCT FROM '{Skip.SHARED_MAILBOX}')""",
        {"addresses": sorted(addresses), "personal": sorted(_personal(addresses))},
    )
    contacts = connection.execute(
        "SELECT DISTINCT contact_id FROM theirs SEMI JOIN contacts USING (contact_id)"
    ).fetchall()
    names = connection.execute("SELECT DISTINCT name FROM theirs WHERE name LIKE '% %'").fetchall()
    return Person(
        frozenset(addresses),
        frozenset(contact_id for (contact_id,) in contacts),
        frozenset(name for (name,) in names),
        connection.sql("SELECT import_id, ordinal, sequence FROM theirs ORDER BY sequence").pl(),
    )


def _own(connection: duckdb.DuckDBPyConnection, addresses: set[str]) -> set[str]:
    """The person's addresses that are one step away from those known."""
    followed = _personal(addresses)
    folded = connection.execute(
        """SELECT DISTINCT email FROM records WHERE contributes AND contact_id IN (
            SELECT contact_id FROM records WHERE contributes AND email IN (SELECT unnest($addresses::VARCHAR[])))""",
        {"addresses": sorted(followed)},
    ).fetchall()
    pairs = connection.execute(
        """SELECT DISTINCT email, secondary_email FROM records, (SELECT $addresses::VARCHAR[] AS known)
        WHERE secondary_email IS NOT NULL AND (email IN known OR secondary_email IN known)""",
        {"addresses": sorted(followed)},
    ).fetchall()
    named = {other for pair in pairs if _is_one_person(connection, *pair) for other in pair}
    return _personal({email for (email,) in folded} | named)


def _personal(addresses: Iterable[str]) -> set[str]:
    found = pl.DataFrame({"address": sorted(addresses)}, schema={"address": pl.String})
    return set(found.filter(~is_role_address(pl.col("address")))["address"])


def _is_one_person(connection: duckdb.DuckDBPyConnection, address: str, further: str) -> bool:
    """May the further address that a record names be taken for the person's own?

    One that has records of its own must have a name that fits; one that has none must not be named by people of other names.
    """
    names = _names(connection, "email", address)
    if _stands_alone(connection, further):
        others = _names(connection, "email", further)
        return bool(names and others) and _fit(names, others)
    return _fit(names, _names(connection, "secondary_email", further))


def _stands_alone(connection: duckdb.DuckDBPyConnection, address: str) -> bool:
    return bool(connection.execute("SELECT 1 FROM records WHERE email = ? LIMIT 1", [address]).fetchall())


def _names(connection: duckdb.DuckDBPyConnection, column: str, address: str) -> list[_Name]:
    """The names of the records that hold an address, those without a given name left out."""
    query = f"SELECT DISTINCT first_name, last_name FROM records WHERE {column} = ? AND first_name IS NOT NULL"
    return connection.execute(query, [address]).fetchall()


def _fit(names: list[_Name], others: list[_Name]) -> bool:
    return not any(somebody_else(*name, *other, False) for name in names for other in others)

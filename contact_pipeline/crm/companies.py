"""Companies, as seen in the contacts: one a business domain, else one a normalised name.

Belongs here: the set operation that derives companies and links contacts to them. Does not belong: how a company name
is normalised or which domains are free mail (`cleaning`). A domain of a free-mail provider is nobody's company.
"""

from __future__ import annotations

import duckdb
import polars as pl

from contact_pipeline.cleaning.companies import company_key
from contact_pipeline.cleaning.emails import domain_of, is_free_mail


def refresh_companies(connection: duckdb.DuckDBPyConnection) -> int:
    """Derive all companies from the contacts, and link each contact to its own.

    Returns the number of companies. Needs an open transaction.
    """
    _collect_keys(connection)
    connection.execute(
        """UPDATE contacts SET company_id = keys.company_id FROM company_keys AS keys
        WHERE contacts.contact_id = keys.contact_id AND contacts.company_id IS DISTINCT FROM keys.company_id"""
    )
    connection.execute("DELETE FROM companies")
    connection.execute(f"INSERT INTO companies BY NAME {_DERIVED}")
    return int(connection.execute("SELECT count(*) FROM companies").fetchall()[0][0])


def _most_frequent(column: str) -> str:
    """The value most contacts give; sorted first, so that the order of contacts does not decide ties."""
    return f"mode({column} ORDER BY {column}) AS {column}"


_DERIVED = f"""
    SELECT company_id, mode(company ORDER BY company) AS name, max(domain) AS domain, {_most_frequent("industry")},
           {_most_frequent("country")}, {_most_frequent("company_size")}, {_most_frequent("annual_revenue")},
           count(*) AS contacts
    FROM contacts JOIN company_keys USING (contact_id, company_id) WHERE company_id IS NOT NULL GROUP BY company_id"""


def _collect_keys(connection: duckdb.DuckDBPyConnection) -> None:
    """company_keys: contact_id, domain, company_id of every contact."""
    contacts = connection.sql("SELECT contact_id, email, website, company FROM contacts").pl()
    connection.register("keys", company_keys(contacts))
    connection.execute("CREATE OR REPLACE TEMP TABLE company_keys AS SELECT * FROM keys")
    connection.unregister("keys")


def company_keys(contacts: pl.DataFrame) -> pl.DataFrame:
    """Which company each contact belongs to: contact_id, domain, company_id (null where nothing tells)."""
    email = pl.col("email")
    site = pl.col("website").str.extract(r"^https?://(?:www\.)?([^/:?#]+)")
    business = pl.when(~is_free_mail(email)).then(domain_of(email))
    domain = pl.coalesce(business, site)
    return contacts.select(
        "contact_id", domain=domain, company_id=pl.coalesce("d:" + domain, "n:" + company_key("company"))
    )

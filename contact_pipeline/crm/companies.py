"""Companies, as seen in the contacts: one a business domain, else one a normalised name.

Belongs here: the set operations that derive companies and link contacts to them. Does not belong: how a company name
is normalised or which domains are free mail (`cleaning`). A domain of a free-mail provider is nobody's company.
Companies are a pure function of the contacts. A contact is written with the link to its company, and the companies of contacts
that are written again or go are forgotten: with that, what a small import changes is found without deriving everything anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import polars as pl

from contact_pipeline.cleaning.companies import company_key
from contact_pipeline.cleaning.emails import domain_of, is_free_mail


def refresh_companies(connection: duckdb.DuckDBPyConnection, *, anew: bool = True) -> int:
    """Bring companies, and the link of each contact to its own, up to date with the contacts.

    With `anew` every contact is placed again; else only those without a company are, and only companies that gained or
    lost a contact or were forgotten are derived: enough where whoever wrote a contact placed it or left its company_id null.
    Only rows that differ are written. Returns the number of companies. Needs an open transaction.
    """
    _place_contacts(connection, "true" if anew else "contacts.company_id IS NULL")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE touched_companies AS {_EVERY if anew else _TOUCHED}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE derived_companies AS {_DERIVED}")
    connection.execute(
        """DELETE FROM companies WHERE company_id IN (
            SELECT company_id FROM (FROM companies SEMI JOIN touched_companies USING (company_id) EXCEPT
                                    FROM derived_companies))"""
    )
    connection.execute("INSERT INTO companies BY NAME FROM derived_companies ANTI JOIN companies USING (company_id)")
    return int(connection.execute("SELECT count(*) FROM companies").fetchall()[0][0])


_EVERY = "SELECT company_id FROM contacts UNION SELECT company_id FROM companies"

# A contact that came or went is told by the count, which a company that was forgotten lacks altogether.
_TOUCHED = """
    SELECT company_id FROM placed
    UNION
    SELECT company_id FROM (SELECT company_id, count(*) AS n FROM contacts WHERE company_id IS NOT NULL GROUP BY company_id)
    FULL JOIN companies USING (company_id) WHERE n IS DISTINCT FROM contacts"""


def _most_frequent(column: str) -> str:
    """The value most contacts give; sorted first, so that the order of contacts does not decide ties."""
    return f"mode({column} ORDER BY {column})"


_DERIVED = f"""
    SELECT company_id, {_most_frequent("company")} AS name,
           CASE WHEN starts_with(company_id, 'd:') THEN substr(company_id, 3) END AS domain,
           {_most_frequent("industry")} AS industry, {_most_frequent("country")} AS country,
           {_most_frequent("company_size")} AS company_size, {_most_frequent("annual_revenue")} AS annual_revenue,
           count(*) AS contacts
    FROM contacts SEMI JOIN touched_companies USING (company_id) GROUP BY company_id"""

_AT_DOMAIN = "substr(email, strpos(email, '@'))"


def _place_contacts(connection: duckdb.DuckDBPyConnection, which: str) -> None:
    """Link each contact that fulfils `which` (SQL) to its company. Makes the temporary table `placed`: those that moved."""
    people = f"(SELECT rowid AS place, email, website, company, company_id AS former FROM contacts WHERE {which})"
    with companies_told(connection, people):
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE placed AS
            SELECT place, company_id FROM {with_company(people)} WHERE former IS DISTINCT FROM company_id"""
        )
    connection.execute("UPDATE contacts SET company_id = placed.company_id FROM placed WHERE contacts.rowid = place")


def forget_companies(connection: duckdb.DuckDBPyConnection, people: str) -> None:
    """Forget the companies of contacts that will be written anew or go, so that they are derived again.

    `people` is SQL for such rows of contacts. Needs an open transaction.
    """
    connection.execute(f"DELETE FROM companies WHERE company_id IN (SELECT company_id FROM {people})")


@contextmanager
def companies_told(connection: duckdb.DuckDBPyConnection, people: str) -> Iterator[None]:
    """Find out the companies of the people that a subquery gives with email, website and company, for `with_company`.

    Each mail domain, and each website with its company name, is looked at once, however many people share it.
    """
    mail = connection.sql(f"SELECT DISTINCT {_AT_DOMAIN} AS at_domain FROM {people}").pl()
    connection.register("employers", employers(mail))
    signs = connection.sql(
        f"SELECT DISTINCT website, company FROM {people} ANTI JOIN employers ON at_domain = {_AT_DOMAIN}"
    ).pl()
    connection.register("signs", other_signs(signs))
    try:
        yield
    finally:
        connection.unregister("employers")
        connection.unregister("signs")


def with_company(people: str) -> str:
    """SQL for the rows of a subquery with `company_id` added, inside `companies_told` of the same."""
    return f"""(
        SELECT people.*, coalesce(employers.company_id, signs.company_id) AS company_id
        FROM {people} AS people LEFT JOIN employers ON at_domain = {_AT_DOMAIN}
        LEFT JOIN signs ON signs.website IS NOT DISTINCT FROM people.website
                       AND signs.company IS NOT DISTINCT FROM people.company)"""


def employers(mail: pl.DataFrame) -> pl.DataFrame:
    """Companies by mail domain: at_domain (the address from its @ on), company_id; free-mail providers left out."""
    at_domain = pl.col("at_domain")
    return mail.filter(~is_free_mail(at_domain)).with_columns(company_id="d:" + domain_of(at_domain))


def other_signs(signs: pl.DataFrame) -> pl.DataFrame:
    """Companies of people whose mail domain tells none: website, company, company_id (null where nothing tells)."""
    host = pl.col("website").str.extract(r"^https?://(?:www\.)?([^/:?#]+)")
    return signs.with_columns(company_id=pl.coalesce("d:" + host, "n:" + company_key("company")))

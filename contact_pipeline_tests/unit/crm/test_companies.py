"""Companies, as seen in the contacts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact_pipeline.crm.companies import refresh_companies
from contact_pipeline.crm.tables import ensure_tables
from contact_pipeline_tests.effort import examples
from contact_pipeline_tests.unit.crm.fold_model import Given, Row
from contact_pipeline_tests.unit.crm.small_crm import SmallCrm


def _companies(crm: SmallCrm, *rows: Row) -> list[tuple[str, str, str | None, int]]:
    crm.bring_in(Given("one", list(rows)))
    refresh_companies(crm.connection)
    return crm.connection.sql("SELECT company_id, name, domain, contacts FROM companies ORDER BY company_id").fetchall()


def test_people_of_one_business_domain_share_a_company_whatever_they_call_it(crm: SmallCrm) -> None:
    found = _companies(
        crm,
        {"email": "ann@acme.example", "company": "Acme Ltd"},
        {"email": "bob@acme.example", "company": "ACME"},
        {"email": "cy@acme.example", "company": "Acme Ltd"},
    )
    assert found == [("d:acme.example", "Acme Ltd", "acme.example", 3)]


def test_a_free_mail_domain_is_nobodys_company(crm: SmallCrm) -> None:
    assert _companies(crm, {"email": "ann@gmail.com"}, {"email": "bob@gmail.com"}) == []


def test_with_free_mail_the_website_tells_the_company_and_else_the_name(crm: SmallCrm) -> None:
    found = _companies(
        crm,
        {"email": "ann@gmail.com", "website": "https://www.acme.example/about", "company": "Acme"},
        {"email": "bob@gmail.com", "company": "Müller GmbH"},
        {"email": "cy@gmx.de", "company": "MULLER"},
    )
    assert [(key, domain, people) for key, _, domain, people in found] == [
        ("d:acme.example", "acme.example", 1),
        ("n:muller", None, 2),
    ]


def test_of_two_names_equally_frequent_the_order_of_contacts_does_not_decide(crm: SmallCrm) -> None:
    ann, bob = {"email": "ann@acme.example", "company": "Zeta"}, {"email": "bob@acme.example", "company": "Acme"}
    forward, backward = _companies(crm, ann, bob), _companies(crm, bob, ann)
    assert forward == backward == [("d:acme.example", "Acme", "acme.example", 2)]


def test_a_company_nobody_belongs_to_any_more_is_gone(crm: SmallCrm) -> None:
    _companies(crm, {"email": "ann@acme.example"})
    found = _companies(crm, {"email": "ann@other.example", "company": "Other"})
    assert found == [("d:other.example", "Other", "other.example", 1)]
    linked = crm.connection.sql("SELECT company_id FROM contacts").fetchall()
    assert linked == [("d:other.example",)]


def test_a_contact_whose_company_is_no_longer_told_loses_its_link(crm: SmallCrm) -> None:
    _companies(crm, {"email": "ann@gmail.com", "company": "Acme"})
    assert _companies(crm, {"email": "ann@gmail.com"}) == []
    assert crm.connection.sql("SELECT company_id FROM contacts").fetchall() == [(None,)]


def test_a_contact_without_an_address_belongs_where_its_website_or_name_says(crm: SmallCrm) -> None:
    crm.connection.execute(
        """INSERT INTO contacts (contact_id, website, company)
        VALUES ('c1', 'https://acme.example', 'Acme'), ('c2', NULL, 'Acme'), ('c3', NULL, NULL)"""
    )
    refresh_companies(crm.connection)
    linked = crm.connection.sql("SELECT contact_id, company_id FROM contacts ORDER BY contact_id").fetchall()
    assert linked == [("c1", "d:acme.example"), ("c2", "n:acme"), ("c3", None)]


def test_refreshing_again_writes_no_row(crm: SmallCrm) -> None:
    _companies(crm, {"email": "ann@acme.example", "annual_revenue": 1.5}, {"email": "bob@gmail.com", "company": "Zeta"})
    places = "SELECT rowid, * FROM companies ORDER BY ALL"
    before = crm.connection.sql(places).fetchall()
    refresh_companies(crm.connection)
    assert crm.connection.sql(places).fetchall() == before


NAME_KEYS = {"Acme": "n:acme", "ACME Ltd": "n:acme", "Zeta": "n:zeta", None: None}
HOSTS = {"https://www.acme.example/about": "acme.example", "https://zeta.example": "zeta.example", None: None}
PEOPLE = st.fixed_dictionaries(
    {
        "email": st.sampled_from(["acme.example", "other.example", "gmail.com"]).map("ann@{}".format),
        "website": st.sampled_from(list(HOSTS)),
        "company": st.sampled_from(list(NAME_KEYS)),
        "industry": st.sampled_from(["Retail", "Mining", None]),
        "annual_revenue": st.sampled_from([1.5, 2e6, None]),
    }
)
# Somebody is written, or with None goes; now and then companies are refreshed.
STEPS = st.lists(st.tuples(st.sampled_from("abcd"), st.none() | PEOPLE, st.booleans()), max_size=12)


@settings(max_examples=examples(15))
@given(STEPS)
def test_looking_only_at_what_was_written_since_ends_in_the_companies_that_all_contacts_show(
    steps: list[tuple[str, Row | None, bool]],
) -> None:
    people: dict[str, Row] = {}
    with duckdb.connect(":memory:") as connection:
        ensure_tables(connection)
        for contact_id, person, refreshed in steps:
            people.pop(contact_id, None)
            connection.execute("DELETE FROM contacts WHERE contact_id = ?", [contact_id])
            if person:
                people[contact_id] = person
                _write(connection, contact_id, person)
            if refreshed:
                refresh_companies(connection, anew=False)
        refresh_companies(connection, anew=False)
        assert _links_and_companies(connection) == _expected(people)


@settings(max_examples=examples(15))
@given(st.dictionaries(st.sampled_from("abcd"), PEOPLE), st.dictionaries(st.sampled_from("abcd"), PEOPLE))
def test_deriving_all_anew_needs_no_word_of_what_was_written(before: dict[str, Row], after: dict[str, Row]) -> None:
    with duckdb.connect(":memory:") as connection:
        ensure_tables(connection)
        for contact_id, person in before.items():
            _write(connection, contact_id, {**person, "company_id": "d:gone.example"})
        refresh_companies(connection, anew=True)
        assert _links_and_companies(connection) == _expected(before)
        connection.execute("DELETE FROM contacts")
        for contact_id, person in after.items():
            _write(connection, contact_id, {**person, "company_id": "d:acme.example"})
        refresh_companies(connection, anew=True)
        assert _links_and_companies(connection) == _expected(after)


# Files that come, come again with other rows, or with None are undone; now and then companies are refreshed.
FILES = st.lists(
    st.tuples(
        st.sampled_from(["one", "two"]),
        st.none() | st.lists(st.tuples(st.sampled_from(["ann", "bob"]), PEOPLE), min_size=1, max_size=3),
        st.booleans(),
    ),
    min_size=2,
    max_size=5,
)


@settings(max_examples=examples(5), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES)
def test_files_that_come_and_go_leave_the_companies_that_all_contacts_show(
    tmp_path: Path, steps: list[tuple[str, list[tuple[str, Row]] | None, bool]]
) -> None:
    crm = SmallCrm(tmp_path)
    there: set[str] = set()
    for name, people, refreshed in steps:
        file = Given(name, [row | {"email": row["email"].replace("ann", who)} for who, row in people or []])
        if people:
            crm.bring_in(file)
            there.add(name)
        elif name in there:
            crm.undo(file.import_id)
            there.remove(name)
        if refreshed:
            refresh_companies(crm.connection, anew=False)
    refresh_companies(crm.connection, anew=False)
    found = _links_and_companies(crm.connection)
    crm.connection.execute("UPDATE contacts SET company_id = NULL; DELETE FROM companies")
    refresh_companies(crm.connection, anew=True)
    assert found == _links_and_companies(crm.connection)


def _write(connection: duckdb.DuckDBPyConnection, contact_id: str, person: Row) -> None:
    row = {"contact_id": contact_id, **person}
    places = ", ".join("?" for _ in row)
    connection.execute(f"INSERT INTO contacts ({', '.join(row)}) VALUES ({places})", list(row.values()))


def _links_and_companies(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    links = dict(connection.sql("SELECT contact_id, company_id FROM contacts").fetchall())
    columns = "company_id, name, domain, industry, annual_revenue, contacts"
    return links, connection.sql(f"SELECT {columns} FROM companies ORDER BY company_id").fetchall()


def _expected(people: dict[str, Row]) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    """Links and companies, worked out person by person."""
    links = {contact_id: _company_of(person) for contact_id, person in people.items()}
    companies = []
    for company_id in sorted({link for link in links.values() if link}):
        members = [people[contact_id] for contact_id, link in links.items() if link == company_id]
        domain = company_id[2:] if company_id.startswith("d:") else None
        name, industry, revenue = (_commonest(members, one) for one in ("company", "industry", "annual_revenue"))
        companies.append((company_id, name, domain, industry, revenue, len(members)))
    return links, companies


def _company_of(person: Row) -> str | None:
    domain = person["email"].partition("@")[2]
    found = HOSTS[person["website"]] if domain == "gmail.com" else domain
    return f"d:{found}" if found else NAME_KEYS[person["company"]]


def _commonest(members: list[Row], name: str) -> Any:
    """The value that most give; of equally frequent ones the least."""
    counts = Counter(one[name] for one in members if one[name] is not None)
    return min(counts, key=lambda value: (-counts[value], value), default=None)

"""Companies, as seen in the contacts."""

from __future__ import annotations

from contact_pipeline.crm.companies import refresh_companies
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

"""The checks of the CRM pass on what an import leaves, and fail on each kind of damage they promise to notice."""

from __future__ import annotations

import pytest

from contact_pipeline.crm.audit import is_accounted_for
from contact_pipeline.crm.companies import refresh_companies
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.defs import checks
from contact_pipeline.defs.home import HomeResource
from contact_pipeline.home import Home
from contact_pipeline_tests.unit.crm.fold_model import Given, bring_in

CHECKS = {
    "one_contact_per_email": checks.one_contact_per_email,
    "records_and_contacts_agree": checks.records_and_contacts_agree,
    "companies_count_their_contacts": checks.companies_count_their_contacts,
}
DAMAGE = [
    ("one_contact_per_email", "UPDATE contacts SET email = 'ann@acme.example'"),
    ("records_and_contacts_agree", "DELETE FROM contacts WHERE email = 'ann@acme.example'"),
    ("records_and_contacts_agree", "UPDATE contacts SET email = NULL WHERE email = 'ann@acme.example'"),
    ("records_and_contacts_agree", "UPDATE records SET contributes = false WHERE match_key = 'ann@acme.example'"),
    ("records_and_contacts_agree", "UPDATE records SET contact_id = NULL WHERE match_key = 'ann@acme.example'"),
    ("records_and_contacts_agree", "INSERT INTO contacts FROM contacts LIMIT 1"),
    ("companies_count_their_contacts", "UPDATE contacts SET company_id = NULL WHERE email = 'ann@acme.example'"),
    ("companies_count_their_contacts", "DELETE FROM companies WHERE domain = 'acme.example'"),
    ("companies_count_their_contacts", "INSERT INTO companies (company_id, contacts) VALUES ('n:nobody', 0)"),
]


@pytest.fixture
def filled(home: Home) -> Home:
    """Three records of two contacts, each of a company."""
    rows = [{"email": "ann@acme.example"}, {"email": "bob@zeta.example"}, {"email": "ann@acme.example", "notes": "met"}]
    with open_crm(home) as connection:
        bring_in(connection, home, Given("one", rows))
        refresh_companies(connection)
    return home


def test_a_record_that_is_lost_after_its_import_is_missed(filled: Home) -> None:
    assert _ledger_adds_up(filled)
    with open_crm(filled) as connection:
        connection.execute("DELETE FROM records WHERE match_key = 'bob@zeta.example'")
    assert not _ledger_adds_up(filled)


def _ledger_adds_up(home: Home) -> bool:
    with read_crm(home) as connection:
        return is_accounted_for(connection, "one@000000000000")[0]


def test_all_checks_pass_on_what_an_import_leaves(filled: Home) -> None:
    assert [name for name in CHECKS if not _passes(name, filled)] == []


@pytest.mark.parametrize(("check", "damage"), DAMAGE)
def test_a_check_fails_on_the_damage_it_looks_for(filled: Home, check: str, damage: str) -> None:
    with open_crm(filled) as connection:
        connection.execute(damage)
    assert not _passes(check, filled)


def _passes(check: str, home: Home) -> bool:
    return bool(CHECKS[check](home=HomeResource(root=str(home.root))).passed)

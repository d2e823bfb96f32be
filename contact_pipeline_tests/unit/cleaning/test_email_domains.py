"""Domains of addresses: mistyped, disposable, not there; and what a broken address was meant to be."""

from __future__ import annotations

import socket
import threading

import polars as pl
import pytest

from contact_pipeline.cleaning import contacts, email_domains, emails
from contact_pipeline.settings import ImportOptions, ImportSettings


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmil.cm", "gmail.com"),
        ("gmail.co.uk", "gmail.com"),
        ("yahooo.co.uk", "yahoo.co.uk"),
        ("hotmial.fr", "hotmail.fr"),
        ("outlok.com", "outlook.com"),
    ],
)
def test_one_slip_away_from_a_well_known_domain_is_a_typo(typed: str, meant: str) -> None:
    assert email_domains.mistyped_domains([typed]) == {typed: meant}


@pytest.mark.parametrize(
    "domain", ["gmail.com", "mail.com", "email.com", "ymail.com", "yahoo.ca", "hotmail.be", "gmx.com", "acme.example"]
)
def test_a_domain_of_its_own_is_no_typo_of_another(domain: str) -> None:
    assert email_domains.mistyped_domains([domain]) == {}


def test_a_mistyped_domain_is_reported_with_a_suggestion_and_never_changed() -> None:
    row = {"line": 2, "kind": "data", "problem": None, "raw": None, "custom_fields": None, "source_date": None}
    types = dict.fromkeys([*row, "email"], pl.String) | {"line": pl.Int64, "cleared": pl.List(pl.String)}
    mapped = pl.DataFrame([{**row, "email": "Ann@gmial.com"}], schema=types)
    cleaned = contacts.clean_contacts(mapped, ImportOptions(), ImportSettings()).row(0, named=True)
    assert cleaned["email"] == "ann@gmial.com"
    assert cleaned["issues"] == [
        {
            "field": "email",
            "raw": "Ann@gmial.com",
            "reason": emails.MISTYPED_DOMAIN,
            "suggestion": "ann@gmail.com",
        }
    ]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ann[at]acme[dot]example", "ann@acme.example"),
        ("ann at acme.example", "ann@acme.example"),
        ("ann@@acme.example", "ann@acme.example"),
        ("ann@acme,example", "ann@acme.example"),
        ("ann@acme..example", "ann@acme.example"),
        (".ann@acme.example", "ann@acme.example"),
        ("ann", None),
        ("ann@acme", None),
        ("ann@127.0.0.1", None),
        ("ann example@acme.example", None),
    ],
)
def test_a_broken_address_gets_a_suggestion_only_where_one_thing_can_be_meant(text: str, meant: str | None) -> None:
    assert emails.suggest(pl.Series([text])).item() == meant


def test_flags_tell_role_free_and_disposable_addresses() -> None:
    addresses = pl.DataFrame({"email": ["info@acme.example", "ann@gmail.com", "x@mailinator.com", None]})
    flags = addresses.select(
        role=emails.is_role_address(pl.col("email")),
        free=emails.is_free_mail(pl.col("email")),
        disposable=emails.is_disposable(pl.col("email")),
    )
    assert flags["role"].to_list() == [True, False, False, None]
    assert flags["free"].to_list() == [False, True, True, None]
    assert flags["disposable"].to_list() == [False, False, True, None]


def _name_service(domain: str) -> None:
    if domain == "gone.example":
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    if domain == "later.example":
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


def test_only_a_domain_that_surely_does_not_exist_is_missing() -> None:
    asked = ["acme.example", "gone.example", "later.example"]
    assert email_domains.missing_domains(asked, seconds=5, look_up=_name_service) == {"gone.example"}


def test_where_no_domain_at_all_is_found_it_is_the_network_that_is_missing() -> None:
    assert email_domains.missing_domains(["gone.example"], seconds=5, look_up=_name_service) == frozenset()


def test_a_name_service_that_never_answers_holds_nobody_up() -> None:
    release = threading.Event()

    def never(domain: str) -> None:
        if domain == "slow.example":
            release.wait()
        _name_service(domain)

    found = email_domains.missing_domains(["slow.example", "gone.example", "a.example"], seconds=0.3, look_up=never)
    release.set()
    assert found == {"gone.example"}


@pytest.mark.parametrize(("asked", "reasons"), [(False, []), (True, [emails.NO_SUCH_DOMAIN])])
def test_the_name_service_is_asked_only_where_the_settings_say_so(
    asked: bool, reasons: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(email_domains, "_look_up", _name_service)
    row = {"kind": "data", "problem": None, "raw": None, "custom_fields": None, "source_date": None}
    types = {"line": pl.Int64, "cleared": pl.List(pl.String), **dict.fromkeys([*row, "email"], pl.String)}
    addresses = ("ann@gone.example", "bob@acme.example")
    mapped = pl.DataFrame([{**row, "line": n, "email": one} for n, one in enumerate(addresses)], schema=types)
    settings = ImportSettings(check_email_domains=asked, email_domain_seconds=5)
    cleaned = contacts.clean_contacts(mapped, ImportOptions(), settings)
    assert cleaned["email"].to_list() == list(addresses)
    assert [[issue["reason"] for issue in issues] for issues in cleaned["issues"]] == [reasons, []]

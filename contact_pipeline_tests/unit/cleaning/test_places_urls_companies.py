"""Countries, towns, postal codes, web addresses and companies."""

from __future__ import annotations

import polars as pl
import pytest
from phonenumbers import SUPPORTED_REGIONS

from contact_pipeline.cleaning import addresses, companies, text, urls
from contact_pipeline.cleaning.vocabulary import countries


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("United Kingdom", "GB"), ("UK", "GB"), ("England", "GB"), ("USA", "US"), ("U.S.A.", "US"), ("United States of America", "US"),
        ("Deutschland", "DE"), ("ALLEMAGNE", "DE"), ("deu", "DE"), ("Österreich", "AT"), ("Oesterreich", "AT"), ("España", "ES"), ("Espana", "ES"),
        ("Pays-Bas", "NL"), ("The Netherlands", "NL"), ("日本", "JP"), ("Россия", "RU"), ("NA", "NA"), ("NO", "NO"), ("Côte d’Ivoire", "CI"),
        ("Korea, Republic of", "KR"), ("Türkiye", "TR"), ("Turkey", "TR"), ("🇺🇸", "US"), ("Czech Republic", "CZ"), ("D", "DE"), ("A", "AT"), ("CH", "CH"),
    ],
)  # fmt: skip
def test_a_country_is_known_by_its_names_and_codes(name: str, code: str) -> None:
    assert addresses.read_countries(pl.Series([name])).row(0) == (code, None)


def test_an_unknown_country_is_left_blank_with_the_reason() -> None:
    assert addresses.read_countries(pl.Series(["ON"])).row(0) == (None, addresses.UNKNOWN_COUNTRY)


def test_every_country_with_a_numbering_plan_is_known() -> None:
    assert set(SUPPORTED_REGIONS) - set(countries().values()) <= {"AC", "TA"}


def test_towns_in_capitals_get_proper_case_and_short_codes_stay() -> None:
    places = addresses.read_places(pl.Series(["HEWELSFIELD COMMON", "NYC", "NC", "York", "SÃO PAULO"]))
    assert places["value"].to_list() == ["Hewelsfield Common", "NYC", "NC", "York", "São Paulo"]


def test_postal_codes_keep_their_zeros_and_lose_what_a_spreadsheet_added() -> None:
    codes = addresses.read_postal_codes(pl.Series(["01067", "gl15 1xd", "8001.0", '="02138"']))
    assert codes["value"].to_list() == ["01067", "GL15 1XD", "8001", "02138"]


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("acme.example", "https://acme.example"),
        ("HTTP://ACME.Example/About", "http://acme.example/About"),
        ("//acme.example", "https://acme.example"),
        ("www.bücher.example/x", "https://www.bücher.example/x"),
        ("https://কানাডা.com", "https://কানাডা.com"),
        ("acme.example:8080/x", "https://acme.example:8080/x"),
    ],
)
def test_a_web_address_gets_a_scheme_and_a_small_host(address: str, url: str) -> None:
    assert urls.read_urls(pl.Series([address])).row(0) == (url, None)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("javascript:alert(1)", urls.UNSAFE),
        ("data:text/html,<script>", urls.UNSAFE),
        ("file:///etc/passwd", urls.UNSAFE),
        ("http://user:pass@acme.example", urls.HOLDS_LOGIN),
        ("http://ac me.example", urls.NOT_AN_ADDRESS),
        ("acme", urls.NOT_AN_ADDRESS),
    ],
)
def test_an_address_that_is_unsafe_or_none_is_left_blank_with_the_reason(address: str, reason: str) -> None:
    assert urls.read_urls(pl.Series([address])).row(0) == (None, reason)


@pytest.mark.parametrize(
    "address",
    [
        "https://uk.linkedin.com/in/Jane-Doe/?trk=x",
        "linkedin.com/in/jane-doe",
        "www.linkedin.com/in/jane-doe/",
        "in/jane-doe",
    ],
)
def test_a_linkedin_profile_has_one_address(address: str) -> None:
    assert urls.read_linkedin_urls(pl.Series([address])).row(0) == ("https://www.linkedin.com/in/jane-doe", None)


def test_another_site_is_no_linkedin_address() -> None:
    assert urls.read_linkedin_urls(pl.Series(["https://linkedin.com.evil.example/in/x"])).row(0) == (
        None,
        urls.NOT_LINKEDIN,
    )


def test_companies_of_one_name_have_one_key_whatever_their_legal_form() -> None:
    spellings = ["Acme Inc.", "ACME, Ltd", "The Acme Company", "acme gmbh & co. kg", "Acmé S.A.", "Acme Sp. z o.o."]
    keys = pl.DataFrame({"company": spellings}).select(companies.company_key("company")).to_series()
    assert keys.unique().to_list() == ["acme"]


def test_a_company_key_is_never_empty() -> None:
    keys = pl.DataFrame({"company": ["Inc.", "!!", "日本", None]}).select(companies.company_key("company")).to_series()
    assert keys.to_list() == ["inc", "!!", "日本", None]


@pytest.mark.parametrize(
    "name", ["+Plus Agency", "-30- Press", "@Home Ltd", "=mc2 Labs", "$(id)", "C:\\Windows\\win.ini"]
)
def test_a_company_name_that_looks_dangerous_is_kept_as_it_is(name: str) -> None:
    assert companies.read_companies(pl.Series([name])).row(0) == (name, None)


@pytest.mark.parametrize("name", ["n/a", "None", "#REF!", "-", "unbekannt"])
def test_a_word_for_nothing_is_no_company(name: str) -> None:
    assert companies.read_companies(pl.Series([name])).row(0) == (None, None)


def test_an_id_keeps_every_letter_and_digit() -> None:
    ids = ["12345678901234567890", "0031x00000AbCdE", "01", "1.0", "None"]
    assert text.read_identifier(pl.Series(ids))["value"].to_list() == ids


def test_an_id_that_lost_digits_is_not_kept() -> None:
    assert text.read_identifier(pl.Series(["1.23457E+19"]))["value"].item() is None

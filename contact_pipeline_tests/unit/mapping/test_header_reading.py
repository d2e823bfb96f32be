"""Headers alone: their plain form, and what their words say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.fields import FIELD_BY_NAME
from contact_pipeline.mapping.claims import Place
from contact_pipeline.mapping.grammar import read_header
from contact_pipeline.mapping.normalise import normalise_header
from contact_pipeline.mapping.sensitive import sensitive_by_header, sensitive_by_values
from contact_pipeline.mapping.spellings import _known, known_header


@given(st.text(max_size=40))
def test_the_plain_form_of_a_plain_form_is_itself(header: str) -> None:
    plain = normalise_header(header)
    assert normalise_header(plain) == plain


@pytest.mark.parametrize(
    "header", ["E-Mail_Adresse", "eMailAdresse", " e-mail  adresse ", "EMail Adresse", "e_mail-adresse"]
)
def test_case_separators_and_camel_case_do_not_matter(header: str) -> None:
    assert normalise_header(header) == "email adresse"


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Subscriber E-mail Address", "email"),
        ("Adresse e-mail professionnelle", "email"),
        ("Nom Prénom", "full_name"),
        ("Nombre y apellidos", "full_name"),
        ("Nom de l'entreprise", "company"),
        ("Telefonnummer (geschäftlich)", "phone"),
        ("Handynummer", "mobile_phone"),
        ("勤務先メールアドレス", "email"),
        ("Arbejdsmobiltelefon", "mobile_phone"),
        ("Contact Job Title", "job_title"),
        ("Subscriber ZIP or Postal Code", "postal_code"),
        ("Company Revenue (in 000s EUR)", "annual_revenue"),
        ("Contact Has Opted Out", "opted_out"),
        ("Last Contact", "last_activity_at"),
        ("Kontakt LinkedIn-Profil", "linkedin_url"),
    ],
)
def test_headers_never_listed_are_read_by_their_words(header: str, field: str) -> None:
    assert known_header(normalise_header(header)) is None
    claim = read_header(normalise_header(header))
    assert claim is not None
    assert claim.fields == (field,)


@pytest.mark.parametrize(
    "header",
    [
        "Company Phone",
        "Email Status",
        "Email Opt In",
        "Accepts Email Marketing",
        "Account Owner",
        "Assistant Phone",
        "Mother's Email",
        "Manager Name",
        "Owner Phone",
        "Contact 2 Email",
        "Company LinkedIn URL",
        "First Conversion",
        "Recent Conversion Date",
        "Next Activity Date",
        "Company ID",
        "Created By",
        "Erstellt von",
        "Creato da",
        "Shipping Address First name",
        "Parent Company",
        "E-mail Display Name",
        "Email Bounced",
        "Do Not Call",
        "SMS Opt Out",
    ],
)
def test_somebody_elses_and_something_elses_columns_are_not_read_as_the_contacts(header: str) -> None:
    plain = normalise_header(header)
    claims = [claim for claim in (known_header(plain), read_header(plain)) if claim is not None]
    assert [claim.field for claim in claims if claim.field is not None] == []


def test_the_place_and_number_of_an_address_are_told_apart() -> None:
    home = read_header(normalise_header("Home City"))
    second = read_header(normalise_header("Address Line 2"))
    assert home is not None
    assert second is not None
    assert (home.field, home.place) == ("city", Place.HOME)
    assert (second.field, second.ordinal) == ("street_address", 2)
    assert read_header(normalise_header("Address 2 - City")) is None


def test_every_known_spelling_is_in_plain_form_and_names_fields_of_the_catalogue() -> None:
    known = _known()
    assert [spelling for spelling in known if normalise_header(spelling) != spelling] == []
    assert {field for claim in known.values() for field in claim.fields} <= set(FIELD_BY_NAME)


@pytest.mark.parametrize(
    "header", ["Password", "CCNumber", "CVV2", "IBAN", "SSN", "Tax ID", "Codice fiscale", "Mot de passe"]
)
def test_secrets_payment_means_and_national_ids_are_recognised(header: str) -> None:
    assert sensitive_by_header(normalise_header(header)) is not None


@pytest.mark.parametrize(
    "header", ["Pincode", "Company", "Card sent", "Designation", "Discount", "Dniester region", "Business card"]
)
def test_harmless_headers_are_not_taken_for_sensitive_ones(header: str) -> None:
    assert sensitive_by_header(normalise_header(header)) is None


def test_card_numbers_are_recognised_by_their_check_digit_only() -> None:
    cards = ["4111111111111111", "5500 0000 0000 0004", "4012-8888-8888-1881", "5105105105105100", "6011111111111117"]
    assert sensitive_by_values(cards) == "payment card data"
    assert sensitive_by_values([str(4111111111111112 + 10 * step) for step in range(20)]) is None

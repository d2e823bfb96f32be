"""Ways in which other importers lose, split or misread rows and cells, each shown not to be ours."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from contact_pipeline.crm.ledger import Ledger
from contact_pipeline_tests.e2e.small_home import SmallHome


@pytest.fixture
def crm(tmp_path: Path) -> SmallHome:
    return SmallHome(tmp_path)


def _placed(ledger: Ledger) -> int:
    return sum(count for name, count in ledger.rows.items() if name != "total")


def test_ragged_rows_are_counted_and_set_aside_with_their_text(crm: SmallHome) -> None:
    """CiviCRM drops them without a count, Mautic pads the short ones."""
    ledger = crm.take(
        "Email,First Name,City",
        "ann@acme.example,Ann,Rome",
        "short@acme.example,Bo",
        "long@acme.example,Cy,Oslo,surplus",
        "dee@acme.example,Dee,Bern",
    )
    assert (ledger.total, ledger.created, ledger.failed, _placed(ledger)) == (4, 2, 2, 4)
    aside = crm.set_aside()
    assert aside["Set-aside line"].to_list() == ["3", "4"]
    assert aside["Set-aside raw text"].to_list() == ["short@acme.example,Bo", "long@acme.example,Cy,Oslo,surplus"]
    assert set(crm.contacts()) == {"ann@acme.example", "dee@acme.example"}


def test_a_quoted_cell_may_hold_newlines_delimiters_and_quotes(crm: SmallHome) -> None:
    """Mautic reads physical lines."""
    ledger = crm.take(
        "Email,Notes,City",
        'ann@acme.example,"first line',
        "second, with a comma",
        'and a ""quote""",Rome',
        "bo@acme.example,plain,Oslo",
    )
    assert (ledger.total, ledger.created) == (2, 2)
    assert crm.contact("ann@acme.example")["notes"] == 'first line\nsecond, with a comma\nand a "quote"'
    assert [one["city"] for one in crm.contacts().values()] == ["Rome", "Oslo"]


@pytest.mark.parametrize("size", [8_192, 60_000])
def test_a_cell_longer_than_8192_bytes_stays_one_cell(crm: SmallHome, size: int) -> None:
    """SuiteCRM reads lines of at most 8,192 bytes."""
    text = "\n".join("line, " + "x" * 91 for _ in range(size // 98 + 1))
    ledger = crm.take("Email,Notes,City", f'ann@acme.example,"{text}",Rome', "bo@acme.example,plain,Oslo")
    assert (ledger.total, ledger.created) == (2, 2)
    ann = crm.contact("ann@acme.example")
    assert (ann["notes"], ann["city"], crm.contact("bo@acme.example")["city"]) == (text, "Rome", "Oslo")


def test_rows_without_an_address_are_counted_and_set_aside_with_all_their_cells(crm: SmallHome) -> None:
    """agent-crm dropped 84 % of a user's contacts unseen; Mautic makes anonymous contacts of them."""
    ledger = crm.take(
        "Email,First Name,Phone,Country",
        *[f",Person {n},+4420794600{n:02},UK" for n in range(84)],
        *[f"known{n}@acme.example,Person,,UK" for n in range(16)],
    )
    assert (ledger.total, ledger.created, ledger.failed) == (100, 16, 84)
    assert dict(ledger.failures) == {"no e-mail address": 84}
    aside = crm.set_aside()
    assert aside["Phone"].str.strip_prefix("'").to_list() == [f"+4420794600{n:02}" for n in range(84)]
    assert len(crm.contacts()) == 16


def test_blank_lines_totals_and_repeated_headers_are_counted_too(crm: SmallHome) -> None:
    """Blank rows vanish in EspoCRM and Mautic."""
    ledger = crm.take("Email,City", "ann@acme.example,Rome", "", ",", "Email,City", "bo@acme.example,Oslo")
    assert (ledger.total, ledger.created, ledger.not_data, _placed(ledger)) == (5, 2, 3, 5)


def test_the_address_of_one_row_is_never_carried_into_the_next(crm: SmallHome) -> None:
    """SuiteCRM#5445: rows with a blank address got that of the row before."""
    ledger = crm.take(
        "First Name,Email,City",
        "Ann,ann@acme.example,Rome",
        "Bo,,Oslo",
        "Cy,   ,Bern",
        "Dee,dee@acme.example,Paris",
    )
    assert (ledger.created, ledger.failed) == (2, 2)
    ann = crm.contact("ann@acme.example")
    assert (ann["first_name"], ann["city"]) == ("Ann", "Rome")
    assert crm.set_aside()["First Name"].to_list() == ["Bo", "Cy"]


def test_one_bad_cell_stops_neither_its_row_nor_the_file(crm: SmallHome) -> None:
    """Odoo imports all rows or none."""
    ledger = crm.take(
        "Email,Country,Create Date,Annual Revenue",
        "ann@acme.example,Atlantis,someday,plenty",
        "bo@acme.example,Norway,2024-02-01,1000",
    )
    assert (ledger.created, ledger.failed, sum(ledger.issues.values())) == (2, 0, 3)
    assert crm.contact("bo@acme.example")["country"] == "NO"


def test_a_date_that_first_appears_far_below_is_read(crm: SmallHome) -> None:
    """Odoo looks at ten rows (OCA/partner-contact#1256)."""
    crm.take(
        "Email,Create Date",
        *[f"p{n}@acme.example," for n in range(40)],
        "ann@acme.example,31.12.2023",
        "bo@acme.example,01.02.2024",
    )
    assert crm.contact("ann@acme.example")["created_at"] == datetime.fromisoformat("2023-12-31")
    assert crm.contact("bo@acme.example")["created_at"] == datetime.fromisoformat("2024-02-01")


def test_several_ways_to_write_a_date_may_stand_in_one_column(crm: SmallHome) -> None:
    """Relaticle: "Don't mix date formats"."""
    written = ["2024-02-13", "13 Feb 2024", "13.02.2024", "2024/02/13 00:00", "February 13, 2024", "45335"]
    crm.take("Email;Create Date", *[f"p{n}@acme.example;{text}" for n, text in enumerate(written)])
    assert {one["created_at"] for one in crm.contacts().values()} == {datetime.fromisoformat("2024-02-13")}


@pytest.mark.parametrize(
    ("email", "first", "company"),
    [
        ("E-Mail-Adresse", "Vorname", "Firma"),
        ("Adresse e-mail", "Prénom", "Société"),
        ("Correo electrónico", "Nombre", "Empresa"),
        ("Contact Email", "Given Name", "Organisation"),
        ("email_address", "First_Name", "Account Name"),
    ],
)
def test_headers_are_known_by_their_synonyms(crm: SmallHome, email: str, first: str, company: str) -> None:
    """Mautic knows aliases only, EspoCRM attribute names only; both miss most headers of real tools."""
    last = {"Vorname": "Nachname", "Prénom": "Nom", "Nombre": "Apellidos"}.get(first, "Last Name")
    crm.take(f"{email},{first},{last},{company}", "ann@acme.example,Ann,Lee,Acme")
    ann = crm.contact("ann@acme.example")
    assert (ann["first_name"], ann["last_name"], ann["company"]) == ("Ann", "Lee", "Acme")


def test_a_header_that_names_somebody_else_is_not_the_contact(crm: SmallHome) -> None:
    """Fuzzy matching maps "Account Owner Email" onto the address and "Email Status" onto it too."""
    crm.take("Account Owner Email,Email,Email Status", "owner@us.example,ann@acme.example,Valid")
    assert set(crm.contacts()) == {"ann@acme.example"}


def test_two_columns_for_one_field_are_not_glued_and_none_is_lost(crm: SmallHome) -> None:
    """Odoo concatenates two columns of one field."""
    crm.take(
        "Email,E-mail 2,City,City,Industry,Industry",
        "ann@acme.example,ann.lee@home.example,Rome,Milan,Retail,Toys",
    )
    ann = crm.contact("ann@acme.example")
    assert (ann["email"], ann["secondary_email"]) == ("ann@acme.example", "ann.lee@home.example")
    assert (ann["city"], ann["industry"]) == ("Rome", "Retail")
    assert sorted(ann["custom_fields"].values()) == ["Milan", "Toys"]


def test_a_column_that_no_field_fits_is_kept_under_its_own_header(crm: SmallHome) -> None:
    crm.take("Email,Favourite colour,Badge", "ann@acme.example,green,0042")
    assert crm.contact("ann@acme.example")["custom_fields"] == {"Badge": "0042", "Favourite colour": "green"}


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("utf-16", "\t"), ("cp1252", ";"), ("mac_roman", ";"), ("cp1252", ",")],
)
def test_a_file_need_not_be_converted_first(crm: SmallHome, encoding: str, delimiter: str) -> None:
    """ "Must be UTF-8", "convert it in Notepad++": HubSpot, Twenty, SuiteCRM, YetiForce."""
    people = [("Jürgen", "Müller", "Köln"), ("Zoë", "Größe", "Zürich"), ("François", "Lefèvre", "Besançon")]
    rows = [("E-Mail", "Vorname", "Nachname", "Stadt"), *[(f"p{n}@acme.example", *one) for n, one in enumerate(people)]]
    crm.take_bytes("\r\n".join(delimiter.join(row) for row in rows).encode(encoding), "excel.csv")
    assert [(one["first_name"], one["last_name"], one["city"]) for one in crm.contacts().values()] == people


def test_the_header_need_not_stand_in_the_first_row(crm: SmallHome) -> None:
    """HubSpot and most others insist on row 1."""
    ledger = crm.take("Export of 1 March 2026,,", ",,", "Email,First Name,City", "ann@acme.example,Ann,Rome")
    assert (ledger.total, ledger.created) == (1, 1)
    assert crm.contact("ann@acme.example")["city"] == "Rome"


def test_a_column_whose_first_rows_are_empty_is_still_understood(crm: SmallHome) -> None:
    """Twenty takes its sample from the first row, even where that is empty."""
    crm.take(
        "Address,First Name,E-Mail", *[f",P{n},p{n}@acme.example" for n in range(30)], "Main St 1,Ann,ann@acme.example"
    )
    assert crm.contact("ann@acme.example")["street_address"] == "Main St 1"


def test_which_phone_it_is_may_stand_in_another_cell_of_each_row(crm: SmallHome) -> None:
    """No peer but Roundcube follows the labels of Google Contacts, and that one reads those of the first row only."""
    header = (
        "First Name,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value"
    )
    crm.take(
        header,
        "Ann,Work,ann@acme.example,Work,+442079460001,Mobile,+447911123456",
        "Bo,Work,bo@acme.example,Mobile,+447911123457,Work,+442079460002",
    )
    phones = {one["email"]: (one["phone"], one["mobile_phone"]) for one in crm.contacts().values()}
    assert phones == {
        "ann@acme.example": ("+442079460001", "+447911123456"),
        "bo@acme.example": ("+442079460002", "+447911123457"),
    }


def test_an_id_that_lost_its_digits_is_an_issue_and_not_an_id(crm: SmallHome) -> None:
    """Zoho's ids of 19 digits come back from spreadsheets as 3.65E+18; Salesforce's differ in case alone."""
    crm.take("Email,Contact ID", "ann@acme.example,3.65E+18", "bo@acme.example,0038b00002AbCdE")
    assert crm.contact("ann@acme.example")["original_crm_id"] is None
    assert crm.contact("bo@acme.example")["original_crm_id"] == "0038b00002AbCdE"


def test_passwords_and_card_numbers_are_not_taken_in(crm: SmallHome) -> None:
    """No peer refuses such columns."""
    crm.take("Email,Password,Credit Card Number", "ann@acme.example,hunter2,4111 1111 1111 1111")
    assert not {"hunter2", "4111"} & set(str(crm.contact("ann@acme.example")).replace("'", " ").split())

"""Ways in which other importers wipe, lift or mix up what is known of a contact, each shown not to be ours."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from contact_pipeline.crm.companies import refresh_companies
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.settings import Policy
from contact_pipeline.turning_back import undo
from contact_pipeline_tests.e2e.small_home import SmallHome

OPT_OUT = ("Email,First Name,Email Opt Out", "ann@acme.example,Ann,yes", "bo@acme.example,Bo,no")


@pytest.fixture
def crm(tmp_path: Path) -> SmallHome:
    return SmallHome(tmp_path)


def test_a_blank_cell_never_overwrites_what_is_known(crm: SmallHome) -> None:
    """EspoCRM writes null (mautic#5543 and #10158 ask for the same)."""
    crm.take("Email,First Name,City,Badge,Notes", "ann@acme.example,Ann,Rome,A1,met in Rome")
    ledger = crm.take("Email,First Name,City,Badge,Notes", "ann@acme.example,,  ,,", "ann@acme.example,,-,,")
    assert (ledger.unchanged, ledger.updated) == (1, 0)
    ann = crm.contact("ann@acme.example")
    assert (ann["first_name"], ann["city"], ann["notes"]) == ("Ann", "Rome", "met in Rome")
    assert ann["custom_fields"] == {"Badge": "A1"}


def test_columns_that_a_file_does_not_have_stay_as_they_are(crm: SmallHome) -> None:
    """Jetpack CRM wiped them (jetpack#28886)."""
    crm.take("Email,First Name,City,Badge", "ann@acme.example,Ann,Rome,A1")
    crm.take("Email,Company", "ann@acme.example,Acme")
    ann = crm.contact("ann@acme.example")
    assert (ann["first_name"], ann["city"], ann["company"]) == ("Ann", "Rome", "Acme")
    assert ann["custom_fields"] == {"Badge": "A1"}


def test_a_field_can_be_cleared_on_purpose(crm: SmallHome) -> None:
    """mautic#4267 asks how, civicrm#11132 was closed; where a blank clears, nothing else can."""
    crm.take("Email,First Name,City,Badge", "ann@acme.example,Ann,Rome,A1", "bo@acme.example,Bo,Oslo,B2")
    ledger = crm.take("Email,First Name,City,Badge", "ann@acme.example,,<clear>,<CLEAR>", "bo@acme.example,,,")
    assert (ledger.updated, ledger.unchanged) == (1, 1)
    ann, bo = crm.contact("ann@acme.example"), crm.contact("bo@acme.example")
    assert (ann["first_name"], ann["city"], ann["custom_fields"]) == ("Ann", None, {})
    assert (bo["first_name"], bo["city"], bo["custom_fields"]) == ("Bo", "Oslo", {"Badge": "B2"})


@pytest.mark.parametrize("policy", ["update", "skip", "create"])
def test_no_file_lifts_an_opt_out(crm: SmallHome, policy: Policy) -> None:
    """Mautic's `doNotEmail=0` subscribes people again (keila#253, mailtrain#325, sendportal-core#165, erxes#2638)."""
    crm.take(*OPT_OUT)
    cells = ("0", "false", "no", "", "opted in", "<clear>")
    crm.take(
        "Email,First Name,doNotEmail",
        *[f"ann@acme.example,Ann,{cell}" for cell in cells],
        "cy@acme.example,Cy,0",
        policy=policy,
    )
    with read_crm(crm.home) as connection:
        told = connection.sql("SELECT email, bool_and(opted_out) FROM contacts GROUP BY email").fetchall()
    assert dict(told) == {"ann@acme.example": True, "bo@acme.example": False, "cy@acme.example": False}


def test_neither_consent_nor_a_status_nor_a_name_lifts_an_opt_out(crm: SmallHome) -> None:
    """keila#433, craft-campaign#277, notifuse#214."""
    crm.take(*OPT_OUT)
    for header, said in (
        ("Subscribed", "yes"),
        ("Email Status", "Subscribed"),
        ("Newsletter", "ja"),
        ("UNSUB_TIME", ""),
    ):
        crm.take(f"Email,First Name,{header}", f"ann@acme.example,Ann,{said}", f"bo@acme.example,Bo,{said}")
    crm.take("Email,First Name", "ann@acme.example,Ann", name="subscribed_members.csv")
    assert crm.contact("ann@acme.example")["opted_out"] is True
    assert crm.contact("bo@acme.example")["opted_out"] is False


def test_an_opt_out_holds_however_it_was_told(crm: SmallHome) -> None:
    """No peer reads it from the name of a file, a status or a date of leaving."""
    everybody = "Email,First Name"
    people = [f"p{n}@acme.example,Person" for n in range(6)]
    crm.take(everybody, *people)
    crm.take(everybody, people[0], name="unsubscribed_members_export.csv")
    crm.take(f"{everybody},Lead Status", f"{people[1]},Unsubscribed", f"{people[5]},Bounced")
    crm.take(f"{everybody},Subscriber status", f"{people[2]},Complained", f"{people[5]},Cleaned")
    crm.take(f"{everybody},UNSUB_TIME", f"{people[3]},2026-01-31 10:00:00", f"{people[5]},")
    crm.take(f"{everybody},Newsletter", f"{people[4]},no", f"{people[5]},yes")
    crm.take(everybody, *people, name="cleaned_members_export.csv")
    told = {email: one["opted_out"] is True for email, one in crm.contacts().items()}
    assert list(told.values()) == [True, True, True, True, True, False]


def test_an_opt_out_outlives_the_import_that_brought_it(crm: SmallHome) -> None:
    """Deleting and importing again subscribes people anew in most peers; SuiteCRM keeps opt-outs by address, as we do."""
    crm.take("Email,First Name", "ann@acme.example,Ann", name="unsubscribed.csv")
    assert crm.last is not None
    undo(crm.home, crm.last.import_id)
    assert crm.contacts() == {}
    crm.take("Email,First Name,doNotEmail", "ann@acme.example,Ann,0")
    assert crm.contact("ann@acme.example")["opted_out"] is True


def test_a_mended_row_is_read_as_the_rows_were_beside_which_it_stood(tmp_path: Path) -> None:
    """The name of a set-aside file tells nothing of opt-outs or dates; that of the first file does."""
    crm = SmallHome(tmp_path, '[[files]]\nmatch = "unsub*"\ndate_order = "day_first"\ndefault_country = "GB"\n')
    crm.take(
        "Email,Phone,Create Date", "ann@acme.example,020 7946 0001,03/04/2024", "bo,020 7946 0002,05/06/2024",
        name="unsubscribed.csv",
    )  # fmt: skip
    mended = crm.set_aside().with_columns(pl.col("Email").replace("bo", "bo@acme.example"))
    crm.take_bytes(mended.write_csv().encode(), "quarantine.csv")
    bo = crm.contact("bo@acme.example")
    assert (bo["opted_out"], bo["phone"]) == (True, "+442079460002")
    assert bo["created_at"] == datetime.fromisoformat("2024-06-05")


def test_a_row_that_meets_nobody_inherits_no_match_of_its_neighbours(crm: SmallHome) -> None:
    """NPSP#7161: in a batch an unmatched row took the match of another."""
    crm.take("Email,First Name,City", *[f"known{n}@acme.example,Known{n},Rome" for n in range(50)])
    rows = [f"{'known' if n % 3 else 'new'}{n % 50}@acme.example,,Oslo{n}" for n in range(50)]
    ledger = crm.take("Email,First Name,City", *rows)
    new = [n for n in range(50) if n % 3 == 0]
    assert (ledger.created, ledger.updated) == (len(new), 50 - len(new))
    contacts = crm.contacts()
    assert all(contacts[f"new{n}@acme.example"]["first_name"] is None for n in new)
    assert all(contacts[f"new{n}@acme.example"]["city"] == f"Oslo{n}" for n in new)
    for n in range(50):
        known = contacts[f"known{n}@acme.example"]
        assert (known["first_name"], known["city"]) == (f"Known{n}", "Rome" if n in new else f"Oslo{n}")


def test_case_and_blanks_in_an_address_make_no_second_contact(crm: SmallHome) -> None:
    """twenty#11864, mautic#5245: HELLO@ and hello@ became two people."""
    crm.take("Email,City", "hello@acme.example,Rome")
    ledger = crm.take("Email,City", " HELLO@Acme.Example ,Oslo", "mailto:Hello@ACME.example,Bern")
    assert (ledger.created, ledger.updated, dict(ledger.skips)) == (0, 1, {"duplicate in file": 1})
    assert crm.contact("hello@acme.example")["city"] == "Bern"


def test_the_same_rows_again_change_nothing(crm: SmallHome) -> None:
    """Odoo knows its own ids only, so that a second import of a list doubles it."""
    rows = ("Email,First Name,City", "ann@acme.example,Ann,Rome", "bo@acme.example,Bo,Oslo")
    crm.take(*rows)
    before = crm.contacts()
    ledger = crm.take(*rows, "")
    assert (ledger.unchanged, ledger.created, ledger.updated) == (2, 0, 0)
    assert crm.contacts() == before


def test_duplicates_in_a_file_are_counted_and_merged_by_rule(crm: SmallHome) -> None:
    """CiviCRM's INSERT IGNORE and EspoCRM's "first match wins" say nothing of them."""
    ledger = crm.take("Email,City,Company", "ann@acme.example,Rome,Acme", "ann@acme.example,Oslo,")
    assert (ledger.total, ledger.created, dict(ledger.skips)) == (2, 1, {"duplicate in file": 1})
    ann = crm.contact("ann@acme.example")
    assert (ann["city"], ann["company"]) == ("Oslo", "Acme")


def test_another_person_on_a_known_address_does_not_overwrite_the_first(crm: SmallHome) -> None:
    crm.take("Email,First Name,Last Name,Phone", "info@acme.example,Ann,Lee,+442079460001")
    ledger = crm.take("Email,First Name,Last Name,Phone", "info@acme.example,Peter,Ray,+442079460002")
    assert dict(ledger.skips) == {"shared mailbox?": 1}
    one = crm.contact("info@acme.example")
    assert (one["full_name"], one["phone"]) == ("Ann Lee", "+442079460001")


def test_rules_differ_by_field(crm: SmallHome) -> None:
    """One mode for the whole import is all that most peers have (mautic#7460)."""
    header = "Email,City,Lead Source,Lifecycle Stage,Create Date,Last Activity Date,Notes"
    crm.take(header, "ann@acme.example,Rome,Fair,Customer,2024-01-01,2024-03-01,first")
    crm.take(header, "ann@acme.example,Oslo,Web,Lead,2025-01-01,2024-02-01,second")
    ann = crm.contact("ann@acme.example")
    assert (ann["city"], ann["lead_source"], ann["lifecycle_stage"]) == ("Oslo", "Fair", "Customer")
    dates = (ann["created_at"], ann["last_activity_at"])
    assert dates == (datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2024-03-01"))
    assert ann["notes"] == "first\nsecond"


def test_company_and_contact_come_from_one_sheet(crm: SmallHome) -> None:
    """twenty#11024 and #14694: two imports, with the relation made by hand."""
    crm.take(
        "Email,Company",
        "ann@acme.example,Acme Ltd",
        "bo@acme.example,Acme Limited",
        "cy@gmail.com,",
        "dee@gmail.com,Bau",
    )
    with open_crm(crm.home) as connection:
        refresh_companies(connection)
    company = {email: one["company_id"] for email, one in crm.contacts().items()}
    assert company["ann@acme.example"] == company["bo@acme.example"] != company["dee@gmail.com"]
    assert company["cy@gmail.com"] is None

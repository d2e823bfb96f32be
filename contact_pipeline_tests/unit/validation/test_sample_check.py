"""The sample read back after an import: it finds every kind of damage to the CRM, and raises no false alarm."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact_pipeline.crm.session import open_crm
from contact_pipeline.errors import PipelineError
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import Receipt
from contact_pipeline.settings import ImportOptions, ImportSettings, Settings
from contact_pipeline.validation.sample_check import WHOLE_ROW, check_sample
from contact_pipeline.validation.sampled import SampleCheck
from contact_pipeline_tests.conftest import SAMPLES
from contact_pipeline_tests.unit.whole_way import bring_file, write_rows

CORPUS = Path(__file__).parents[4] / "shared" / "data" / "import_files"
FILES = ("event_attendees.xlsx", "hubspot_contacts.csv", "kontakte_dach.csv", "salesforce_leads.csv")

Crm = tuple[Home, Receipt, duckdb.DuckDBPyConnection]


def _checked(home: Home, receipt: Receipt, rows: int = 100) -> SampleCheck:
    with open_crm(home) as connection:
        return check_sample(home, connection, receipt, rows=rows)


@pytest.mark.parametrize("name", FILES)
def test_the_samples_are_held_as_their_files_say(home: Home, name: str) -> None:
    receipt, _ = bring_file(home, SAMPLES / name)
    found = _checked(home, receipt, rows=400)
    assert found.differing == {}
    assert found.cells > 5 * found.rows > 1000


def test_the_same_import_draws_the_same_rows(home: Home) -> None:
    receipt, _ = bring_file(home, SAMPLES / "kontakte_dach.csv")
    first = _checked(home, receipt, rows=10)
    assert first == _checked(home, receipt, rows=10)
    assert first.rows == 10


@pytest.fixture(scope="module")
def hubspot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """An import in a transaction that is never committed, to be damaged."""
    home = Home(tmp_path_factory.mktemp("home"))
    home.set_up()
    receipt, _ = bring_file(home, SAMPLES / "hubspot_contacts.csv")
    with duckdb.connect(str(home.crm)) as connection:
        yield home, receipt, connection


@pytest.fixture
def damaged(hubspot: Crm) -> Iterator[Callable[[str], SampleCheck]]:
    """Does damage and checks; all is as before when the test ends."""
    home, receipt, connection = hubspot
    connection.begin()

    def damage(statement: str) -> SampleCheck:
        connection.execute(statement)
        return check_sample(home, connection, receipt)

    yield damage
    connection.rollback()


FIELDS = {
    "email": "Email (Primary)",
    "first_name": "First Name",
    "last_name": "Last Name",
    "phone": "Phone Number (Work)",
    "company": "Company",
    "job_title": "Job Title",
    "industry": "Industry",
    "city": "City",
    "region": "State/Region",
    "postal_code": "Postal Code",
    "country": "Country",
    "company_size": "Company Size",
    "annual_revenue": "Annual Revenue",
    "linkedin_url": "LinkedIn URL",
    "owner": "Contact Owner",
    "lead_status": "Lead Status",
    "created_at": "Create Date",
    "website_visits": "Website Visits",
    "seniority": "Seniority",
}


@pytest.mark.parametrize("name", [name for name in FIELDS if name != "seniority"])
def test_a_lost_cell_is_found(damaged: Callable[[str], SampleCheck], name: str) -> None:
    found = damaged(f"UPDATE records SET {name} = NULL")
    assert set(found.differing) == {FIELDS[name]}


@pytest.mark.parametrize("name", FIELDS)
def test_the_value_of_another_row_is_found(damaged: Callable[[str], SampleCheck], name: str) -> None:
    found = damaged(
        f"""UPDATE records SET {name} = moved.value FROM (
            SELECT sequence, lead({name}) OVER (ORDER BY sequence) AS value FROM records) AS moved
        WHERE records.sequence = moved.sequence"""
    )
    assert FIELDS[name] in found.differing


@pytest.mark.parametrize(
    ("one", "other"),
    [("first_name", "last_name"), ("phone", "mobile_phone"), ("city", "region"), ("email_opens", "email_clicks"),
     ("company", "job_title"), ("created_at", "last_activity_at")],
)  # fmt: skip
def test_swapped_columns_are_found(damaged: Callable[[str], SampleCheck], one: str, other: str) -> None:
    assert not damaged(f"UPDATE records SET {one} = {other}, {other} = {one}").passed


def test_rows_shifted_by_one_are_found(damaged: Callable[[str], SampleCheck]) -> None:
    found = damaged("UPDATE records SET line = line + 1")
    assert sum(found.differing.values()) > found.rows
    assert len(found.places) == 20


def test_records_of_lines_that_the_file_does_not_have_are_found(damaged: Callable[[str], SampleCheck]) -> None:
    assert damaged("UPDATE records SET line = line + 1000000").differing == {WHOLE_ROW: 100}


def test_a_value_from_nowhere_in_a_blank_cell_is_found(damaged: Callable[[str], SampleCheck]) -> None:
    found = damaged("UPDATE records SET mobile_phone = '+4930123456', street_address = 'Main Street 1'")
    assert {"Phone Number (Mobile)", "Street Address"} <= set(found.differing)


def test_an_opt_out_turned_round_is_found(damaged: Callable[[str], SampleCheck]) -> None:
    assert "Opted Out" in damaged("UPDATE records SET opted_out = NOT opted_out").differing


def test_lost_wrong_and_added_custom_fields_are_found(damaged: Callable[[str], SampleCheck]) -> None:
    assert "Product Interest" in damaged("UPDATE records SET custom_fields = NULL").differing
    found = damaged("""UPDATE records SET custom_fields = '{"Webinar Attended": "maybe", "Made up": "1"}'""")
    assert {"Webinar Attended", "Made up"} <= set(found.differing)


def test_a_contact_that_shows_what_no_record_gives_is_found(damaged: Callable[[str], SampleCheck]) -> None:
    assert set(damaged("UPDATE contacts SET city = 'Nowhere'").differing) == {"City"}


def test_a_contact_that_lost_a_value_is_found(damaged: Callable[[str], SampleCheck]) -> None:
    assert set(damaged("UPDATE contacts SET company = NULL, custom_fields = NULL").differing) >= {
        "Company",
        "Product Interest",
    }


def test_contacts_that_are_gone_are_found(damaged: Callable[[str], SampleCheck]) -> None:
    found = damaged("DELETE FROM contacts")
    assert found.differing["Email (Primary)"] == found.rows


def test_erased_people_have_nothing_to_compare(damaged: Callable[[str], SampleCheck]) -> None:
    found = damaged("UPDATE records SET match_key = NULL")
    assert found == SampleCheck(0, 0)
    assert found.in_words() == "no rows to compare"


def test_what_was_found_says_where_and_nothing_of_anybody(damaged: Callable[[str], SampleCheck]) -> None:
    found = damaged("UPDATE records SET city = NULL")
    words = found.in_words()
    assert words.startswith("100 rows, ")
    assert words.endswith(f"not as they should be: {found.differing['City']} of City")
    assert found.places[0].in_words() == f"line {found.places[0].line}, City"
    assert SampleCheck.of_json(found.as_json()) == found


HEADER = ("Email", "First Name", "Last Name", "Phone", "Company", "Country", "Last Activity Date", "Annual Revenue",
          "Unsubscribed", "Notes", "Shoe size")  # fmt: skip
CELLS = {
    "Email": ["ann@acme.example", " Bob <BOB@Acme.example> ", "a@x.example; b@y.example", "info@bücher.example", ""],
    "First Name": ["ann", "Dr. Ann", "ANN-MARIE", "李", "<clear>", "n/a", ""],
    "Last Name": ["van der berg", "O'Brien", "Lee, Ann", "Müller (Meier)", "", "ß"],
    "Phone": ["+49 30 1234567", "030/123 45 67 ext. 5", "+1 425 555 0155 / +1 425 555 0156", "call me", "<CLEAR>", ""],
    "Company": ["ACME  Inc.", "=cmd()", "'-1", "★", "unknown", "<clear>", ""],
    "Country": ["Deutschland", "us", "UK", "Narnia", "🇫🇷", ""],
    "Last Activity Date": [
        "03/04/2026",
        "13.04.2026",
        "45292",
        "2026-01-31T23:30:00-05:00",
        "12 mars 2024",
        "soon",
        "",
    ],
    "Annual Revenue": ["1.234", "1,5", "$2.5M", "1-10 Mio", "(3)", "n/a", ""],
    "Unsubscribed": ["yes", "0", "2024-05-01", "perhaps", ""],
    "Notes": ["two\nlines", "  spaced   out ", "<clear>", ""],
    "Shoe size": ["42", " 4\u200b2 ", '"quoted"', "{}", "<clear>", ""],
}
ROWS = st.lists(st.fixed_dictionaries({name: st.sampled_from(CELLS[name]) for name in HEADER}), min_size=5, max_size=40)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(ROWS, ROWS, st.sampled_from(["update", "skip", "create"]))
def test_files_of_odd_cells_raise_no_false_alarm(
    first: list[dict[str, str]], second: list[dict[str, str]], policy: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home", Settings(imports=ImportSettings(policy=policy)))  # type: ignore[arg-type]
        for at, rows in enumerate((first, second)):
            try:
                receipt, _ = bring_file(home, write_rows(Path(folder) / f"{at}.csv", rows))
            except PipelineError:  # no address in it
                continue
            assert _checked(home, receipt).differing == {}


def test_mended_rows_are_compared_with_the_mended_file(home: Home, contacts_csv: Callable[..., Path]) -> None:
    parent, _ = bring_file(home, contacts_csv("Email,City", "nobody,Ulm", "ann@acme.example,Bonn", name="parent.csv"))
    mended = contacts_csv(
        "Set-aside import,Set-aside line,Email,City", f"{parent.import_id},2,cy@acme.example,Ulm", name="mended.csv"
    )
    receipt, ledger = bring_file(home, mended)
    assert ledger.created == 1
    assert _checked(home, receipt) == SampleCheck(1, 2)


def test_everybody_in_a_file_of_opt_outs_may_be_opted_out(home: Home, contacts_csv: Callable[..., Path]) -> None:
    receipt, _ = bring_file(home, contacts_csv("Email,City", "ann@acme.example,Ulm"), ImportOptions(opted_out=True))
    with open_crm(home) as connection:
        connection.execute("UPDATE records SET opted_out = true")
        connection.execute("UPDATE contacts SET opted_out = true")
    assert _checked(home, receipt).passed


@pytest.mark.corpus
def test_real_exports_are_held_as_their_files_say(tmp_path: Path) -> None:
    if not CORPUS.exists():
        pytest.skip(f"{CORPUS} is missing")
    files = sorted(path for path in CORPUS.rglob("*") if path.suffix.lower() in {".csv", ".xlsx", ".tsv"})
    taken = 0
    for at, path in enumerate(random.Random(2026).sample(files, 40)):  # noqa: S311  # a sample for a test
        home = Home(tmp_path / str(at))
        try:
            receipt, _ = bring_file(home, path)
        except PipelineError:  # refused, with the reason
            continue
        found = _checked(home, receipt)
        assert (path.name, found.differing) == (path.name, {})
        taken += 1
    assert taken >= 10

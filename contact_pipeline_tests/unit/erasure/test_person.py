"""All addresses of a person are followed, and nobody else is taken along."""

from __future__ import annotations

from pathlib import Path

import pytest

from contact_pipeline.crm.session import open_crm
from contact_pipeline.erasure.person import Person, address_of, find_person
from contact_pipeline.errors import UsageError
from contact_pipeline.home import Home
from contact_pipeline_tests.unit.whole_way import bring_file, write_rows

FIELDS = ("Email", "Second Email", "First Name", "Last Name")
WORK, PRIVATE = "ann@acme.example", "annie@home.example"


def _find(home: Home, folder: Path, address: str, *rows: tuple[str, ...]) -> Person:
    path = folder / "people.csv"
    bring_file(home, write_rows(path, [dict(zip(FIELDS, row, strict=True)) for row in rows]))
    with open_crm(home) as connection:
        return find_person(connection, address)


@pytest.mark.parametrize("address", [WORK, PRIVATE])
def test_a_further_address_leads_to_the_person_and_the_reverse(home: Home, tmp_path: Path, address: str) -> None:
    found = _find(home, tmp_path, address, (WORK, PRIVATE, "Ann", "Lee"), ("bob@acme.example", "", "Bob", "Stone"))
    assert found.addresses == {WORK, PRIVATE}
    assert (len(found.contact_ids), found.rows["ordinal"].to_list(), found.names) == (1, [0], {"Ann Lee"})


@pytest.mark.parametrize("address", [WORK, PRIVATE])
def test_two_contacts_of_one_name_that_share_an_address_are_one_person(
    home: Home, tmp_path: Path, address: str
) -> None:
    found = _find(home, tmp_path, address, (WORK, PRIVATE, "Ann", "Lee"), (PRIVATE, "", "Annie", "Lee"))
    assert (found.addresses, len(found.contact_ids)) == ({WORK, PRIVATE}, 2)


@pytest.mark.parametrize("given", ["Bob", ""])
def test_a_contact_that_is_not_surely_the_same_person_is_left_alone(home: Home, tmp_path: Path, given: str) -> None:
    found = _find(home, tmp_path, WORK, (WORK, "", "Ann", "Lee"), ("bob@acme.example", WORK, given, "Stone"))
    assert (found.addresses, found.rows["ordinal"].to_list()) == ({WORK}, [0])


def test_a_further_address_of_people_of_several_names_is_nobodys_own(home: Home, tmp_path: Path) -> None:
    rows = ((WORK, PRIVATE, "Ann", "Lee"), ("bob@acme.example", PRIVATE, "Bob", "Stone"))
    assert _find(home, tmp_path, WORK, *rows).addresses == {WORK}


def test_a_mailbox_of_a_function_is_not_followed_but_erased_when_it_is_asked_for(home: Home, tmp_path: Path) -> None:
    shared = "info@acme.example"
    rows = ((WORK, shared, "Ann", "Lee"), (shared, "", "Bob", "Stone"), (shared, "", "Cy", "Vo"))
    assert _find(home, tmp_path, WORK, *rows).addresses == {WORK}
    with open_crm(home) as connection:
        asked = find_person(connection, shared)
    assert (asked.addresses, asked.rows["ordinal"].to_list()) == ({shared}, [1, 2])


def test_an_address_is_read_as_importing_reads_it() -> None:
    assert address_of(" Ann Lee <ANN@Acme.Example> ") == WORK


@pytest.mark.parametrize("typed", ["", "ann", "ann@acme.example, bob@acme.example"])
def test_what_is_not_one_address_is_refused(typed: str) -> None:
    with pytest.raises(UsageError, match="is not an e-mail address"):
        address_of(typed)

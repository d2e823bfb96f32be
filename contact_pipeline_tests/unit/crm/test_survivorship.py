"""Which value a contact shows, and which contact a record belongs to: one sentence a test."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from contact_pipeline.errors import LedgerMismatch
from contact_pipeline.fields import SCORE_FIELD_NAMES, Survivorship
from contact_pipeline.settings import ImportSettings, Settings
from contact_pipeline_tests.unit.crm.fold_model import Given, Row
from contact_pipeline_tests.unit.crm.small_crm import SmallCrm

ANN = "ann@acme.example"
OLD, NEW = datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2025-01-01")


def _ann(**values: object) -> Row:
    return {"email": ANN, **values}


def test_a_blank_cell_never_overwrites_a_stored_value(crm: SmallCrm) -> None:
    crm.bring_in(Given("one", [_ann(company="Acme", job_title="Buyer", opted_out=True, custom={"Size": "L"})]))
    ledger = crm.bring_in(Given("two", [_ann()]))
    contact = crm.contact()
    assert (contact["company"], contact["job_title"], contact["opted_out"]) == ("Acme", "Buyer", True)
    assert contact["custom_fields"] == '{"Size":"L"}'
    assert ledger.unchanged == 1


def test_a_newer_source_date_wins_over_a_later_import(crm: SmallCrm) -> None:
    crm.bring_in(Given("one", [_ann(company="New employer", source_date=NEW)]))
    ledger = crm.bring_in(Given("two", [_ann(company="Old employer", source_date=OLD, job_title="Buyer")]))
    assert crm.contact()["company"] == "New employer"
    assert crm.contact()["job_title"] == "Buyer"
    assert ledger.updated == 1


def test_with_equal_source_dates_the_later_import_wins(crm: SmallCrm) -> None:
    crm.bring_in(Given("one", [_ann(company="First", source_date=OLD)]))
    crm.bring_in(Given("two", [_ann(company="Second", source_date=OLD)]))
    assert crm.contact()["company"] == "Second"


def test_a_source_date_in_the_future_counts_as_the_day_the_file_came(crm: SmallCrm) -> None:
    crm.bring_in(Given("one", [_ann(company="First", source_date=datetime.fromisoformat("2099-01-01"))]))
    crm.bring_in(Given("two", [_ann(company="Second")]))
    assert crm.contact()["company"] == "Second"


def test_a_source_date_before_1970_is_a_date_like_any_other(crm: SmallCrm) -> None:
    crm.bring_in(Given("one", [_ann(company="Second", source_date=OLD)]))
    crm.bring_in(Given("two", [_ann(company="First", source_date=datetime.fromisoformat("1960-05-05"))]))
    assert crm.contact()["company"] == "Second"


def test_rows_of_one_file_fold_in_order_whatever_their_dates(crm: SmallCrm) -> None:
    rows = [_ann(company="Upper", source_date=NEW, job_title="Buyer"), _ann(company="Lower", source_date=OLD)]
    ledger = crm.bring_in(Given("one", rows))
    assert (crm.contact()["company"], crm.contact()["job_title"]) == ("Lower", "Buyer")
    assert crm.states("one") == [("created", None), ("skipped", "duplicate in file")]
    assert dict(ledger.skips) == {"duplicate in file": 1}


def test_a_lifecycle_stage_only_moves_forward(crm: SmallCrm) -> None:
    for name, stage in (("one", "Lead"), ("two", "Customer"), ("three", "Subscriber")):
        crm.bring_in(Given(name, [_ann(lifecycle_stage=stage)]))
    assert crm.contact()["lifecycle_stage"] == "Customer"


@pytest.mark.parametrize("field", ["opted_out", "converted"])
def test_what_is_on_stays_on(crm: SmallCrm, field: str) -> None:
    for name, value in (("one", False), ("two", True), ("three", False)):
        crm.bring_in(Given(name, [_ann(**{field: value})]))
    assert crm.contact()[field] is True


def test_a_conversion_nobody_told_of_stays_unknown(crm: SmallCrm) -> None:
    crm.bring_in(Given("one", [_ann(), _ann()]))
    assert crm.contact()["converted"] is None


def test_notes_are_united_in_order_and_each_is_kept_once(crm: SmallCrm) -> None:
    crm.bring_in(Given("one", [_ann(notes="called"), _ann(notes="met\nat the fair"), _ann(notes="called")]))
    crm.bring_in(Given("two", [_ann(notes="called"), _ann(notes="wrote")]))
    assert crm.contact()["notes"] == "called\nmet\nat the fair\nwrote"


def test_the_first_creation_and_the_last_activity_are_kept(crm: SmallCrm) -> None:
    crm.bring_in(Given("one", [_ann(created_at=NEW, last_activity_at=NEW)]))
    crm.bring_in(Given("two", [_ann(created_at=OLD, last_activity_at=OLD)]))
    assert (crm.contact()["created_at"], crm.contact()["last_activity_at"]) == (OLD, NEW)


def test_the_first_known_source_stays(crm: SmallCrm) -> None:
    crm.bring_in(Given("one", [_ann()]))
    crm.bring_in(Given("two", [_ann(lead_source="Web")]))
    crm.bring_in(Given("three", [_ann(lead_source="Fair")]))
    assert crm.contact()["lead_source"] == "Web"


def test_custom_fields_are_merged_and_equal_ones_change_nothing(crm: SmallCrm) -> None:
    odd = {"Größe/Size": 'a "quoted" \x1f \\ value', "B": "1"}
    crm.bring_in(Given("one", [_ann(custom=odd)]))
    assert crm.bring_in(Given("two", [_ann(custom=dict(reversed(odd.items())))])).unchanged == 1
    crm.bring_in(Given("three", [_ann(custom={"B": "2", "C": "3"})]))
    custom = crm.connection.sql("SELECT custom_fields->>'B', custom_fields->>'C' FROM contacts").fetchall()
    assert custom == [("2", "3")]


def test_a_setting_changes_the_rule_of_a_field(tmp_path: Path) -> None:
    rules = ImportSettings(survivorship={"company": Survivorship.FILL, "job_title": Survivorship.NEVER})
    crm = SmallCrm(tmp_path, Settings(imports=rules))
    crm.bring_in(Given("one", [_ann(company="First")]))
    crm.bring_in(Given("two", [_ann(company="Second", job_title="Buyer")]))
    assert (crm.contact()["company"], crm.contact()["job_title"]) == ("First", None)


def test_under_skip_a_known_contact_is_left_alone(crm: SmallCrm) -> None:
    crm.bring_in(Given("one", [_ann(company="First")]))
    ledger = crm.bring_in(Given("two", [_ann(company="Second"), _ann(), {"email": "bob@acme.example"}], "skip"))
    assert crm.contact()["company"] == "First"
    assert dict(ledger.skips) == {"contact exists and the policy is skip": 1, "duplicate in file": 1}
    assert ledger.created == 1


def test_under_skip_the_first_row_of_a_file_wins(crm: SmallCrm) -> None:
    crm.bring_in(Given("one", [_ann(company="First"), _ann(company="Second", job_title="Buyer")], "skip"))
    assert (crm.contact()["company"], crm.contact()["job_title"]) == ("First", None)


def test_twins_made_by_create_are_flagged_and_later_rows_go_to_the_unflagged_contact(crm: SmallCrm) -> None:
    crm.bring_in(Given("one", [_ann(company="First")]))
    assert crm.bring_in(Given("two", [_ann(company="Twin"), _ann(company="Triplet")], "create")).created == 2
    crm.bring_in(Given("three", [_ann(company="Third")]))
    found = crm.connection.sql("SELECT company, is_duplicate FROM contacts ORDER BY company").fetchall()
    assert found == [("Third", False), ("Triplet", True), ("Twin", True)]


def test_rerunning_an_older_import_without_a_row_makes_a_later_import_the_founder(crm: SmallCrm) -> None:
    crm.bring_in(Given("one", [_ann(company="First")]))
    crm.bring_in(Given("two", [_ann(job_title="Buyer")]))
    crm.bring_in(Given("one", [{"email": "bob@acme.example"}]))
    assert (crm.contact()["company"], crm.contact()["job_title"]) == (None, "Buyer")
    assert crm.states("two") == [("created", None)]
    counts = crm.connection.sql("SELECT created, updated FROM imports WHERE starts_with(import_id, 'two@')").fetchall()
    assert counts == [(1, 0)]


def test_a_contact_keeps_its_scores_and_its_id_when_it_is_updated_and_is_given_its_company(crm: SmallCrm) -> None:
    crm.bring_in(Given("one", [_ann(company="First")]))
    crm.connection.execute(
        "UPDATE contacts SET lead_score = 61.5, lead_category = 'Warm', company_id = 'd:elsewhere.example'"
    )
    before = crm.contact()
    crm.bring_in(Given("two", [_ann(company="Second")]))
    after = crm.contact()
    assert after["company"] == "Second"
    assert after["company_id"] == "d:acme.example"
    kept = ("contact_id", *SCORE_FIELD_NAMES)
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}


def test_a_row_of_another_person_on_the_same_address_is_held_and_changes_nothing(crm: SmallCrm) -> None:
    crm.bring_in(Given("one", [_ann(first_name="Ann", last_name="Lee", company="Acme")]))
    before = crm.rows("contacts")
    rows = [_ann(first_name="Peter", last_name="Lee", company="Other"), _ann(first_name="Annie", phone="+442079460001")]
    ledger = crm.bring_in(Given("two", rows[:1]))
    assert crm.rows("contacts") == before
    assert dict(ledger.skips) == {"shared mailbox?": 1}
    assert crm.bring_in(Given("three", rows)).rows | {"total": 0} == {
        "total": 0, "created": 0, "updated": 1, "unchanged": 0, "skipped": 1, "failed": 0, "not_data": 0,
    }  # fmt: skip
    assert (crm.contact()["first_name"], crm.contact()["phone"]) == ("Annie", "+442079460001")
    held = crm.connection.sql("SELECT DISTINCT contact_id, contributes FROM records WHERE reason = 'shared mailbox?'")
    assert held.fetchall() == [(crm.contact()["contact_id"], False)]


def test_a_held_row_does_not_make_its_neighbours_look_newer(crm: SmallCrm) -> None:
    crm.bring_in(
        Given("one", [_ann(first_name="Ann", company="Middle", source_date=datetime.fromisoformat("2024-06-01"))])
    )
    crm.bring_in(Given("two", [_ann(company="Old", source_date=OLD), _ann(first_name="Peter", source_date=NEW)]))
    assert crm.contact()["company"] == "Middle"


def test_rerunning_an_older_import_under_another_name_decides_the_hold_again(crm: SmallCrm) -> None:
    crm.bring_in(Given("one", [_ann(first_name="Peter")]))
    crm.bring_in(Given("two", [_ann(first_name="Ann", company="Acme")]))
    assert crm.states("two") == [("skipped", "shared mailbox?")]
    crm.bring_in(Given("one", [_ann(first_name="Anna")]))
    assert crm.states("two") == [("updated", None)]
    assert (crm.contact()["first_name"], crm.contact()["company"]) == ("Ann", "Acme")


@pytest.mark.parametrize("policy", ["skip", "create"])
def test_no_row_is_held_under_skip_and_create(crm: SmallCrm, policy: str) -> None:
    crm.bring_in(Given("one", [_ann(first_name="Ann")]))
    ledger = crm.bring_in(Given("two", [_ann(first_name="Peter")], policy))  # type: ignore[arg-type]
    assert "shared mailbox?" not in ledger.skips


def test_counts_that_do_not_add_up_roll_everything_back(crm: SmallCrm) -> None:
    crm.bring_in(Given("one", [_ann(company="First")]))
    tables = ("records", "contacts", "imports", "custom_fields")
    before = {table: crm.rows(table) for table in tables}
    neither_data_nor_failing = {"kind": "broken"}
    with pytest.raises(LedgerMismatch, match="2 records came in, 1 were accounted for"):
        crm.bring_in(Given("two", [_ann(company="Second"), neither_data_nor_failing]))
    assert {table: crm.rows(table) for table in tables} == before

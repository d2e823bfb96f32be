"""Where a value comes from: the record that the fold took it from, its cell as it stood, and what the others say."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact_pipeline.crm.provenance import (
    BY_DECISION,
    BY_NAME,
    CLEARED_LATER,
    LASTING,
    Said,
    TracedContact,
    TracedValue,
    trace,
)
from contact_pipeline.crm.session import open_crm
from contact_pipeline.errors import UsageError
from contact_pipeline.fields import FIELD_BY_NAME, Survivorship
from contact_pipeline.home import Home
from contact_pipeline.settings import ImportOptions, ImportSettings, Settings
from contact_pipeline_tests.effort import examples
from contact_pipeline_tests.unit.crm.fold_model import STAGES, Decided, Decision, Given, Model, Record, Row
from contact_pipeline_tests.unit.crm.small_crm import SmallCrm
from contact_pipeline_tests.unit.whole_way import bring_file, write_rows

EMAILS = ("ann@acme.example", "bob@acme.example")
TEXTS = ("company", "lead_source", "notes", "job_title")
RULES = [rule for rule in Survivorship if FIELD_BY_NAME["company"].can_follow(rule)]
MOMENTS = [None, *map(datetime.fromisoformat, ("2024-05-01", "2025-05-01", "2030-01-01"))]
LAWS = settings(max_examples=examples(8), deadline=None, suppress_health_check=list(HealthCheck))

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "email": st.sampled_from(EMAILS),
            **{name: st.sampled_from(["x", "y", "z", None]) for name in TEXTS},
            "lifecycle_stage": st.sampled_from([*STAGES, None]),
            "created_at": st.sampled_from(MOMENTS),
            "last_activity_at": st.sampled_from(MOMENTS),
            "annual_revenue": st.sampled_from([1.0, 2.0, None]),
            "converted": st.sampled_from([True, False, None]),
            "opted_out": st.sampled_from([False, None]),
            "source_date": st.sampled_from(MOMENTS),
            "custom": st.sampled_from([{"Size": "1"}, {"Size": "2", "Zone": "a"}, {"Size": None}, None]),
            "cleared": st.sampled_from([None, None, ["company", "created_at"], ["notes", "lead_source"]]),
        }
    ),
    min_size=1,
    max_size=5,
)
IMPORTS = st.lists(st.tuples(ROWS, st.sampled_from(["update", "update", "skip", "create"])), min_size=1, max_size=4)
CHOSEN_RULES = st.fixed_dictionaries({name: st.sampled_from(RULES) for name in TEXTS})


def _traced(crm: SmallCrm) -> list[TracedContact]:
    known = {email for (email,) in crm.connection.sql("SELECT DISTINCT email FROM contacts").fetchall()}
    return [contact for email in sorted(known) for contact in trace(crm.home, crm.connection, email)]


def _row(files: dict[str, Given], said: Said) -> Row:
    assert said.line is not None
    return files[said.import_id].rows[said.line - 2]


def _value(row: Row, name: str) -> Any:
    return row.get(name) if name in FIELD_BY_NAME else (row.get("custom") or {}).get(name)


@LAWS
@given(IMPORTS, CHOSEN_RULES)
def test_the_source_is_the_record_that_the_fold_took_the_value_from(
    drawn: list[tuple[list[Row], Any]], rules: dict[str, Survivorship]
) -> None:
    """Texts are unlike in every row, so that a value tells its record."""
    with tempfile.TemporaryDirectory() as folder:
        crm = SmallCrm(Path(folder), Settings(imports=ImportSettings(survivorship=rules)))
        files: dict[str, Given] = {}
        for at, (rows, policy) in enumerate(drawn):
            told = [
                row | {name: f"{row[name]} {at} {place}" for name in TEXTS if row[name]}
                for place, row in enumerate(rows)
            ]
            one = Given(f"file{at}", told, policy)
            crm.bring_in(one)
            files[one.import_id] = one
        for contact in _traced(crm):
            for value in contact.values:
                said = [_value(_row(files, one), value.field) for one in value.sources]
                assert said == [one.value for one in value.sources]
                assert all(one.left_out is None for one in value.sources)
                united = value.field in rules and rules[value.field] is Survivorship.UNION
                assert value.value == ("\n".join(said) if united else said[0]), value.field
                assert united or len(said) == 1


@LAWS
@given(IMPORTS)
def test_among_records_that_say_the_same_the_rule_decides_and_the_others_are_told(
    drawn: list[tuple[list[Row], Any]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        crm = SmallCrm(Path(folder))
        live = [Given(f"file{at}", rows, policy) for at, (rows, policy) in enumerate(drawn)]
        for one in live:
            crm.bring_in(one)
        model = Model(live)
        records = {(record.given.import_id, record.place[1] + 2): record for record in model.records}
        traced = _traced(crm)
        assert len(traced) == len(model.contacts)
        for contact in traced:
            for value in contact.values:
                _holds(value, records)


def _holds(value: TracedValue, records: dict[tuple[str, int], Record]) -> None:
    """The source is the newest, or the first, of the records that count; every other record that says something is told."""
    sources = [records[one.import_id, one.line or 0] for one in value.sources]
    others = {(one.import_id, one.line): one for one in value.others}
    contact = sources[0].contact
    assert contact is not None
    saying = [
        place
        for place, record in records.items()
        if record.contact is contact and _value(record.row, value.field) is not None
    ]
    assert len(saying) == len(sources) + len(others)
    assert {*saying} == {*others, *((one.import_id, one.line) for one in value.sources)}
    counting = [records[place] for place in saying if records[place].contributes]
    if value.field in {"job_title", "Size", "Zone"}:  # the newest
        assert sources == [max(counting, key=lambda record: (_moment(contact.records, record), record.place))]
    assert all(record.contributes for record in sources)
    for place, one in others.items():
        record = records[place]
        assert one.left_out in ({None, CLEARED_LATER} if record.contributes else {record.reason})


def _moment(records: list[Record], record: Record) -> datetime:
    """How new a record is: rows of one file are as new as the newest of them."""
    same_file = [other for other in records if other.given is record.given]
    return max(min(one.row.get("source_date") or one.given.received_at, one.given.received_at) for one in same_file)


def _of(home: Home, address: str, field: str) -> TracedValue:
    with open_crm(home) as connection:
        (contact,) = trace(home, connection, address, field)
    (value,) = contact.values
    return value


def test_raw_text_stands_as_it_stood_with_its_header_file_and_line(home: Home, tmp_path: Path) -> None:
    rows = [{"E-Mail": "bob@acme.example", "Firma": ""}, {"E-Mail": " Ann@ACME.example ", "Firma": "  ACME   Inc. "}]
    bring_file(home, write_rows(tmp_path / "list.csv", rows))
    value = _of(home, "ANN@acme.example", "Company")
    (source,) = value.sources
    assert (value.value, source.file, source.sheet, source.line) == ("ACME Inc.", "list.csv", "", 3)
    assert [tuple(cell) for cell in source.cells] == [("Firma", "  ACME   Inc. ")]


def test_a_value_made_of_other_columns_says_of_which(home: Home, contacts_csv: Callable[..., Path]) -> None:
    lines = ("Email,First Name,Last Name,Title", "ann@acme.example; a2@acme.example,Ann,Lee,VP Sales")
    bring_file(home, contacts_csv(*lines))
    made_of = {
        "full_name": "First Name and Last Name",
        "seniority": "Job Title",
        "department": "Job Title",
        "secondary_email": "Email (Primary)",
        "job_title": None,
    }
    assert {name: _of(home, "ann@acme.example", name).sources[0].made_of for name in made_of} == made_of


def test_a_held_row_is_told_with_its_reason(home: Home, contacts_csv: Callable[..., Path]) -> None:
    bring_file(home, contacts_csv("Email,First Name,City", "ann@acme.example,Ann,Ulm", "ann@acme.example,Peter,Bonn"))
    (other,) = _of(home, "ann@acme.example", "city").others
    assert (other.value, other.line, other.left_out) == ("Bonn", 3, "shared mailbox?")


def test_an_opt_out_by_the_name_of_the_file_says_so(home: Home, contacts_csv: Callable[..., Path]) -> None:
    bring_file(home, contacts_csv("Email,City", "ann@acme.example,Ulm", name="unsubscribed.csv"))
    assert _of(home, "ann@acme.example", "opted_out").sources[0].made_of == BY_NAME


def test_an_opt_out_of_an_import_that_is_gone_says_so(crm: SmallCrm) -> None:
    crm.bring_in(Given("list", [{"email": "ann@acme.example", "city": "Ulm"}]))
    leaving = Given("leaving", [{"email": "ann@acme.example", "opted_out": True}])
    crm.bring_in(leaving)
    crm.undo(leaving.import_id)
    (contact,) = trace(crm.home, crm.connection, "ann@acme.example", "opted_out")
    (source,) = contact.values[0].sources
    assert (contact.values[0].value, source.made_of, source.file) == (True, LASTING, "leaving.csv")


def test_the_address_of_a_row_that_decisions_brought_over_says_so(crm: SmallCrm) -> None:
    first = Given("list", [{"email": "ann@acme.example", "first_name": "Ann"}])
    second = Given("more", [{"email": "a@home.example", "first_name": "Ann", "city": "Ulm"}])
    same = Decision("a@home.example", "ann", "ann@acme.example", "ann", "update", second.import_id)
    for one in (first, second, Decided("decided", [same])):
        crm.bring_in(one)
    for address in ("ann@acme.example", "a@home.example"):
        (contact,) = trace(crm.home, crm.connection, address, "secondary_email")
        (source,) = contact.values[0].sources
        assert (contact.email, source.value, source.made_of) == ("ann@acme.example", "a@home.example", BY_DECISION)


def test_what_was_cleared_later_is_told_as_such(crm: SmallCrm) -> None:
    for name, row in {"a": {"city": "Ulm"}, "b": {"cleared": ["city"]}, "c": {"city": "Bonn"}}.items():
        crm.bring_in(Given(name, [{"email": "ann@acme.example", **row}]))
    (contact,) = trace(crm.home, crm.connection, "ann@acme.example", "city")
    (value,) = contact.values
    assert (value.value, [one.left_out for one in value.others]) == ("Bonn", [CLEARED_LATER])


def test_twins_of_an_address_are_told_too(crm: SmallCrm) -> None:
    crm.bring_in(Given("a", [{"email": "ann@acme.example", "city": "Ulm"}]))
    crm.bring_in(replace(Given("b", [{"email": "ann@acme.example", "city": "Bonn"}]), policy="create"))
    contacts = trace(crm.home, crm.connection, "ann@acme.example", "City")
    assert [(one.is_duplicate, one.values[0].value) for one in contacts] == [(False, "Ulm"), (True, "Bonn")]


def test_a_file_whose_stages_are_gone_still_has_its_line(home: Home, contacts_csv: Callable[..., Path]) -> None:
    receipt, _ = bring_file(home, contacts_csv("Email,City", "ann@acme.example,Ulm"), ImportOptions())
    home.stage("raw_file", receipt.import_id).unlink()
    (source,) = _of(home, "ann@acme.example", "city").sources
    assert (source.line, source.cells) == (2, ())


@pytest.mark.parametrize("field", ["shoe size", "colour"])
def test_an_address_or_field_that_is_not_there_is_wrong_usage(crm: SmallCrm, field: str) -> None:
    crm.bring_in(Given("a", [{"email": "ann@acme.example", "custom": {"Size": "1"}}]))
    with pytest.raises(UsageError, match=field):
        trace(crm.home, crm.connection, "ann@acme.example", field)
    with pytest.raises(UsageError, match=r"nobody@acme\.example"):
        trace(crm.home, crm.connection, "nobody@acme.example")

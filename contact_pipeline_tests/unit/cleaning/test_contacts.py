"""Whole rows: what fields give each other, and the issues."""

from __future__ import annotations

from typing import Any

import polars as pl

from contact_pipeline.cleaning import contacts, phones
from contact_pipeline.settings import ImportOptions, ImportSettings

ROW_COLUMNS = ("line", "kind", "problem", "raw", "custom_fields", "source_date")


def clean(options: ImportOptions | None = None, kind: str = "data", **cells: str | None) -> dict[str, Any]:
    row = {"line": 2, "kind": kind, "problem": None, "raw": None, "custom_fields": None, "source_date": None, **cells}
    types = dict.fromkeys([*ROW_COLUMNS, *cells], pl.String) | {"line": pl.Int64, "cleared": pl.List(pl.String)}
    cleaned = contacts.clean_contacts(pl.DataFrame([row], schema=types), options or ImportOptions(), ImportSettings())
    return cleaned.row(0, named=True)


def issues(row: dict[str, Any]) -> list[tuple[str, str | None, str]]:
    return [(issue["field"], issue["raw"], issue["reason"]) for issue in row["issues"]]


def test_further_addresses_of_a_cell_go_to_the_second_field() -> None:
    row = clean(email="A@acme.example; b@acme.example")
    assert (row["email"], row["secondary_email"], row["issues"]) == ("a@acme.example", "b@acme.example", [])


def test_an_address_for_which_there_is_no_field_is_an_issue() -> None:
    row = clean(email="a@acme.example; b@acme.example", secondary_email="c@acme.example")
    assert (row["email"], row["secondary_email"]) == ("a@acme.example", "c@acme.example")
    assert issues(row) == [("email", "a@acme.example; b@acme.example", contacts.NO_ROOM)]


def test_a_second_address_alone_becomes_the_first() -> None:
    row = clean(email=None, secondary_email="a@acme.example")
    assert (row["email"], row["secondary_email"]) == ("a@acme.example", None)


def test_a_second_number_of_a_cell_goes_to_mobile() -> None:
    row = clean(phone="020 7946 0000 ::: 07911 123456", country="UK")
    assert (row["phone"], row["mobile_phone"]) == ("+442079460000", "+447911123456")


def test_the_countries_of_the_rows_come_before_the_default_country() -> None:
    options = ImportOptions(default_country="DE")
    assert clean(options, phone="020 7946 0000", country="UK")["phone"] == "+442079460000"
    assert clean(options, phone="030 1234567", country=None)["phone"] == "+49301234567"


def test_a_number_without_any_country_is_an_issue() -> None:
    assert issues(clean(phone="030 1234567")) == [("phone", "030 1234567", phones.NO_COUNTRY)]


def test_names_complete_each_other() -> None:
    assert clean(first_name="ann", last_name="o'neil")["full_name"] == "Ann O'Neil"
    row = clean(full_name="Dr. Ludwig van Beethoven")
    assert (row["salutation"], row["first_name"], row["last_name"]) == ("Dr", "Ludwig", "van Beethoven")
    row = clean(full_name="Herr Schmidt")
    assert (row["salutation"], row["first_name"], row["last_name"]) == ("Mr", None, "Schmidt")
    row = clean(last_name="Smith, John")
    assert (row["first_name"], row["last_name"]) == ("John", "Smith")


def test_a_given_part_of_a_name_is_never_replaced_by_the_full_name() -> None:
    row = clean(full_name="Robert Smith", first_name="Bob", last_name=None)
    assert (row["first_name"], row["last_name"], row["full_name"]) == ("Bob", "Smith", "Robert Smith")


def test_seniority_and_department_come_from_the_title_where_they_are_blank() -> None:
    row = clean(job_title="Head of Sales", seniority=None, department="Marketing")
    assert (row["seniority"], row["department"]) == ("Director", "Marketing")


def test_missing_names_and_companies_are_issues_of_a_table_that_has_them() -> None:
    row = clean(email="a@acme.example", first_name=None, company="n/a")
    assert issues(row) == [("full_name", None, contacts.NO_NAME), ("company", None, contacts.NO_COMPANY)]
    assert clean(email="a@acme.example")["issues"] == []


def test_every_bad_cell_of_a_row_is_an_issue_with_its_raw_text() -> None:
    row = clean(email="bad", created_at="soon", country="Atlantis", annual_revenue="a lot")
    assert {(field, raw) for field, raw, _ in issues(row)} == {
        ("email", "bad"), ("created_at", "soon"), ("country", "Atlantis"), ("annual_revenue", "a lot"),
    }  # fmt: skip
    assert [row[name] for name in ("email", "created_at", "country", "annual_revenue")] == [None] * 4


def test_rows_that_hold_no_data_have_no_issues() -> None:
    assert clean(kind="total", email="Total: 12", company=None)["issues"] == []


def test_a_table_without_rows_gives_a_table_without_rows() -> None:
    empty = pl.DataFrame(
        schema=dict.fromkeys([*ROW_COLUMNS, "email", "phone", "full_name"], pl.String)
        | {"line": pl.Int64, "cleared": pl.List(pl.String)}
    )
    assert contacts.clean_contacts(empty, ImportOptions(), ImportSettings()).height == 0

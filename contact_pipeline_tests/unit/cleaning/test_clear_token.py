"""The clear token: a cell that asks for a field to be emptied."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.cleaning.clearing import CANNOT_BE_CLEARED
from contact_pipeline.cleaning.contacts import NO_COMPANY, NO_NAME, clean_contacts
from contact_pipeline.fields import FIELDS, Kind, Survivorship
from contact_pipeline.intake.tables import RowKind, TextTable
from contact_pipeline.mapping.apply import apply_plan
from contact_pipeline.mapping.headers import plan_table
from contact_pipeline.settings import ImportOptions, ImportSettings
from contact_pipeline.validation.rows import NO_KEY, judge

DEFAULTS = ImportSettings()
ALONE = [one.name for one in FIELDS if one.kind is not Kind.BOOLEAN and one.name != "email"]


def _read(
    cells: dict[str, str | None], settings: ImportSettings = DEFAULTS, kind: RowKind = RowKind.DATA
) -> dict[str, Any]:
    """One row under headers that are field names or, with other headers, custom fields."""
    frame = pl.DataFrame(
        {"line": [2], "kind": [str(kind)], "problem": [None], "raw": [None]}
        | {f"c{at}": [cell] for at, cell in enumerate(cells.values())},
        schema_overrides={"problem": pl.String, "raw": pl.String, **{f"c{at}": pl.String for at in range(len(cells))}},
    )
    table = TextTable("", tuple(cells), 1, frame.lazy())
    plan = plan_table(table, {name: name for name in cells if name in {one.name for one in FIELDS}})
    return clean_contacts(apply_plan(table, plan, settings.clear_token), ImportOptions(), settings).row(0, named=True)


def _reasons(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(issue["field"], issue["reason"]) for issue in row["issues"]]


@pytest.mark.parametrize("name", ALONE)
def test_the_token_clears_every_field_but_the_key_and_the_wishes(name: str) -> None:
    row = _read({"email": "ann@acme.example", name: "<clear>"})
    assert (row[name], row["issues"]) == (None, [])
    assert name in row["cleared"]


@pytest.mark.parametrize("cell", ["<clear>", "<CLEAR>", "  <Clear>\t", "\u00a0<clear>"])
def test_case_and_blanks_around_the_token_do_not_matter(cell: str) -> None:
    assert _read({"email": "ann@acme.example", "city": cell})["cleared"] == ["city"]


@pytest.mark.parametrize("cell", ["<clear> Berlin", "clear", "<clear", "", None, "Berlin"])
def test_a_cell_that_holds_anything_else_clears_nothing(cell: str | None) -> None:
    assert _read({"email": "ann@acme.example", "notes": cell})["cleared"] == []


@given(st.text(max_size=12).filter(lambda text: text.strip().lower() != "<clear>"))
def test_no_other_text_is_the_token(text: str) -> None:
    assert _read({"email": "ann@acme.example", "notes": text})["cleared"] == []


def test_a_custom_field_is_cleared_by_a_null_under_its_name() -> None:
    row = _read({"email": "ann@acme.example", "Badge": "<clear>", 'Si"ze': "<clear>", "Tier": 'T"1', "Blank": ""})
    assert json.loads(row["custom_fields"]) == {"Badge": None, 'Si"ze': None, "Tier": 'T"1'}
    assert row["cleared"] == []


def test_rows_without_the_token_keep_their_custom_fields_beside_rows_with_it() -> None:
    cells = pl.DataFrame(
        {"line": [2, 3, 4], "kind": ["data"] * 3, "c0": ["a@x.example"] * 3, "c1": ["<clear>", "L", None]}
    )
    table = TextTable(
        "", ("email", "Size"), 1, cells.lazy().with_columns(problem=pl.lit(None, pl.String), raw=pl.lit(""))
    )
    mapped = apply_plan(table, plan_table(table, {}), "<clear>")
    assert mapped["custom_fields"].to_list() == ['{"Size":null}', '{"Size":"L"}', None]


@pytest.mark.parametrize("name", ["opted_out", "converted"])
def test_a_wish_and_a_sale_are_never_cleared(name: str) -> None:
    row = _read({"email": "ann@acme.example", name: "<clear>"})
    assert (row[name], row["cleared"], _reasons(row)) == (None, [], [(name, CANNOT_BE_CLEARED)])


def test_a_table_in_which_nothing_may_be_cleared_keeps_its_rows() -> None:
    row = {"line": 2, "kind": "data", "problem": None, "raw": None, "custom_fields": None, "source_date": None}
    types = dict.fromkeys([*row, "opted_out"], pl.String) | {"line": pl.Int64, "cleared": pl.List(pl.String)}
    rows = [row | {"cleared": ["opted_out"]}, row | {"cleared": [], "opted_out": "yes"}, row | {"cleared": ["email"]}]
    cleaned = clean_contacts(pl.DataFrame(rows, schema=types), ImportOptions(), DEFAULTS)
    assert cleaned["cleared"].to_list() == [[], [], []]
    assert cleaned["opted_out"].to_list() == [None, True, None]


def test_a_field_that_never_changes_is_not_cleared() -> None:
    never = ImportSettings(survivorship={"city": Survivorship.NEVER})
    row = _read({"email": "ann@acme.example", "city": "<clear>", "region": "<clear>"}, never)
    assert (row["cleared"], _reasons(row)) == (["region"], [("city", CANNOT_BE_CLEARED)])


def test_a_cleared_address_counts_as_a_blank_one() -> None:
    row = _read({"email": "<clear>", "first_name": "Ann", "company": "Acme"})
    assert (row["email"], row["cleared"], row["issues"]) == (None, [], [])
    frame = pl.DataFrame([row], schema_overrides={one.name: one.polars_type for one in FIELDS})
    typed = frame.with_columns(
        pl.Series("issues", [[]], dtype=pl.List(pl.Struct({"field": pl.String, "raw": pl.String})))
    )
    assert judge(typed)["failures"].to_list() == [[NO_KEY]]


def test_a_cleared_name_or_company_is_not_called_missing() -> None:
    row = _read({"email": "ann@acme.example", "full_name": "<clear>", "company": "<clear>"})
    assert not {NO_NAME, NO_COMPANY} & {reason for _, reason in _reasons(row)}
    blank = _read({"email": "ann@acme.example", "full_name": "", "company": ""})
    assert {reason for _, reason in _reasons(blank)} == {NO_NAME, NO_COMPANY}


def test_what_was_made_from_a_cleared_field_goes_with_it() -> None:
    title = _read({"email": "ann@acme.example", "job_title": "<clear>"})
    assert set(title["cleared"]) == {"job_title", "seniority", "department"}
    name = _read({"email": "ann@acme.example", "full_name": "<clear>"})
    assert set(name["cleared"]) == {"first_name", "last_name", "full_name"}


def test_a_blank_cell_beside_a_cleared_one_keeps_its_field() -> None:
    row = _read({"email": "ann@acme.example", "job_title": "<clear>", "seniority": "", "department": None})
    assert row["cleared"] == ["job_title"]


def test_a_value_that_another_cell_gives_stands_in_the_cleared_field() -> None:
    row = _read({"email": "ann@acme.example", "seniority": "<clear>", "job_title": "CEO"})
    assert (row["seniority"], row["cleared"]) == ("C-Level", [])
    row = _read({"email": "ann@acme.example", "first_name": "<clear>", "last_name": "Berg"})
    assert (row["full_name"], row["cleared"]) == ("Berg", ["first_name"])
    row = _read({"email": "ann@acme.example", "phone": "+442079460000 ::: +447911123456", "mobile_phone": "<clear>"})
    assert (row["mobile_phone"], row["cleared"]) == ("+447911123456", [])


def test_another_token_may_be_set_and_none_at_all() -> None:
    cells: dict[str, str | None] = {"email": "ann@acme.example", "city": "<clear>", "region": "#LÖSCHEN"}
    german = ImportSettings(clear_token=" #löschen ")  # noqa: S106  a word in a cell, no secret
    assert _read(cells, german)["cleared"] == ["region"]
    for blank in ("", "  "):
        row = _read(cells, ImportSettings(clear_token=blank))
        assert (row["cleared"], row["city"]) == ([], "<clear>")


def test_rows_that_are_no_data_clear_nothing() -> None:
    assert _read({"email": None, "city": "<clear>"}, kind=RowKind.TOTAL)["cleared"] == []


def test_of_two_columns_of_one_field_the_filled_one_counts() -> None:
    cells = pl.DataFrame(
        {"line": [2, 3], "kind": ["data"] * 2, "c0": ["<clear>"] * 2, "c1": ["Floor 2", "<clear>"]}
    ).with_columns(problem=pl.lit(None, pl.String), raw=pl.lit(None, pl.String))
    table = TextTable("", ("Street", "Street 2"), 1, cells.lazy())
    plan = plan_table(table, {"Street": "street_address", "Street 2": "street_address"})
    mapped = apply_plan(table, plan, "<clear>")
    assert mapped["street_address"].to_list() == ["Floor 2", None]
    assert mapped["cleared"].to_list() == [[], ["street_address"]]

"""All leads as files: every lead with every value, safe to open, and nothing changes when they come back."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.crm.lead_files import write_lead_files
from contact_pipeline.crm.lead_frames import leads_in_brief, leads_in_full
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.fields import FIELD_NAMES, FIELDS
from contact_pipeline.safe_text import guard_formula, guarded_formula_sql
from contact_pipeline_tests.e2e.small_home import SmallHome

HEADER = (
    "Email,First Name,Last Name,Company,Phone,Country,Create Date,Growth Rate,Revenue,Employees,Notes,Won,=Plan'\"/~"
)
ROWS = [
    'ann@acme.example,Ann,Lee,"Acme, ""Ltd""",+49 30 2312500,Germany,2026-01-05 10:30:15,0.125,1250000.5,250,first,yes,=1+1',
    "bob@acme.example,Bob,O'Hara,=cmd|' /C calc'!A0,020 7946 0001,UK,05.02.2026,12%,5M,11-50,one,no,@SUM(A1)",
    "cyd@acme.example,,Ray,<b>&\u202eAcme,,US,,,,,,,",
    "dee@acme.example,Dee,Fox,'-x,,,,,,,,,\u00a0=2",
]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallHome:
    made = SmallHome(tmp_path_factory.mktemp("leads"))
    made.take(HEADER, *ROWS)
    made.take("Email,Notes,Job Title", "ann@acme.example,second,Head of Sales")
    made.take("Email,First Name", "ann@acme.example,Twin", policy="create")
    with open_crm(made.home) as connection:
        connection.execute("UPDATE contacts SET lead_score = 80, lead_category = 'Hot', key_factors = '+ a; + b'")
    return made


@pytest.fixture(scope="module")
def files(small: SmallHome) -> dict[str, Path]:
    with read_crm(small.home) as connection:
        return write_lead_files(connection, small.home.reports / "latest", best_first=True)


def _read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def test_the_csv_has_every_lead_with_its_custom_fields_and_runs_nothing(files: dict[str, Path]) -> None:
    rows = _read(files["leads.csv"])
    assert sorted(row["Email (Primary)"] for row in rows) == sorted(
        ["ann@acme.example", "ann@acme.example", "bob@acme.example", "cyd@acme.example", "dee@acme.example"]
    )
    assert list(rows[0])[-2:] == ["Outcome", "Contact ID"]
    by_name = {row["Email (Primary)"]: row for row in rows if row["First Name"] != "Twin"}
    assert by_name["ann@acme.example"]["'=Plan'\"/~"] == "'=1+1"
    assert by_name["bob@acme.example"]["Company"].startswith("'=cmd|")
    assert by_name["ann@acme.example"]["Notes"] == "first\nsecond"
    assert not [cell for row in rows for cell in (*row, *row.values()) if cell and cell[0] in "=+-@\t\r"]


def test_the_parquet_file_has_the_names_and_types_of_the_crm(small: SmallHome, files: dict[str, Path]) -> None:
    leads = pl.read_parquet(files["leads.parquet"])
    with read_crm(small.home) as connection:
        full = leads_in_full(connection)
    assert set(FIELD_NAMES) | {"contact_id", "custom_fields", "lead_score"} <= set(leads.columns)
    assert {field.name: leads.schema[field.name] for field in FIELDS} == {f.name: f.polars_type for f in FIELDS}
    columns = ["contact_id", *FIELD_NAMES, "lead_score"]
    assert leads.select(columns).sort("contact_id").equals(full.select(columns).sort("contact_id"))
    assert json.loads(leads.filter(first_name="Ann")["custom_fields"][0]) == {"=Plan'\"/~": "=1+1"}


def test_what_a_crm_takes_in_has_an_address_once_and_changes_nothing_here(
    small: SmallHome, files: dict[str, Path]
) -> None:
    rows = _read(files["crm_import.csv"])
    assert len(rows) == len({row["Email (Primary)"] for row in rows}) == 4
    assert {"AI Lead Score", "Lead Category", "Recommended Next Action", "Key Factors"} <= set(rows[0])
    before = small.contacts()
    ledger = small.take_bytes(files["crm_import.csv"].read_bytes(), "crm_import.csv")
    assert {state: count for state, count in ledger.rows.items() if count} == {"total": 4, "unchanged": 4}
    assert ledger.issues == {}
    assert small.contacts() == before


def test_the_csv_that_comes_back_as_it_went_changes_nothing(small: SmallHome, files: dict[str, Path]) -> None:
    before = small.contacts()
    ledger = small.take_bytes(files["leads.csv"].read_bytes(), "leads.csv")
    assert (ledger.total, ledger.not_data) == (5, 5)
    assert small.contacts() == before


def test_a_brief_look_has_texts_of_hot_leads_only(small: SmallHome) -> None:
    with read_crm(small.home) as connection:
        rows = leads_in_brief(connection, ["lead_category"], of_hot=["email", "key_factors"], filled=["phone"])
        first = leads_in_brief(connection, ["lead_category"])
    assert rows.filter(lead_category="Hot")["email"].null_count() == 0
    assert set(rows["key_factors"].drop_nulls()) == {"+ a; + b"}
    assert set(first["key_factors"].drop_nulls()) == {"+ a"}
    assert rows["phone"].dtype == pl.Boolean


@given(st.lists(st.text("'=+-@ \t\r\u00a0\u2003\u0085\x0babÄ0~", max_size=6) | st.text(max_size=5), min_size=1))
def test_sql_guards_as_polars_does(texts: list[str]) -> None:
    asked = pl.DataFrame({"text": [text.replace("\x00", "") for text in texts]})
    with duckdb.connect() as connection:
        connection.register("asked", asked)
        said = connection.sql(f"SELECT {guarded_formula_sql('text')} AS text FROM asked").pl()
    assert said["text"].to_list() == asked.select(guard_formula(pl.col("text")))["text"].to_list()

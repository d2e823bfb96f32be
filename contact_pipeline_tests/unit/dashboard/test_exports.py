"""Exports of a view: the leads that it finds, in its order, and nothing in them that a spreadsheet would run."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from starlette.testclient import TestClient

from contact_pipeline.dashboard.snapshot import publish_snapshot
from contact_pipeline.home import Home
from contact_pipeline_tests.unit.dashboard.opened import opened_client
from contact_pipeline_tests.unit.whole_way import bring_file, write_rows

_HEADER = '=1+1 "<b>'
_FORMULAS = ("=1+1", "+49 30 1234567", "-2+3", "@SUM(A1)", "\t=1", "' =1", '=HYPERLINK("http://evil.example")')
_INDUSTRIES, _OWNERS = ("Software", "Retail", "Education", ""), ("Ann", "Bob", "=cmd|' /C calc'!A0")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("exports")
    made = Home(folder / "home")
    made.set_up()
    (made.root / "settings.toml").write_text("[reports]\nworkbook_leads = 60\n")
    bring_file(made, write_rows(folder / "leads.csv", [_row(number) for number in range(90)]))
    publish_snapshot(made)
    return made


def _row(number: int) -> dict[str, str]:
    return {
        "Email": f"p{number}@firm{number % 7}.example",
        "Full Name": f"Person {number * 37 % 90}",
        "Company": _FORMULAS[number % len(_FORMULAS)],
        "Industry": _INDUSTRIES[number % 4],
        "Owner": _OWNERS[number % 3],
        "Company Size": str(number * 13),
        "Confidence": "of the source",  # a header that a score has as well
        _HEADER: _FORMULAS[number % 5] if number % 2 else "",
    }


@pytest.fixture(scope="module")
def everybody(home: Home) -> Iterator[TestClient]:
    with opened_client(home) as client:
        yield client


def _exported(client: TestClient, address: str, search: str = "") -> list[dict[str, str]]:
    answer = client.post(f"/export.csv{address}", data={"q": search})
    assert answer.status_code == 200
    return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"), newline="")))


_QUESTIONS = st.tuples(
    st.lists(st.sampled_from([f"industry={name.replace(' ', '+')}" for name in _INDUSTRIES]), max_size=2, unique=True),
    st.sampled_from(["", "company_size=11-50", "company_size=201-500&company_size=501-1%2C000"]),
    st.sampled_from(["", "sort=name", "sort=-name", "sort=company", "sort=-company_size", "sort=-call_order"]),
    st.sampled_from(["", "person 1", "FIRM3", "nobody"]),
)


@settings(max_examples=25)
@given(_QUESTIONS)
def test_an_export_holds_the_leads_that_the_pages_of_the_view_show_in_their_order(
    everybody: TestClient, asked: tuple[list[str], str, str, str]
) -> None:
    industries, size, order, search = asked
    pairs = [*industries, size, order]
    shown: list[str] = []
    while True:
        page = len(shown) // 50 + 1
        address = "&".join(filter(None, [*pairs, f"page={page}"]))
        text = everybody.post(f"/?{address}", data={"q": search}).text
        found = [part.split('"')[0] for part in text.split('<tr data-id="')[1:]]
        shown += found
        if len(found) < 50:
            break
    exported = _exported(everybody, "?" + "&".join(filter(None, pairs)), search)
    assert [line["Contact ID"] for line in exported] == shown


def test_no_cell_of_an_export_runs_and_the_workbook_has_the_text_unchanged(everybody: TestClient) -> None:
    lines = _exported(everybody, "?industry=Software")
    cells = [cell for line in lines for cell in (*line, *line.values())]
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))]
    assert {"'=1+1", "'-2+3", "'@SUM(A1)"} <= {line["Company"] for line in lines}
    answer = everybody.post("/export.xlsx?industry=Software")
    sheet = load_workbook(BytesIO(answer.content)).active
    assert sheet is not None
    header, *body = sheet.iter_rows()
    assert not [cell.coordinate for row in (header, *body) for cell in row if cell.data_type == "f" or cell.hyperlink]
    names = [cell.value for cell in header]
    assert names == [name.removeprefix("'") for name in lines[0]]
    place = names.index("Company")
    assert [_unguarded(line["Company"]) for line in lines] == [row[place].value for row in body]


def _unguarded(text: str) -> Any:
    return text.removeprefix("'")


def test_a_custom_field_that_is_called_like_a_score_keeps_its_values_beside_it(everybody: TestClient) -> None:
    for line in _exported(everybody, ""):
        assert line["Confidence (custom)"] == "of the source"
        assert line["Confidence"] == ""  # nobody is scored


def test_a_limited_link_exports_its_leads_only(home: Home) -> None:
    with opened_client(home, {"owner": ("Ann",)}) as client:
        for address in ("", "?industry=Software", "?sort=-owner"):
            lines = _exported(client, address)
            assert {line["Contact Owner"] for line in lines} == {"Ann"}
            assert "Score Percentile" not in lines[0]  # a number over all leads
        assert len(_exported(client, "")) == 30


def test_more_leads_than_a_workbook_may_hold_are_to_be_taken_as_csv(everybody: TestClient) -> None:
    answer = everybody.post("/export.xlsx")
    assert answer.status_code == 400
    assert "take the CSV" in answer.text
    assert '<button class="button" disabled' in everybody.get("/").text


def test_an_export_of_nothing_is_a_header(everybody: TestClient) -> None:
    answer = everybody.post("/export.csv", data={"q": "nobody at all"})
    assert len(answer.content.decode("utf-8-sig").splitlines()) == 1
    assert zipfile.is_zipfile(BytesIO(everybody.post("/export.xlsx", data={"q": "nobody at all"}).content))


def test_a_file_is_named_after_the_day_and_leaves_nothing_behind(home: Home, everybody: TestClient) -> None:
    before = sorted(Path(home.dashboard).iterdir())
    answer = everybody.post("/export.csv", data={"q": "person 1"})
    assert answer.headers["content-disposition"].startswith('attachment; filename="leads_20')
    assert "person" not in answer.headers["content-disposition"]
    assert sorted(Path(home.dashboard).iterdir()) == before

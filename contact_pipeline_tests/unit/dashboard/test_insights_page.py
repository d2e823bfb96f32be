"""Insights count the leads of a link as counting one by one does, and tell a limited link of no others."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_pipeline.dashboard.access import Access
from contact_pipeline.dashboard.insights import MOVEMENTS, SPLIT_BY, moved, slow_facts, splits_of
from contact_pipeline.dashboard.reader import LeadReader
from contact_pipeline.dashboard.snapshot import publish_snapshot
from contact_pipeline.home import Home
from contact_pipeline_tests.effort import examples
from contact_pipeline_tests.unit.dashboard.conftest import (
    CANARY,
    EVERYBODY,
    GERMAN,
    OTHERS,
    of_countries,
    seen,
)
from contact_pipeline_tests.unit.dashboard.opened import inline_parts, opened_client
from contact_pipeline_tests.unit.whole_way import bring_file, write_rows

_SCOPES = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {},
        optional={
            "country": st.sampled_from([("DE",), ("FR",), ("DE", "FR"), ("US",)]),
            "industry": st.sampled_from([("Software",), ("Retail", CANARY), ("",)]),
            "owner": st.sampled_from([("Ann Example",), ("Bob Example", "")]),
        },
    ),
)


def _leads(reader: LeadReader, access: Access) -> list[dict[str, str | None]]:
    """The leads of a link, found without the dashboard's index."""
    columns = ("contact_id", "lead_category", "movement", "country", "industry", "lead_source", "owner", "job_title")
    with closing(reader.connection()) as connection:
        rows = connection.execute(f"SELECT {', '.join(columns)} FROM leads").fetchall()
    every = [dict(zip(columns, row, strict=True)) for row in rows]
    return [one for one in every if all((one[name] or "") in values for name, values in access.only.items())]


@settings(max_examples=examples(25))
@given(_SCOPES)
def test_bars_and_moves_are_what_counting_lead_by_lead_finds(
    reader: LeadReader, only: dict[str, tuple[str, ...]]
) -> None:
    access = Access("id", "any", only)
    leads = _leads(reader, access)
    for one in splits_of(reader, access):
        assert sum(split.leads for split in one.splits) == len(leads)
        if one.name in ("industry", "owner", "lead_source"):
            counted = Counter((lead[one.name] or "No value", lead["lead_category"]) for lead in leads)
            drawn = {
                (split.label, category): count
                for split in one.splits
                for category, count in zip(("Hot", "Warm", "Cold"), split.by_category or (), strict=True)
                if count
            }
            assert drawn == counted
    ways = Counter((lead["lead_category"], lead["movement"]) for lead in leads)
    for row in moved(reader, access):
        assert [one.leads for one in row] == [ways[row[0].category, way] for way in MOVEMENTS]


def test_the_filters_that_leads_are_split_by_all_have_values_here(reader: LeadReader) -> None:
    assert [one.name for one in splits_of(reader, EVERYBODY)] == list(SPLIT_BY)
    assert sum(one.leads for row in moved(reader, EVERYBODY) for one in row if one.movement == "Moved up") > 0


def test_each_bar_leads_to_as_many_leads_as_it_says(tabs_home: Home, reader: LeadReader) -> None:
    with opened_client(tabs_home) as client:
        for one in splits_of(reader, EVERYBODY):
            for split, address in zip(one.splits, one.addresses, strict=True):
                shown = seen(client.get(address).text)
                assert f" {split.leads:,} " in f" {' '.join(shown.split())} "
                assert "Ann" not in address  # an owner stands under a pseudonym


def test_completeness_and_factors_are_of_the_links_own_leads(reader: LeadReader) -> None:
    german, all_leads = slow_facts(reader, of_countries("DE")), slow_facts(reader, EVERYBODY)
    assert dict(german.filled)["Email (Primary)"] == 1
    assert "Website Visits" not in dict(german.filled)
    assert dict(all_leads.filled)["Website Visits"] == pytest.approx(OTHERS / (GERMAN + OTHERS))
    of = [{factor.label for _, group in facts.factors for factor in group} for facts in (german, all_leads)]
    assert "Website Visits" not in of[0]
    assert "Website Visits" in of[1]


def test_few_leads_show_no_factor(reader: LeadReader) -> None:
    few = Access("id", "few", {"country": ("DE",), "industry": ("Nobody",)})
    assert slow_facts(reader, few).factors == []
    assert slow_facts(reader, few).filled == []


@pytest.mark.parametrize("path", ["/", "/insights", "/playbook"])
def test_a_limited_link_is_told_nothing_of_other_leads(tabs_home: Home, path: str) -> None:
    with opened_client(tabs_home) as everybody:
        whole = seen(everybody.get(path).text)
    with opened_client(tabs_home, {"country": ("DE",)}) as limited:
        html = limited.get(path).text
    assert CANARY not in html
    for number in (OTHERS, GERMAN + OTHERS):
        assert str(number) not in seen(html)
    assert "Since the run of" not in html
    assert "/model" not in html
    assert "/imports" not in html
    if path == "/insights":
        assert CANARY in whole
        assert str(GERMAN + OTHERS) in whole
        assert f"{GERMAN} leads" in seen(html)


@pytest.mark.parametrize("path", ["/insights", "/playbook", "/model", "/imports"])
def test_a_page_has_no_style_or_script_of_its_own(tabs_home: Home, home_with_model: Home, path: str) -> None:
    for home in (tabs_home, home_with_model):
        with opened_client(home) as client:
            answer = client.get(path)
        assert answer.status_code == 200
        assert inline_parts(answer.text.replace("onerror=alert(1)", "")) == []  # text of a hostile value


def test_a_link_that_sees_nobody_is_told_so(tabs_home: Home) -> None:
    with opened_client(tabs_home, {"country": ("DE",), "industry": ("Nobody",)}) as client:
        assert "No leads" in client.get("/insights").text
        assert client.get("/playbook").status_code == 200


def test_before_the_first_scoring_the_tabs_say_what_is_missing(home: Home, tmp_path: Path) -> None:
    home.set_up()
    bring_file(home, write_rows(tmp_path / "few.csv", [{"Email": "a@b.example", "Industry": "Retail"}]))
    publish_snapshot(home)
    with opened_client(home) as client:
        pages = {path: client.get(path) for path in ("/insights", "/playbook", "/model", "/imports")}
    assert {answer.status_code for answer in pages.values()} == {200}
    assert "No model yet" in pages["/model"].text
    assert "few.csv" in pages["/imports"].text
    assert "Nothing has been written yet" in pages["/imports"].text

"""The playbook counts the segments as the report does, over the leads of a link."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import polars as pl
import pytest

from contact_pipeline.crm.scores import contacts_frame
from contact_pipeline.crm.session import read_crm
from contact_pipeline.dashboard.access import Access
from contact_pipeline.dashboard.reader import LeadReader, Snapshots
from contact_pipeline.dashboard.segments import segments_by_category
from contact_pipeline.dashboard.snapshot import publish_snapshot
from contact_pipeline.home import Home
from contact_pipeline.reporting.playbook import load_playbook, segments_of
from contact_pipeline_tests.unit.dashboard.conftest import EVERYBODY, HOSTILE, of_countries, seen
from contact_pipeline_tests.unit.dashboard.opened import opened_client

_SAID = 'channel = "Phone"\nfirst_step = "Call"\ncadence = "once"\nmessage = "Hello"'


@pytest.mark.parametrize(
    ("access", "country"), [(EVERYBODY, None), (of_countries("DE"), "DE"), (of_countries("US"), "US")]
)
def test_segments_are_those_of_the_report(
    tabs_home: Home, reader: LeadReader, access: Access, country: str | None
) -> None:
    with read_crm(tabs_home) as connection:
        leads = contacts_frame(connection)
    own = leads if country is None else leads.filter(pl.col("country") == country)
    expected = segments_of(own, load_playbook())
    found = segments_by_category(reader, access)
    assert [one.segment for category in found for one in category.segments] == expected
    by_category = dict(own.group_by("lead_category").len().iter_rows())
    assert {one.category: one.leads for one in found} == {
        name: by_category.get(name, 0) for name in ("Hot", "Warm", "Cold")
    }


def test_the_page_says_whom_how_and_where_to_change_it(tabs_home: Home) -> None:
    with opened_client(tabs_home) as client:
        text = client.get("/playbook").text
    for play in load_playbook():
        assert play.segment in text
    assert "[[reports.playbook]]" in text
    assert 'href="/?category=Warm"' in text
    assert HOSTILE not in text


def test_a_segment_that_a_filter_can_tell_leads_to_its_leads(tabs_home: Home, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    copytree(tabs_home.root, home.root)
    (home.root / "settings.toml").write_text(
        f"""
        [[reports.playbook]]
        segment = "German ones"
        category = "Warm"
        field = "Contact Owner"
        any_of = ["ann example", "Nobody"]
        {_SAID}
        [[reports.playbook]]
        segment = "Large ones"
        category = "Warm"
        field = "Company Size"
        at_least = 100
        {_SAID}"""
    )
    publish_snapshot(home)
    reader = Snapshots(home).current()
    found = {
        one.segment.play.segment: one.address
        for category in segments_by_category(reader, EVERYBODY)
        for one in category.segments
    }
    assert found["Large ones"] == ""
    assert "category=Warm" in found["German ones"]
    assert "ann" not in found["German ones"].lower()
    with read_crm(home) as connection:
        own = contacts_frame(connection).filter(lead_category="Warm", owner="Ann Example").height
    with opened_client(home) as client:
        assert own
        assert f" {own} " in f" {' '.join(seen(client.get(found['German ones']).text).split())} "

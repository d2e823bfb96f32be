"""A snapshot is there whole or not at all, says what the CRM said, and holds nobody up."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contact_pipeline.crm.session import open_crm
from contact_pipeline.dashboard import snapshot
from contact_pipeline.dashboard.access import Access
from contact_pipeline.dashboard.query import LeadQuery
from contact_pipeline.dashboard.reader import NothingPublished, Snapshots
from contact_pipeline.dashboard.snapshot import publish_snapshot
from contact_pipeline.home import Home
from contact_pipeline.settings import Settings
from contact_pipeline.settings.handing_over import ReportSettings
from contact_pipeline_tests.unit.dashboard.wild_crm import home_of, wild_leads

EVERYBODY = Access("all", "All")
LEADS = wild_leads(seed=1, leads=30)


@pytest.fixture
def wild_home(tmp_path: Path) -> Home:
    return home_of(tmp_path / "home", LEADS)


def published_files(home: Home) -> list[str]:
    return sorted(path.name for path in home.dashboard.iterdir() if path.name != "links.sqlite")


def told(home: Home, sql: str) -> list[Any]:
    with closing(Snapshots(home).current().connection()) as connection:
        return connection.execute(sql).fetchall()


def test_before_the_first_run_there_is_nothing_to_read(home: Home) -> None:
    with pytest.raises(NothingPublished, match="contact-pipeline score"):
        Snapshots(home).current()


def test_an_empty_crm_can_be_published_and_read(home: Home) -> None:
    assert publish_snapshot(home).leads == 0
    view = Snapshots(home).current().view(LeadQuery(), EVERYBODY)
    assert (view.found, view.of, view.rows, view.filters) == (0, 0, [], [])


def test_a_snapshot_of_another_version_asks_for_a_new_one(wild_home: Home) -> None:
    path = publish_snapshot(wild_home).path
    for change in ("UPDATE meta SET layout = layout + 1", "DROP TABLE meta"):
        with duckdb.connect(str(path)) as connection:
            connection.execute(change)
        with pytest.raises(NothingPublished, match=r"another version.*contact-pipeline score"):
            Snapshots(wild_home).current()


def test_what_fails_half_way_leaves_the_last_snapshot_in_place(
    wild_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_snapshot(wild_home)
    before = published_files(wild_home)

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(snapshot, "make_codes", fail)
    with pytest.raises(RuntimeError):
        publish_snapshot(wild_home)
    assert published_files(wild_home) == before
    assert Snapshots(wild_home).current().view(LeadQuery(), EVERYBODY).found == len(LEADS)


def test_the_last_few_snapshots_are_kept(wild_home: Home) -> None:
    few = Home(wild_home.root, Settings(reports=ReportSettings(snapshots_kept=2)))
    names = [publish_snapshot(few).path.name for _ in range(3)]
    assert published_files(few) == [*names[1:], "current"]


def test_who_reads_goes_on_reading_and_sees_the_new_run_next_time(wild_home: Home) -> None:
    snapshots = Snapshots(wild_home)
    publish_snapshot(wild_home)
    old = snapshots.current()
    assert snapshots.current() is old
    with open_crm(wild_home) as connection:
        connection.execute("DELETE FROM contacts WHERE lead_category = 'Hot'")
    publish_snapshot(Home(wild_home.root, Settings(reports=ReportSettings(snapshots_kept=1))))
    assert old.view(LeadQuery(), EVERYBODY).found == len(LEADS)
    new = snapshots.current()
    assert new.view(LeadQuery(), EVERYBODY).found == sum(one["lead_category"] != "Hot" for one in LEADS)
    assert old.lead(LEADS[0]["contact_id"], EVERYBODY) is not None
    assert new.run.name > old.run.name


def test_readers_hold_no_writer_up_and_no_writer_a_reader(wild_home: Home) -> None:
    publish_snapshot(wild_home)
    with open_crm(wild_home):
        reader = Snapshots(wild_home).current()
        contact_id = reader.view(LeadQuery(), EVERYBODY).rows[0].contact_id
        assert reader.lead(contact_id, EVERYBODY) is not None


def test_many_may_ask_at_once(wild_home: Home) -> None:
    publish_snapshot(wild_home)
    snapshots, sorts = Snapshots(wild_home), ("name", "company", "change", "probability", "last_activity", "score") * 4
    start = threading.Barrier(4)

    def ask(sort: str) -> int:
        start.wait(timeout=60)
        query = LeadQuery(sort=sort, search="person")
        return len(snapshots.current().view(query, EVERYBODY).rows)

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(ask, sorts)) == {len(LEADS)}


def test_leads_stand_in_call_order_under_their_rank(wild_home: Home) -> None:
    publish_snapshot(wild_home)
    rows = told(wild_home, "SELECT rank, rowid, opted_out OR converted, lead_category FROM leads ORDER BY rank")
    assert [rank for rank, *_ in rows] == [row for _, row, *_ in rows] == list(range(len(LEADS)))
    may_be_called = [not kept for *_, kept, _ in rows]
    assert may_be_called == sorted(may_be_called, reverse=True)
    first = [category for *_, kept, category in rows if not kept and category]
    assert first == sorted(first, key=("Hot", "Warm", "Cold").index)


def test_codes_are_no_wider_than_their_values_need(tmp_path: Path) -> None:
    leads = [{**LEADS[0], "contact_id": f"c{number}", "owner": f"Owner {number}"} for number in range(300)]
    home = home_of(tmp_path / "many", leads)
    publish_snapshot(home)
    columns = dict(told(home, "SELECT column_name, column_type FROM (DESCRIBE codes)"))
    places = dict(told(home, "SELECT name, 'filter_' || place FROM filters"))
    assert (columns[places["owner"]], columns[places["industry"]]) == ("USMALLINT", "UTINYINT")
    assert told(home, f"SELECT count(DISTINCT {places['owner']}) FROM codes") == [(300,)]


def test_no_model_and_no_suppressed_address_is_in_a_snapshot(wild_home: Home) -> None:
    publish_snapshot(wild_home)
    tables = {name for (name,) in told(wild_home, "SELECT table_name FROM duckdb_tables()")}
    assert not tables & {"suppressions", "decisions", "learned_mappings"}
    assert {"leads", "records", "imports", "activities", "score_history", "scorings", "meta"} <= tables
    columns = {name for (name,) in told(wild_home, "SELECT column_name FROM (DESCRIBE model_versions)")}
    assert "model" not in columns


def test_a_reader_reaches_nothing_but_its_snapshot(wild_home: Home) -> None:
    publish_snapshot(wild_home)
    for sql in (f"ATTACH '{wild_home.crm}'", "COPY leads TO '/tmp/leads.csv'", "SET enable_external_access = true"):
        with pytest.raises(duckdb.Error):
            told(wild_home, sql)
    with pytest.raises(duckdb.Error):
        told(wild_home, "DELETE FROM leads")

"""What goes wrong while nothing runs is noticed: the standing checks turn red by themselves, once, and green again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import dagster as dg
import duckdb
import pytest

from contact_pipeline.crm.session import open_crm
from contact_pipeline.dashboard.reader import published
from contact_pipeline.dashboard.snapshot import publish_snapshot
from contact_pipeline.definitions import build_defs
from contact_pipeline.defs import standing
from contact_pipeline.defs.following import ANY_TIME, BETWEEN_RUNS, standing_checks
from contact_pipeline.defs.home import HomeResource
from contact_pipeline.home import Home
from contact_pipeline.hooks.events import event_of_now
from contact_pipeline.hooks.outbox import PAUSES_SECONDS, Outbox
from contact_pipeline.rescoring import learn_if_due, score_due
from contact_pipeline.turns import turn_of_runs
from contact_pipeline_tests.unit.whole_way import bring_file, write_rows

ALL = {key.name for key in (*ANY_TIME, *BETWEEN_RUNS)}
HOOK = '[[hooks]]\nname = "view"\nurl = "http://127.0.0.1:9/"\n'


class Followed(NamedTuple):
    """A scored home whose standing checks are looked at."""

    home: Home
    instance: dg.DagsterInstance
    cursor: list[str | None]

    def look(self) -> dict[str, bool]:
        """What a tick shows in the UI: checks that passed or not; none that says the same as before."""
        resources = {"home": HomeResource(root=str(self.home.root))}
        with dg.build_sensor_context(self.instance, self.cursor[0], resources=resources) as context:
            result = standing_checks(context)
        assert isinstance(result, dg.SensorResult)
        self.cursor[0] = result.cursor
        return {one.check_name: one.passed for one in result.asset_events if isinstance(one, dg.AssetCheckEvaluation)}

    def change(self, statement: str) -> None:
        """Something in the CRM that no run did."""
        with open_crm(self.home) as connection:
            connection.execute(statement)

    def noted(self) -> list[str]:
        """The events for hooks, the oldest first, with their reasons."""
        return [one.event for one in reversed(Outbox(self.home).latest(100))]


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a home whose three contacts were scored just now."""
    folder = tmp_path_factory.mktemp("standing")
    home = Home(folder / "home")
    home.set_up()
    bring_file(home, write_rows(folder / "list.csv", [{"Email": f"p{n}@firm.example"} for n in range(3)]))
    now = datetime.now(UTC).replace(tzinfo=None)
    learn_if_due(home, now)
    score_due(home, now, everybody=True)
    publish_snapshot(home)
    (home.root / "settings.toml").write_text(HOOK)
    return home.root


@pytest.fixture
def followed(scored: Path, tmp_path: Path) -> Iterator[Followed]:
    home = Home(shutil.copytree(scored, tmp_path / "home"))
    with dg.DagsterInstance.ephemeral() as instance:
        yield Followed(home, instance, [None])


def test_a_home_that_is_well_shows_it_and_then_says_nothing_more(followed: Followed) -> None:
    assert followed.look() == dict.fromkeys(ALL, True)
    assert followed.look() == {}
    remembered = json.loads(str(followed.cursor[0]))
    followed.cursor[0] = json.dumps({**remembered, "shown_at": remembered["shown_at"] - 3601})
    assert set(followed.look()) == ALL, "once an hour it shows that it looked"


def test_scores_that_grow_old_turn_red_and_are_told_once_each_time(followed: Followed) -> None:
    followed.look()
    for times in (1, 2):
        followed.change("UPDATE meta SET scored_all_at = scored_all_at - INTERVAL 8 DAY")
        assert followed.look() == {"scores_fresh": False}
        assert followed.look() == {}
        assert followed.noted() == ["stale"] * times
        followed.change("UPDATE meta SET scored_all_at = scored_all_at + INTERVAL 8 DAY")
        assert followed.look() == {"scores_fresh": True}


def test_what_readers_do_not_see_turns_red(followed: Followed) -> None:
    followed.change("UPDATE contacts SET lead_score = 99 WHERE email = 'p1@firm.example'")
    assert followed.look()["snapshot_shows_the_crm"] is False
    (followed.home.dashboard / "current").unlink()
    assert followed.look() == {}
    assert followed.noted() == []


def test_a_snapshot_of_another_version_is_one_that_nobody_sees(followed: Followed) -> None:
    with duckdb.connect(str(published(followed.home))) as snapshot:
        snapshot.execute("DROP TABLE meta")
    assert followed.look()["snapshot_shows_the_crm"] is False


def test_in_the_midst_of_a_run_scores_are_not_judged(followed: Followed) -> None:
    followed.change("UPDATE contacts SET is_scored = NULL")
    with turn_of_runs(followed.home):
        assert set(followed.look()) == {key.name for key in ANY_TIME}
    assert followed.look() == {"scores_fresh": False, "snapshot_shows_the_crm": True}


def test_a_file_that_waits_too_long_turns_red_and_is_told(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    (followed.home.drop / "list.csv").write_text("Email\n")
    (followed.home.drop / "list.csv.part").write_text("Email\n")
    assert followed.look()["no_file_waits_long"]
    monkeypatch.setattr(standing, "_LONG_SECONDS", -1)
    found = standing.whether_a_file_waits_long(followed.home)
    assert {name: one.value for name, one in found.metadata.items()} == {"files": 1, "waiting_for_more_than_an_hour": 1}
    assert followed.look() == {"no_file_waits_long": False}
    assert followed.noted() == ["stuck"]


def test_a_hook_that_does_not_answer_turns_red(followed: Followed) -> None:
    box, event = Outbox(followed.home), event_of_now("scored")
    box.note([event])
    box.record("view", event.event_id, "answered 500")
    assert followed.look()["hooks_are_heard"], "once is nothing yet"
    for _ in PAUSES_SECONDS:
        box.record("view", event.event_id, "answered 500")
    assert followed.look() == {"hooks_are_heard": False}


@dg.job
def any_job() -> None:
    """Something that runs of it may be put on record."""


def _run(followed: Followed, status: dg.DagsterRunStatus, import_id: str) -> None:
    tags = {"dagster/partition": import_id}
    run = followed.instance.create_run_for_job(any_job, status=dg.DagsterRunStatus.STARTED, tags=tags)
    if status == dg.DagsterRunStatus.FAILURE:
        followed.instance.report_run_failed(run)
    else:
        done = dg.DagsterEvent(dg.DagsterEventType.RUN_SUCCESS.value, any_job.name)
        followed.instance.report_dagster_event(done, run.run_id)


def test_an_import_that_failed_is_red_until_it_was_done(followed: Followed) -> None:
    _run(followed, dg.DagsterRunStatus.FAILURE, "a@1")
    _run(followed, dg.DagsterRunStatus.SUCCESS, "b@2")
    assert followed.look()["every_import_ended_well"] is False
    _run(followed, dg.DagsterRunStatus.SUCCESS, "a@1")
    assert followed.look() == {"every_import_ended_well": True}


def test_an_import_that_was_refused_or_undone_is_nothing_left_half_way(followed: Followed) -> None:
    followed.change("UPDATE imports SET status = 'undone'")
    with open_crm(followed.home) as connection:
        import_id = str(connection.execute("SELECT import_id FROM imports").fetchall()[0][0])
    _run(followed, dg.DagsterRunStatus.FAILURE, import_id)
    assert followed.look()["every_import_ended_well"]


def test_a_home_in_which_nothing_was_imported_is_not_judged(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert Followed(home, instance, [None]).look() == {}


@pytest.mark.parametrize(("days", "late", "stale"), [(7, 26, 7 * 24), (2, 26, 48), (1, None, 26)])
def test_scores_and_reports_are_late_after_a_missed_day_and_stale_as_the_settings_say(
    home: Home, days: int, late: int | None, stale: int
) -> None:
    (home.root / "settings.toml").write_text(f"[scoring.life]\nstale_after_days = {days}\n")
    graph = build_defs(HomeResource(root=str(home.root))).resolve_asset_graph()
    policy = dg.FreshnessPolicy.time_window(
        fail_window=timedelta(hours=stale), warn_window=timedelta(hours=late) if late else None
    )
    found = {key.to_user_string(): graph.get(key).freshness_policy for key in graph.get_all_asset_keys()}
    expected = {"lead_model", "scored_leads", "lead_workbook", "lead_report", "dashboard_snapshot"}
    assert {name for name, one in found.items() if one is not None} == expected
    assert {found[name] for name in expected} == {policy}


def test_no_run_waits_for_the_checks_of_the_time_between_runs() -> None:
    in_runs = {
        key.name for key in build_defs().resolve_job_def("import_contacts").asset_layer.asset_graph.asset_check_keys
    }
    assert "ledger_adds_up" in in_runs
    assert not in_runs & {"no_file_waits_long", "every_import_ended_well", "hooks_are_heard"}

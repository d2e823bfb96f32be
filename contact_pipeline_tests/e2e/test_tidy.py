"""Housekeeping over a home that has been in use: what Dagster shows of runs goes too, and nothing begins anew by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from contact_pipeline.defs.home import HomeResource
from contact_pipeline.defs.housekeeping import housekeeping
from contact_pipeline.defs.past_runs import tidy_runs
from contact_pipeline.defs.running import Runner, runner
from contact_pipeline.defs.schedules import daily_housekeeping
from contact_pipeline.home import Home
from contact_pipeline.imports import import_files
from contact_pipeline.settings import RetentionSettings, Settings


def _status(running: Runner, path: Path) -> str:
    return import_files(running, [path], None).imports[0].status


def _of_runs(home: Home) -> set[str]:
    """What runs have for themselves: files of events, folders of what was printed."""
    found = {path.stem for path in (home.dagster / "history" / "runs").glob("*.db")} - {
        "index",
        ".db",
    }  # of all runs, and of none
    return found | {path.name for path in (home.dagster / "storage").iterdir()}


def test_runs_that_ended_long_ago_go_and_their_imports_stay_finished(
    home: Home, contacts_csv: Callable[..., Path]
) -> None:
    path, soon = contacts_csv("Email,First Name", "ann@acme.example,Ann"), datetime.now(UTC) + timedelta(hours=1)
    with runner(home, lambda _: None) as running:
        instance = running.instance
        assert _status(running, path) == "imported"
        before = len(instance.get_run_ids())
        assert tidy_runs(instance, home, datetime.now(UTC) - timedelta(days=1), dry_run=False).count == 0
        told = tidy_runs(instance, home, soon, dry_run=True)
        assert (told.count, len(instance.get_run_ids())) == (before, before)
        assert told.bytes > 100_000
        assert tidy_runs(instance, home, soon, dry_run=False) == told
        assert (instance.get_run_ids(), _of_runs(home)) == ([], set())
        assert _status(running, path) == "already_imported"
        assert instance.get_run_ids() == []
        running.rerun("mapped_contacts", [next(home.inbox.glob("contacts@*")).name], only=False)
        assert len(_of_runs(home)) == len(instance.get_run_ids()) > 0


def test_what_a_killed_removal_left_of_a_run_goes_next_time(home: Home) -> None:
    with runner(home, lambda _: None) as running:
        dead, odd = "0f906d55-849a-433b-a0fd-2da81e44262f", "not-of-a-run"
        for name in (dead, odd):
            (home.dagster / "storage" / name / "compute_logs").mkdir(parents=True)
        shard = home.dagster / "history" / "runs" / f"{dead}.db"
        shard.touch()
        tidy_runs(running.instance, home, datetime.now(UTC), dry_run=False)
        assert [path.name for path in (home.dagster / "storage").iterdir()] == [odd]
        assert not shard.exists()


def test_the_job_does_it_by_itself_every_day(home: Home) -> None:
    (home.drop / "done").mkdir()
    (home.root / "settings.toml").write_text("[retention]\ntidy_at = '02:10'\n")
    with runner(home, lambda _: None) as running:
        of = HomeResource(root=str(home.root), has_the_turn=True)
        assert housekeeping.execute_in_process(resources={"home": of}, instance=running.instance).success
    assert daily_housekeeping(Home(home.root)).cron_schedule == "10 2 * * *"
    assert daily_housekeeping(Home(home.root)).default_status == dg.DefaultScheduleStatus.RUNNING


@pytest.mark.parametrize("days", [0, -1])
def test_nothing_may_be_kept_for_less_than_a_day(days: int) -> None:
    """What was received a moment ago is about to be run."""
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        Settings(retention=RetentionSettings(inbox_days=days))

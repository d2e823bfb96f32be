"""The checks of scoring pass on what a run leaves and fail on what they promise to notice; the schedule runs by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from contact_pipeline.crm.session import open_crm
from contact_pipeline.dashboard.snapshot import publish_snapshot
from contact_pipeline.definitions import build_defs
from contact_pipeline.defs import checks
from contact_pipeline.defs.home import HomeResource
from contact_pipeline.home import Home
from contact_pipeline.rescoring import learn_if_due, score_due
from contact_pipeline_tests.unit.whole_way import bring_file, write_rows

CHECKS = {
    "scores_fresh": checks.scores_fresh,
    "drift_quiet": checks.drift_quiet,
    "hot_converts_more": checks.hot_converts_more,
    "every_contact_is_scored": checks.every_contact_is_scored,
    "factors_add_up": checks.factors_add_up,
    "model_has_signal": checks.model_has_signal,
    "snapshot_shows_the_crm": checks.snapshot_shows_the_crm,
}
DAMAGE = [
    ("scores_fresh", "UPDATE meta SET scored_all_at = scored_all_at - INTERVAL 8 DAY"),
    ("scores_fresh", "UPDATE contacts SET is_scored = NULL WHERE email = 'p1@firm.example'"),
    ("scores_fresh", "UPDATE contacts SET model_version = 'other' WHERE email = 'p1@firm.example'"),
    ("every_contact_is_scored", "UPDATE contacts SET lead_score = NULL WHERE email = 'p1@firm.example'"),
    ("every_contact_is_scored", "UPDATE contacts SET lead_category = 'Hot' WHERE email = 'p1@firm.example'"),
    ("factors_add_up", "UPDATE contacts SET lead_score = lead_score + 1 WHERE email = 'p1@firm.example'"),
    ("hot_converts_more", "UPDATE contacts SET lead_score = CASE WHEN converted THEN 50 ELSE 90 END"),
    ("drift_quiet", "UPDATE contacts SET website_visits = 40"),
    ("snapshot_shows_the_crm", "DELETE FROM contacts WHERE email = 'p1@firm.example'"),
    ("snapshot_shows_the_crm", "UPDATE contacts SET lead_score = 99 WHERE email = 'p1@firm.example'"),
]


@pytest.fixture
def scored(home: Home, tmp_path: Path) -> Home:
    """300 past leads, scored now."""
    rows = [
        {"Email": f"p{n}@firm.example", "Website Visits": str(n % 3), "Converted": "won" if n % 7 == 0 else "lost"}
        for n in range(300)
    ]
    bring_file(home, write_rows(tmp_path / "past.csv", rows))
    now = datetime.now(UTC).replace(tzinfo=None)
    learn_if_due(home, now)
    score_due(home, now, everybody=True)
    publish_snapshot(home)
    return home


def test_all_checks_pass_on_what_a_run_leaves(scored: Home) -> None:
    assert [name for name in CHECKS if not _passes(name, scored)] == []


@pytest.mark.parametrize(("check", "damage"), DAMAGE)
def test_a_check_fails_on_the_damage_it_looks_for(scored: Home, check: str, damage: str) -> None:
    with open_crm(scored) as connection:
        connection.execute(damage)
    assert not _passes(check, scored)


def test_before_the_first_scoring_nothing_is_fresh(home: Home) -> None:
    assert not _passes("scores_fresh", home)
    assert not _passes("model_has_signal", home)


@pytest.mark.parametrize(
    ("setting", "cron"), [("", "0 5 * * *"), ('[scoring.life]\nrescore_at = "23:30"\n', "30 23 * * *")]
)
def test_all_contacts_are_scored_daily_by_themselves_at_the_hour_of_the_settings(
    home: Home, setting: str, cron: str
) -> None:
    (home.root / "settings.toml").write_text(setting)
    schedule = build_defs(HomeResource(root=str(home.root))).resolve_schedule_def("daily_scoring")
    assert schedule.cron_schedule == cron
    assert schedule.execution_timezone == "UTC"
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert schedule.job_name == "score_contacts"


def _passes(check: str, home: Home) -> bool:
    return bool(CHECKS[check](home=HomeResource(root=str(home.root))).passed)

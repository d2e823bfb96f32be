"""Scores over time as users meet them: versions and going back, a file that touches a few people, leads that cool."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pytest
from click.testing import CliRunner, Result

from contact_pipeline.cli import main
from contact_pipeline.crm.session import read_crm
from contact_pipeline.defs.instance import opened_instance
from contact_pipeline.home import Home
from contact_pipeline.rescoring import learn_if_due, score_due
from contact_pipeline.turning_back import undo
from contact_pipeline_tests.e2e.small_home import SmallHome

_TIERS = {"Gold": 0.8, "Silver": 0.4, "Bronze": 0.1}  # and how often their leads convert
_LOG = (
    "Email,Activity Type,Activity Date,Count",
    "p1@firm1.example,Form submitted,2026-02-20 10:00:00,2",
    "p2@firm2.example,Link clicked,2026-02-25 09:30:00,3",
)
_NOON = datetime.fromisoformat("2026-03-01T12:00")

Command = Callable[..., Result]


@pytest.fixture
def command(home: Home) -> Command:
    """The command line over the home, in this process."""

    def run(*arguments: str | Path) -> Result:
        env = {"CONTACT_PIPELINE_HOME": str(home.root)}
        return CliRunner().invoke(main, list(map(str, arguments)), env=env, catch_exceptions=False)

    return run


def _leads(count: int = 200) -> tuple[str, ...]:
    draw = np.random.default_rng(5)
    lines = ["Email,Job Title,Tier,Converted"]
    for number in range(count):
        tier = list(_TIERS)[draw.integers(0, 3)]
        outcome = "won" if draw.random() < _TIERS[tier] else "lost"
        lines.append(f"p{number}@firm{number % 40}.example,Clerk,{tier},{outcome}")
    return tuple(lines)


def _scores(home: Home) -> dict[str, float]:
    with read_crm(home) as connection:
        return dict(connection.execute("SELECT email, lead_score FROM contacts").fetchall())


def _done(found: Result) -> str:
    assert found.exit_code == 0, found.output
    return found.stdout


def test_going_back_to_a_version_brings_its_scores_back_until_it_is_released_and_learned_anew(
    home: Home, command: Command, contacts_csv: Callable[..., Path]
) -> None:
    _done(command("run", contacts_csv(*_leads())))
    with_tier = _scores(home)
    (home.root / "settings.toml").write_text('[scoring]\nexclude = ["Tier"]\n', encoding="utf-8")
    _done(command("score"))
    without = _scores(home)
    assert without != with_tier
    second, first = json.loads(_done(command("models", "--json")))
    assert (first["in_use"], second["in_use"]) == (False, True)
    assert first["method"] == "model"

    assert first["version"] in _done(command("models", "rollback"))
    assert _scores(home) == with_tier
    listed = _done(command("models"))
    assert "pinned" in listed
    assert f"{second['version']}: rolled back: in favour of {first['version']}" in listed
    assert f"Model card {first['version']}" in _done(command("models", "show", first["version"][:6]))
    _done(command("score"))
    assert _scores(home) == with_tier

    assert "may learn anew" in _done(command("models", "release"))
    assert "No version is pinned." in _done(command("models", "release"))
    assert "pinned" not in _done(command("models"))
    _done(command("score", "--retrain"))
    assert _scores(home) == without


def test_a_version_that_is_not_there_is_one_line_that_says_where_to_look(
    command: Command, contacts_csv: Callable[..., Path]
) -> None:
    _done(command("run", contacts_csv(*_leads(5))))
    for wish in ("rollback", "show"):
        found = command("models", wish, "zzz")
        assert found.exit_code == 2
        assert "'contact-pipeline models' lists them" in found.stderr
        assert len(found.stderr.strip().splitlines()) == 1


def test_a_file_of_activities_scores_the_people_in_it_and_nobody_else(
    home: Home, command: Command, contacts_csv: Callable[..., Path]
) -> None:
    _done(command("run", contacts_csv(*_leads(12))))
    before = _scored_at(home)
    _done(command("run", contacts_csv(*_LOG, name="log.csv")))
    after = _scored_at(home)
    assert {email for email in after if after[email] != before[email]} == {"p1@firm1.example", "p2@firm2.example"}
    assert _told_by_the_run(home)["dagster/row_count"] == 2


def test_the_first_log_of_activities_is_learned_from_and_undoing_it_unlearns_it(
    command: Command, contacts_csv: Callable[..., Path]
) -> None:
    _done(command("run", contacts_csv(*_leads())))
    log = [f"p{number}@firm{number % 40}.example,Page view,2026-02-20 10:00:00,2" for number in range(60)]
    _done(command("run", contacts_csv(_LOG[0], *log, name="log.csv")))
    newest, before = json.loads(_done(command("models", "--json")))
    assert newest["in_use"]
    assert "Visits on record" in _columns(newest)
    assert "Visits on record" not in _columns(before)
    (import_id,) = [one["import_id"] for one in json.loads(_done(command("imports", "--json"))) if "log" in one["file"]]
    _done(command("undo", import_id))
    (in_use,) = [one for one in json.loads(_done(command("models", "--json"))) if one["in_use"]]
    assert in_use["version"] == before["version"]


def _columns(version: dict[str, Any]) -> set[str]:
    return {one["label"] for one in version["card"]["features"]}


def test_a_word_of_fewer_than_five_leads_stands_in_no_card_report_or_metadata(
    home: Home, command: Command, contacts_csv: Callable[..., Path]
) -> None:
    header, *leads = _leads()
    lines = [f"{lead},{'Xyzzyplugh' if place < 4 else 'plain'}" for place, lead in enumerate(leads)]
    _done(command("run", contacts_csv(f"{header},Colour", *lines)))
    latest = home.reports / "latest"
    told = [(latest / name).read_text(encoding="utf-8") for name in ("model_card.md", "report.html")]
    told += [_done(command("models", "--json")), str(_told_by_the_run(home, "lead_model")), str(_told_by_the_run(home))]
    assert "Colour" in told[0]
    assert not [text for text in told if "xyzzyplugh" in text.lower() or "firm1.example" in text]


def _scored_at(home: Home) -> dict[str, Any]:
    with read_crm(home) as connection:
        return dict(connection.execute("SELECT email, scored_at FROM contacts").fetchall())


def _told_by_the_run(home: Home, asset: str = "scored_leads") -> dict[str, Any]:
    """Metadata of the newest materialization of an asset."""
    with opened_instance(home) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(asset))
    assert event is not None
    assert event.asset_materialization is not None
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def test_a_contact_whose_activities_grow_old_cools_by_itself_and_one_with_news_does_not(tmp_path: Path) -> None:
    small = SmallHome(tmp_path)
    small.take(*_leads(5))
    small.take(*_LOG)
    fresh = _scored_on(small, _NOON)
    cooled = [_scored_on(small, _NOON + timedelta(days=days)) for days in (14, 60, 200)]
    for email in ("p1@firm1.example", "p2@firm2.example"):
        course = [fresh[email], *(scores[email] for scores in cooled)]
        assert course == sorted(course, reverse=True)
        assert len(set(course)) == 4
    assert {scores["p4@firm4.example"] for scores in (fresh, *cooled)} == {fresh["p4@firm4.example"]}
    small.take(_LOG[0], "p1@firm1.example,Form submitted,2026-09-16 10:00:00,2")
    later = _scored_on(small, _NOON + timedelta(days=200))
    assert later["p1@firm1.example"] > cooled[-1]["p1@firm1.example"]
    assert later["p2@firm2.example"] == cooled[-1]["p2@firm2.example"]


def _scored_on(small: SmallHome, moment: datetime) -> dict[str, float]:
    learn_if_due(small.home, moment)
    score_due(small.home, moment, everybody=True)
    return _scores(small.home)


def test_an_undo_that_died_before_the_scores_is_completed_by_the_same_command(
    home: Home, command: Command, contacts_csv: Callable[..., Path]
) -> None:
    first = contacts_csv("Email,Job Title", "ann@acme.example,Clerk", "bob@acme.example,Clerk", name="first.csv")
    second = contacts_csv("Email,Job Title", "ann@acme.example,Chief Executive Officer", name="second.csv")
    done = json.loads(_done(command("run", first, second, "--json")))
    import_id = done["imports"][1]["import_id"]
    after_both = _scores(home)
    undo(home, import_id)  # what a killed command leaves
    assert "was undone before" in _done(command("undo", import_id))
    assert _scores(home)["ann@acme.example"] < after_both["ann@acme.example"]
    assert _scores(home)["bob@acme.example"] == after_both["bob@acme.example"]

"""A marketer edits settings.toml, scores again, and sees it: points, who is Hot, next actions."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contact_pipeline.crm.session import read_crm
from contact_pipeline.home import Home
from contact_pipeline.rescoring import learn_if_due, score_due
from contact_pipeline.scoring.audit import not_scored
from contact_pipeline_tests.e2e.small_home import SmallHome

_NOW = datetime.fromisoformat("2026-11-20 06:15")
_LINES = (
    "Email,First Name,Last Name,Company,Country,Job Title,Lead Source,Phone,Trial Started,Email Status",
    "ann@alpha.example,Ann,Berg,Alpha,Germany,Director,Referral,+49 30 901820,Yes,ok",
    "ben@beta.example,Ben,Carr,Beta,France,Director,Referral,+33 1 40205050,No,ok",
    "cleo@gamma.example,Cleo,Dahl,Gamma,Germany,Director,Referral,+49 30 901821,Yes,Hard bounce",
    "dora@rival.example,Dora,Egede,Rival Ltd,Germany,Director,Referral,+49 30 901822,Yes,ok",
    "emil@delta.example,Emil,Fink,Delta,Germany,Director,Referral,+49 30 901823,Yes,ok",
)
_SETTINGS = """
[scoring]
hot_capacity = 1
hysteresis = 5

[[scoring.points]]
field = "trial started"
any_of = ["yes"]
odds = 20
words = "Started a trial"

[[scoring.never_hot]]
field = "Company"
contains = ["rival"]
reason = "competitor"

[[scoring.actions]]
category = "Hot"
field = "Country"
any_of = ["Germany"]
action = "Hand to the Berlin team"
trigger = "Hot, in Germany"
"""


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    """Five contacts who differ in little."""
    home = SmallHome(tmp_path)
    home.take(*_LINES)
    return home


def _scored(small: SmallHome, settings: str, now: datetime = _NOW) -> dict[str, dict[str, Any]]:
    (small.home.root / "settings.toml").write_text(settings, encoding="utf-8")
    home = Home(small.home.root)
    learn_if_due(home, now)
    score_due(home, now, everybody=False)
    with read_crm(home) as connection:
        assert not_scored(connection.sql("SELECT * FROM contacts").pl(), home.settings.scoring) == 0
    return {email.split("@")[0]: contact for email, contact in small.contacts().items()}


def test_what_is_written_into_the_settings_is_seen_after_the_next_scoring(small: SmallHome) -> None:
    before = _scored(small, "")
    assert {contact["lead_category"] for contact in before.values()} == {"Warm"}
    after = _scored(small, _SETTINGS)
    odds = {name: (c["lead_score"] / (100 - c["lead_score"])) for name, c in after.items()}
    assert odds["ann"] / odds["ben"] == pytest.approx(20, rel=0.1)
    assert "+ Started a trial" in after["ann"]["key_factors"]
    actions = {name: (c["lead_category"], c["recommended_action"]) for name, c in after.items()}
    hot = [name for name, (category, _) in actions.items() if category == "Hot"]
    assert len(hot) == 1
    assert hot[0] in {"ann", "emil"}
    assert actions[hot[0]][1] == "Hand to the Berlin team (Hot, in Germany)"
    (waiting,) = {"ann", "emil"} - set(hot)
    assert "over capacity" in actions[waiting][1]
    assert "mail bounced" in actions["cleo"][1]
    assert actions["dora"][0] == "Warm"
    assert "not Hot: competitor" in actions["dora"][1]


def test_scoring_again_with_nothing_changed_changes_nothing_under_any_policy(small: SmallHome) -> None:
    first = _scored(small, _SETTINGS)
    assert _scored(small, _SETTINGS, _NOW + timedelta(minutes=5)) == first


def test_an_import_fills_no_more_places_than_there_are(small: SmallHome) -> None:
    _scored(small, _SETTINGS)
    small.take(_LINES[0], _LINES[1].replace("ann@alpha", "fay@alpha").replace("Ann,Berg", "Fay,Gold"))
    after = _scored(small, _SETTINGS, _NOW + timedelta(minutes=5))
    assert [c["lead_category"] for c in after.values()].count("Hot") == 1
    assert "over capacity" in after["fay"]["recommended_action"]

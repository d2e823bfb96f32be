from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from pydantic import ValidationError

from contact_pipeline.scoring.actions import action_and_trigger, action_table, recommended_action
from contact_pipeline.scoring.conditions import with_asked
from contact_pipeline.settings import ScoringSettings

Maker = Callable[..., pl.DataFrame]


def _action(contacts: pl.DataFrame, category: str, engagement: float, *own: dict[str, object], **states: object) -> str:
    """Of the first contact, in the states given beside `opted_out` and `converted`."""
    table = action_table(ScoringSettings.model_validate({"actions": own}).actions)
    known = {"held_back": None, "confidence": "High", "bounced": False, "is_duplicate": False} | states
    frame = contacts.with_columns(
        pl.lit(category).alias("lead_category"),
        pl.lit(engagement).alias("engagement_propensity"),
        *(pl.lit(value).alias(name) for name, value in known.items()),
    )
    return str(with_asked(frame, (rule.field for rule in table)).select(recommended_action(table).alias("a"))["a"][0])


@pytest.mark.parametrize("category", ["Hot", "Warm", "Cold"])
@pytest.mark.parametrize("engagement", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("confidence", ["High", "Low"])
def test_everybody_gets_an_action_that_names_its_trigger(
    category: str, engagement: float, confidence: str, contacts_of: Maker
) -> None:
    for contact in (contacts_of(1), contacts_of(1, phone=["+442079460000"], job_title=["Buyer"], company=["Firm"])):
        action = _action(contact, category, engagement, confidence=confidence)
        assert category in action
        assert action.endswith(")")


def test_a_hot_lead_without_a_phone_number_is_enriched_before_it_is_called(contacts_of: Maker) -> None:
    assert "Find a phone number" in _action(contacts_of(1), "Hot", 0.9)
    assert "Call within" in _action(contacts_of(1, mobile_phone=["+442079460001"]), "Hot", 0.9)


def test_opting_out_beats_every_other_line(contacts_of: Maker) -> None:
    contact = contacts_of(1, opted_out=[True], converted=[True])
    assert _action(contact, "Hot", 0.9).startswith("Do not contact")


def test_no_line_of_the_settings_sends_somebody_to_a_contact_who_opted_out(contacts_of: Maker) -> None:
    everybody = {"action": "Call", "trigger": "everybody"}
    gone = contacts_of(1, opted_out=[True])
    assert _action(contacts_of(1), "Cold", 0, everybody) == "Call (everybody)"
    assert _action(gone, "Warm", 0, everybody).startswith("Do not contact")
    words = {"action": "Delete after a year", "trigger": "opted out", "is": "opted_out"}
    assert _action(gone, "Warm", 0, everybody, words) == "Delete after a year (opted out)"


def test_a_line_of_the_settings_comes_before_those_of_the_package(contacts_of: Maker) -> None:
    line = {"field": "Country", "any_of": ["Germany"], "category": "Hot", "action": "Hand to Anna", "trigger": "DACH"}
    assert _action(contacts_of(1, country=["DE"]), "Hot", 0.9, line) == "Hand to Anna (DACH)"
    assert _action(contacts_of(1, country=["FR"]), "Hot", 0.9, line).startswith("Find a phone number")
    assert _action(contacts_of(1, country=["DE"]), "Cold", 0.1, line).startswith("Leave in")


@pytest.mark.parametrize(
    ("test", "fits"),
    [
        ({"field": "trial started", "any_of": ["YES"]}, True),
        ({"field": "Trial Started", "any_of": ["no"]}, False),
        ({"field": "Seats", "at_least": 50}, True),
        ({"field": "Seats", "at_most": 10}, False),
        ({"field": "Budget", "missing": True}, True),
        ({"field": "annual_revenue", "at_least": 1e6}, True),
        ({"field": "Job Title", "contains": ["buyer"]}, True),
        ({"confidence": "Low"}, False),
        ({"is": "bounced"}, False),
    ],
)
def test_a_line_may_ask_for_any_field(test: dict[str, object], fits: bool, contacts_of: Maker) -> None:
    contact = contacts_of(
        1, custom_fields=['{"Trial Started": "Yes", "Seats": 80}'], annual_revenue=[2e6], job_title=["Senior Buyer"]
    )
    line = {"action": "Offer the annual plan", "trigger": "by settings"} | test
    assert (_action(contact, "Warm", 0.1, line) == "Offer the annual plan (by settings)") is fits


@pytest.mark.parametrize(
    ("states", "begin"),
    [
        ({"bounced": True}, "Find a working e-mail address"),
        ({"is_duplicate": True}, "Decide with the other contact"),
        ({"held_back": "over capacity"}, "Call when a Hot lead"),
    ],
)
def test_who_is_kept_from_being_hot_is_told_why(states: dict[str, object], begin: str, contacts_of: Maker) -> None:
    assert _action(contacts_of(1), "Warm", 0.9, **states).startswith(begin)


def test_a_line_about_something_else_adds_why_a_contact_is_not_hot(contacts_of: Maker) -> None:
    line = {"action": "Hand to Anna", "trigger": "DACH", "category": "Warm"}
    assert _action(contacts_of(1), "Warm", 0.9, line, held_back="bounced") == "Hand to Anna (DACH; not Hot: bounced)"


@pytest.mark.parametrize(
    "line",
    [{"field": "Country"}, {"any_of": ["x"]}, {"category": "Lukewarm"}, {"action": ""}, {"feild": "Country"}],
)
def test_a_line_that_cannot_mean_anything_is_refused(line: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ScoringSettings.model_validate({"actions": [{"action": "Call", "trigger": "why"} | line]})


@pytest.mark.parametrize("reason", ["", "; not Hot: a (b)"])
@pytest.mark.parametrize(
    ("action", "trigger"),
    [("Call (mobile)", "Hot (really)"), ("Call)", "(why"), ("Call", "Hot"), ("Call (Hot) now", "why")],
)
def test_an_action_and_its_trigger_are_told_apart_whatever_brackets_they_have(
    action: str, trigger: str, reason: str
) -> None:
    lines = [{"action": "Call", "trigger": "Hot"}, {"action": action, "trigger": trigger}]
    table = action_table(ScoringSettings.model_validate({"actions": lines}).actions)
    assert action_and_trigger(f"{action} ({trigger}{reason})", table) == (action, trigger + reason)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Old line (Hot (a) b)", ("Old line", "Hot (a) b")),
        ("No trigger", ("No trigger", "")),
        ("Odd)", ("Odd)", "")),
        ("(x)", ("(x)", "")),
    ],
)
def test_of_a_line_that_is_gone_the_last_bracket_is_the_trigger(text: str, parts: tuple[str, str]) -> None:
    assert action_and_trigger(text, action_table()) == parts

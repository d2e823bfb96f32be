from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import polars as pl
import pytest

from contact_pipeline.scoring.actions import action_table, recommended_action
from contact_pipeline.scoring.engagement import engagement_propensity

Maker = Callable[..., pl.DataFrame]


def _action(contacts: pl.DataFrame, category: str, engagement: float) -> str:
    frame = contacts.with_columns(lead_category=pl.lit(category), engagement_propensity=pl.lit(engagement))
    return str(frame.select(recommended_action(action_table())).item())


@pytest.mark.parametrize("category", ["Hot", "Warm", "Cold"])
@pytest.mark.parametrize("engagement", [0.0, 0.5, 1.0])
def test_everybody_gets_an_action_that_names_its_trigger(category: str, engagement: float, contacts_of: Maker) -> None:
    action = _action(contacts_of(1), category, engagement)
    assert category in action
    assert action.endswith(")")


def test_a_hot_lead_without_a_phone_number_is_enriched_before_it_is_called(contacts_of: Maker) -> None:
    assert "Find a phone number" in _action(contacts_of(1), "Hot", 0.9)
    assert "Call within" in _action(contacts_of(1, mobile_phone=["+442079460001"]), "Hot", 0.9)


def test_opting_out_beats_every_other_line(contacts_of: Maker) -> None:
    contact = contacts_of(1, opted_out=[True], converted=[True])
    assert _action(contact, "Hot", 0.9).startswith("Do not contact")


def test_propensity_grows_with_what_a_contact_did_and_is_low_without_any_sign(
    contacts_of: Maker, as_of: datetime
) -> None:
    contacts = contacts_of(
        4,
        email_clicks=[None, 1, 6, 6],
        last_activity_at=[None, as_of, as_of, as_of - timedelta(days=300)],
    )
    silent, once, keen, stale = contacts.select(engagement_propensity(as_of, 30)).to_series()
    assert silent == 0.05
    assert silent < once < keen
    assert stale == pytest.approx(silent, abs=0.01)

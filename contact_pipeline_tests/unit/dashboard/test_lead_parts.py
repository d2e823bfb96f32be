"""A lead as its page shows it: only what is surely an address or a number becomes a link, and nothing for who opted out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.dashboard.answers import Contribution, LeadDetail, LeadRow, Reason, RunFacts
from contact_pipeline.dashboard.lead_parts import parts
from contact_pipeline.scoring.policy import Play

_DAY = datetime.fromisoformat("2026-11-20T06:00")
_PLAY = Play(
    segment="Hot", category="Hot", channel="Phone", first_step="Call", cadence="Daily", message="Because of {factor}."
)
_ROW = LeadRow(
    *("c1", "Ann", "CEO", "Firm", "Retail", 80.0, "Hot", None, 0.5, 0.2, "High", (), "Call", None),
    *("1-10", "DE", "Web", "Toni", _DAY),
)
LEAD = LeadDetail(
    run=RunFacts("run", _DAY, _DAY, "model", "v1", 0.8, 1),
    row=_ROW,
    percentile=99.0,
    reasons=[Reason(False, "Clerk", "Clerk"), Reason(True, "Trial Started", "Trial Started: 30 %")],
    base=0.0,
    groups=[Contribution("Engagement <b>", 0.4, 9.9), Contribution("Custom", 0.0, 0.0)],
    factors=[],
    fields=[("email", "Email", "ann@example.com"), ("city", "City", "Bonn")],
    play=_PLAY,
    history=[],
    scores=[(_DAY, 70.0, "Warm"), (_DAY + timedelta(days=1), 80.0, "Hot")],
    email="ann@example.com",
    phone="+49 30 123456",
    mobile_phone=None,
    linkedin_url="https://www.linkedin.com/in/ann",
    website=None,
    opted_out=False,
    converted=None,
)


def test_ways_to_reach_a_lead_are_links_and_none_is_for_who_opted_out() -> None:
    addresses = {way.label: way.address for way in parts(LEAD).ways}
    assert addresses == {
        "E-mail": "mailto:ann@example.com",
        "Phone": "tel:+4930123456",
        "LinkedIn": "https://www.linkedin.com/in/ann",
    }
    silent = parts(replace(LEAD, opted_out=True))
    assert {way.label: way.address for way in silent.ways} == dict.fromkeys(addresses)


@given(st.text() | st.sampled_from(["javascript:alert(1)", " https://a.example", "//a.example", "data:text/html,x"]))
def test_whatever_a_file_says_a_link_leads_to_a_web_page_a_mailbox_or_a_number(text: str) -> None:
    lead = replace(LEAD, email=text, phone=text, mobile_phone=text, linkedin_url=text, website=text)
    for way in parts(lead).ways:
        assert way.text == text
        if way.address is not None:
            split = urlsplit(way.address)
            assert split.scheme in {"E-mail": {"mailto"}, "Phone": {"tel"}, "Mobile": {"tel"}}.get(
                way.label, {"http", "https"}
            )
            assert not split.query or split.scheme.startswith("http"), "a mailbox takes no subject, no copy to others"


@pytest.mark.parametrize("linked", ["linkedin.com/in/ann", "javascript:alert(1)", "https://", "http://[", "ftp://a.b"])
def test_an_address_that_is_none_of_a_web_page_is_text(linked: str) -> None:
    (way,) = [way for way in parts(replace(LEAD, linkedin_url=linked)).ways if way.label == "LinkedIn"]
    assert (way.text, way.address) == (linked, None)


def test_the_line_of_scores_goes_from_left_to_right_and_higher_is_further_up() -> None:
    first, last = parts(LEAD).line
    assert first.x < last.x
    assert first.y > last.y
    assert parts(replace(LEAD, scores=LEAD.scores[:1])).line == []


def test_bars_show_what_counts_and_take_labels_as_text() -> None:
    drawn = str(parts(LEAD).groups)
    assert "Engagement &lt;b&gt;" in drawn
    assert "Custom" not in drawn
    assert parts(LEAD).factors is None


def test_what_stands_under_contact_is_not_told_again() -> None:
    assert parts(LEAD).fields == [("city", "City", "Bonn")]

"""The model tab tells what there is to know of the model in use, and only to links that see everybody."""

from __future__ import annotations

from contextlib import closing

import pytest

from contact_pipeline.dashboard.reader import LeadReader
from contact_pipeline.home import Home
from contact_pipeline_tests.unit.dashboard.conftest import seen
from contact_pipeline_tests.unit.dashboard.opened import opened_client


def test_a_model_shows_measures_floors_pictures_and_versions(home_with_model: Home) -> None:
    with opened_client(home_with_model) as client:
        html = client.get("/model").text
    text = seen(html)
    for part in (
        "Blend",
        "0.860",
        "by chance",
        "Guessing the average",
        "Predicted and real",
        "Lift by tenth",
        "Conversions found",
        "Engagement propensity",
        "0.912",
        "Conversion by score",
        "4,580",
        "Versions",
        "in use",
        "It is written after the outcome is known.",
    ):
        assert part in text
    assert "The points" not in text
    assert "<img" not in html
    assert "&lt;img src=x" in html


def test_points_are_listed_with_what_they_are_worth(tabs_home: Home) -> None:
    with opened_client(tabs_home) as client:
        text = seen(client.get("/model").text)
    assert "Why points" in text
    assert "The points" in text
    assert "Odds to convert" in text


def test_conversion_by_score_counts_past_leads(tabs_home: Home, reader: LeadReader) -> None:
    with closing(reader.connection()) as connection:
        past = connection.execute("SELECT lead_score, converted FROM leads WHERE converted IS NOT NULL").fetchall()
    assert past
    with opened_client(tabs_home) as client:
        text = " ".join(seen(client.get("/model").text).split())
    for first in range(0, 100, 20):
        own = [won for score, won in past if first <= score < first + 20 or (first == 80 and score == 100)]
        if own:
            assert f"{first} to {first + 20} {len(own)} {sum(own)} " in text


@pytest.mark.parametrize("path", ["/model", "/imports", "/imports/first@0", "/files/leads.xlsx"])
def test_a_limited_link_finds_no_page_about_everybody(tabs_home: Home, path: str) -> None:
    with opened_client(tabs_home, {"country": ("DE",)}) as client:
        refused, unknown = client.get(path), client.get("/no-such-page")
    assert refused.status_code == unknown.status_code == 404
    assert refused.content == unknown.content

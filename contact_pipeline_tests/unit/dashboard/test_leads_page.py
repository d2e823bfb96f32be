"""The list and its leads as pages: what an address may ask, what a link may open, what is shown without a model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from contact_pipeline.dashboard import templating
from contact_pipeline.home import Home
from contact_pipeline_tests.e2e.served_dashboard import OWNERS, ServedDashboard, lead_row
from contact_pipeline_tests.unit.dashboard.opened import opened_client


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Too few leads for a model."""
    made = ServedDashboard(tmp_path_factory.mktemp("page"))
    made.bring("leads.csv", [lead_row(number) for number in range(60)])
    return made.home


@pytest.fixture(scope="module")
def client(home: Home) -> Iterator[TestClient]:
    with opened_client(home) as opened:
        yield opened


def _ids(text: str) -> list[str]:
    return re.findall(r'<tr data-id="(\w+)"', text)


def test_without_a_model_there_is_a_mean_score_and_no_chance(client: TestClient) -> None:
    text = client.get("/").text
    assert "mean score" in text
    assert "by points" in text
    assert not re.search(r">[^<]*chance", text, re.IGNORECASE)
    lead = client.get(f"/lead/{_ids(text)[0]}").text
    assert "Chance to convert" not in lead


def test_the_form_of_the_score_range_leads_to_the_address_that_says_it(client: TestClient) -> None:
    answer = client.get("/?industry=Retail&page=2&score=1-2&from=40&to=60.5")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?industry=Retail&score=40-60.5")
    assert client.get("/?industry=Retail&from=&to=").headers["location"] == "/?industry=Retail"
    posted = client.post("/?score=1-2", data={"q": "person", "from": "0", "to": ""})
    assert 'data-address="/?score=0-100"' in posted.text


def test_every_order_is_within_reach_where_a_screen_has_no_room_for_its_heading(client: TestClient) -> None:
    text = client.get("/?sort=name").text
    by_heading, by_rail = (
        set(re.findall(rf'href="(\S+)" data-go="view" data-key="{key}:', text)) for key in ("sort", "order")
    )
    assert len(by_heading) == 10
    assert by_rail == {*by_heading, "/"}


@pytest.mark.parametrize(
    "address", ["/?owners=x", "/?score=x", "/?page=0", "/?page=99", "/?sort=phone", "/filter/phone"]
)
def test_what_cannot_be_asked_is_said_in_a_line_with_a_way_back(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    assert 'href="/"' in answer.text


def test_a_lead_that_a_link_may_not_see_is_not_there_under_any_address(home: Home, client: TestClient) -> None:
    everybody = _ids(client.get("/").text) + _ids(client.get("/?page=2").text)
    with opened_client(home, {"owner": (OWNERS[0],)}) as limited:
        own = _ids(limited.get("/").text)
        assert 0 < len(own) < len(everybody) == 60
        for contact_id in everybody[::5]:
            expected = 200 if contact_id in own else 404
            for address in (f"/lead/{contact_id}", f"/lead/{contact_id}/sources"):
                assert limited.get(address).status_code == expected
        assert OWNERS[1] not in limited.get("/").text + limited.get("/filter/owner").text
        assert "of all leads" not in limited.get(f"/lead/{own[0]}").text
    assert client.get("/lead/nobody").status_code == 404


def test_pages_ask_for_nothing_but_their_own_style_and_script(client: TestClient) -> None:
    text = client.get("/").text
    loaded = re.findall(r'<(?:link|script|img|iframe)[^>]*(?:href|src)="([^"]*)"', text)
    assert sorted(Path(one.partition("?")[0]).name for one in loaded) == ["app.js", "icon.svg", "style.css"]
    assert not re.search(r"\s(?:style|on\w+)=", text)


def test_numbers_and_moments_are_written_alike_everywhere() -> None:
    assert templating.count(6563.0) == "6,563"
    assert (templating.share(None), templating.share(0.42)) == ("–", "42%")
    assert (templating.score(None), templating.score(93.72)) == ("–", "93.7")
    assert (templating.points(3.24), templating.points(-0.8)) == ("+3.2", "\u22120.8")
    assert (templating.day(None), templating.moment(None)) == ("", "")

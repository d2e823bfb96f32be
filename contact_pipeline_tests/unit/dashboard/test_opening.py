"""Opening a link: what is traded for the token, what is said where it does not open, and how often one may try."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from contact_pipeline.dashboard.app import build_app
from contact_pipeline.dashboard.links import Links
from contact_pipeline.dashboard.tries import Tries
from contact_pipeline.home import Home
from contact_pipeline.settings import DashboardSettings, Settings
from contact_pipeline_tests.unit.dashboard.opened import ADDRESS, Hands, client_of

WRONG = "the-token-of-nobody"


@pytest.fixture
def clock() -> Hands:
    return Hands()


def _served(home: Home, dashboard: DashboardSettings) -> Home:
    return Home(home.root, Settings(dashboard=dashboard))


def test_the_token_is_traded_for_a_cookie_that_no_script_reads_and_no_other_site_sends(
    home: Home, clock: Hands
) -> None:
    _, token = Links(home, clock).make("reps", 14, {})
    answer = client_of(home, clock).post("/open", data={"token": token})
    (cookie,) = answer.headers.get_list("set-cookie")
    name, *flags = [part.strip() for part in cookie.split(";")]
    assert answer.status_code == 204
    assert re.fullmatch(r"leads=[\w-]{43}", name)
    assert token not in cookie
    assert {"HttpOnly", "Path=/", "SameSite=lax"} < set(flags)
    assert not any(flag.startswith(("Domain", "Secure")) for flag in flags)
    assert f"expires={clock.now + timedelta(hours=8):%a, %d %b %Y %H:%M:%S} GMT" in flags


@pytest.mark.parametrize("by", ["proxy", "own certificate"])
def test_over_https_the_cookie_is_bound_to_the_host(home: Home, clock: Hands, by: str) -> None:
    address = "https://leads.example.com"
    own = DashboardSettings(host="leads.example.com", tls_certificate=Path("a.pem"), tls_key=Path("b.pem"))
    served = _served(home, DashboardSettings(address=address) if by == "proxy" else own)
    _, token = Links(home, clock).make("reps", 14, {})
    cookie = client_of(served, clock, address).post("/open", data={"token": token}).headers["set-cookie"]
    assert cookie.startswith("__Host-leads=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} < {part.strip() for part in cookie.split(";")}


def test_a_cookie_is_never_kept_longer_than_its_link_holds(home: Home, clock: Hands) -> None:
    made, token = Links(home, clock).make("for the meeting", 1 / 24, {})
    cookie = client_of(home, clock).post("/open", data={"token": token}).headers["set-cookie"]
    assert f"expires={made.expires_at:%a, %d %b %Y %H:%M:%S} GMT" in cookie


@pytest.mark.parametrize(
    ("why", "status", "title"),
    [
        ("expired", 403, "has expired"),
        ("revoked", 403, "withdrawn"),
        ("unknown", 403, "not known"),
        ("", 403, "not known"),
    ],
)
def test_a_link_that_does_not_open_says_why_and_gives_nothing(
    home: Home, clock: Hands, why: str, status: int, title: str
) -> None:
    links = Links(home, clock)
    made, token = links.make("reps", 1, {})
    if why == "revoked":
        links.revoke([made.link_id])
    clock.move(days=1 if why == "expired" else 0)
    known = token if why in {"expired", "revoked"} else why and WRONG
    answer = client_of(home, clock).post("/open", data={"token": known})
    assert answer.status_code == status
    assert title in answer.json()["title"]
    assert "set-cookie" not in answer.headers


def test_after_so_many_wrong_tries_an_address_waits_and_others_do_not(home: Home, clock: Hands) -> None:
    served = _served(home, DashboardSettings(tries_per_minute=3))
    _, token = Links(served, clock).make("reps", 14, {})
    app = build_app(served, clock)
    guessing, other = (TestClient(app, base_url=ADDRESS, client=(host, 1)) for host in ("192.0.2.1", "192.0.2.2"))
    assert [guessing.post("/open", data={"token": WRONG}).status_code for _ in range(4)] == [403, 403, 403, 429]
    refused = guessing.post("/open", data={"token": token})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert other.post("/open", data={"token": token}).status_code == 204
    clock.move(seconds=60)
    assert guessing.post("/open", data={"token": token}).status_code == 204


def test_right_tokens_and_dead_links_are_no_wrong_tries(home: Home, clock: Hands) -> None:
    served = _served(home, DashboardSettings(tries_per_minute=1))
    links = Links(served, clock)
    _, token = links.make("reps", 14, {})
    dead, dead_token = links.make("gone", 14, {})
    links.revoke([dead.link_id])
    client = client_of(served, clock)
    assert [client.post("/open", data={"token": one}).status_code for one in (token, dead_token) * 3] == [204, 403] * 3


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "::1"]), st.integers(0, 40)), max_size=60), st.integers(1, 5))
def test_no_address_tries_more_often_than_allowed_in_any_minute(steps: list[tuple[str, int]], a_minute: int) -> None:
    tries, now = Tries(a_minute), datetime(2026, 1, 1, tzinfo=UTC)
    let_in: dict[str, list[datetime]] = {}
    for client, seconds in steps:
        now += timedelta(seconds=seconds)
        recent = [at for at in let_in.get(client, []) if now - at < timedelta(minutes=1)]
        assert (tries.seconds_to_wait(client, now) == 0) == (len(recent) < a_minute)
        if len(recent) < a_minute:
            tries.note_wrong(client, now)
            let_in[client] = [*recent, now]


def test_addresses_of_one_network_count_together() -> None:
    tries, now = Tries(1), datetime(2026, 1, 1, tzinfo=UTC)
    tries.note_wrong("2001:db8::1", now)
    assert tries.seconds_to_wait("2001:db8::ffff", now) == 60
    assert tries.seconds_to_wait("2001:db8:1::1", now) == 0


def test_however_many_addresses_try_little_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contact_pipeline.dashboard.tries._ADDRESSES_KEPT", 10)
    tries, now = Tries(1), datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(50):
        tries.note_wrong(f"192.0.2.{number}", now)
    waiting = [number for number in range(50) if tries.seconds_to_wait(f"192.0.2.{number}", now)]
    assert waiting == list(range(40, 50))


@settings(max_examples=40)
@given(st.binary(max_size=200))
def test_whatever_is_posted_opens_nothing_and_is_no_fault(stranger: TestClient, body: bytes) -> None:
    stranger.app.state.tries = Tries(1000)  # type: ignore[attr-defined]
    answer = stranger.post("/open", content=body)
    assert answer.status_code in {400, 403}
    assert "set-cookie" not in answer.headers


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """Somebody who opened nothing, before a dashboard that has a link."""
    home = Home(tmp_path_factory.mktemp("strange") / "home")
    home.set_up()
    Links(home).make("reps", 14, {})
    return client_of(home)


def test_leaving_ends_the_session_and_forgets_the_cookie(home: Home, clock: Hands) -> None:
    _, token = Links(home, clock).make("reps", 14, {})
    client = client_of(home, clock)
    client.post("/open", data={"token": token})
    answer = client.post("/leave")
    assert (answer.status_code, answer.headers["location"]) == (303, "/open")
    assert "leads" not in client.cookies
    assert "Max-Age=0" in answer.headers["set-cookie"]


def test_neither_token_nor_session_is_logged_or_said(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    _, token = Links(home).make("reps", 14, {})
    client = client_of(home)
    answers = [
        client.post("/open", data={"token": token}),
        client.get("/"),
        client.get("/nowhere"),
        client.get("/open"),
    ]
    secrets = [token, client.cookies["leads"]]
    for secret in secrets:
        assert secret not in caplog.text
        assert not [answer for answer in answers if secret in answer.text]

"""Links and sessions: who may look, at what, until when; and that the file of them opens nothing."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_pipeline.dashboard.link_file import writing
from contact_pipeline.dashboard.links import Link, Links, Refusal, Session, UnknownLink
from contact_pipeline.errors import StorageFailed
from contact_pipeline.home import Home
from contact_pipeline.settings import DashboardSettings, Settings
from contact_pipeline_tests.unit.dashboard.opened import Hands


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def links(home: Home, clock: Hands) -> Links:
    return Links(home, clock)


def _opened(links: Links, token: str) -> Session:
    session = links.open_session(token)
    assert isinstance(session, Session)
    return session


def test_a_session_finds_the_link_that_was_opened_with_its_scope(links: Links) -> None:
    only = {"owner": ("Toni Blakeway",), "country": ("DE", "FR")}
    made, token = links.make("EMEA reps", 14, only)
    found = links.look_up(_opened(links, token).secret)
    assert isinstance(found, Link)
    assert (found.link_id, found.label, found.access.only) == (made.link_id, "EMEA reps", only)
    assert not found.access.sees_all


def test_a_link_without_scope_sees_all(links: Links) -> None:
    made, _ = links.make("the board", 1, {})
    assert made.access.sees_all


@pytest.mark.parametrize("days", [0.5, 14])
def test_a_link_holds_until_its_last_moment_and_not_at_it(links: Links, clock: Hands, days: float) -> None:
    _, token = links.make("reps", days, {})
    clock.move(days=days, seconds=-1)
    session = _opened(links, token)
    assert isinstance(links.look_up(session.secret), Link)
    clock.move(seconds=1)
    assert links.look_up(session.secret) is Refusal.EXPIRED
    assert links.open_session(token) is Refusal.EXPIRED


def test_a_session_ends_before_its_link_and_the_link_opens_again(home: Home, clock: Hands) -> None:
    links = Links(Home(home.root, Settings(dashboard=DashboardSettings(session_hours=2))), clock)
    _, token = links.make("reps", 14, {})
    session = _opened(links, token)
    clock.move(hours=2, seconds=-1)
    assert isinstance(links.look_up(session.secret), Link)
    clock.move(seconds=1)
    assert links.look_up(session.secret) is Refusal.ENDED
    assert isinstance(links.look_up(_opened(links, token).secret), Link)


def test_a_session_is_never_longer_than_its_link(links: Links) -> None:
    made, token = links.make("for the meeting", 1 / 24, {})
    assert _opened(links, token).expires_at == made.expires_at


def test_revoking_refuses_who_looks_already_and_who_comes_later(links: Links) -> None:
    made, token = links.make("reps", 14, {})
    other, other_token = links.make("others", 14, {})
    session, other_session = _opened(links, token), _opened(links, other_token)
    assert [link.link_id for link in links.revoke([made.link_id])] == [made.link_id]
    assert links.look_up(session.secret) is Refusal.REVOKED
    assert links.open_session(token) is Refusal.REVOKED
    found = links.look_up(other_session.secret)
    assert isinstance(found, Link)
    assert found.link_id == other.link_id


def test_revoking_again_keeps_the_first_moment(links: Links, clock: Hands) -> None:
    made, _ = links.make("reps", 14, {})
    (first,) = links.revoke([made.link_id])
    clock.move(days=1)
    assert links.revoke([made.link_id]) == [first]


def test_revoking_what_does_not_exist_revokes_nothing(links: Links) -> None:
    made, token = links.make("reps", 14, {})
    with pytest.raises(UnknownLink, match="No link 'zzzzzz'"):
        links.revoke([made.link_id, "zzzzzz"])
    assert isinstance(links.open_session(token), Session)


def test_a_session_that_was_left_is_unknown(links: Links) -> None:
    _, token = links.make("reps", 14, {})
    session, stays = _opened(links, token), _opened(links, token)
    links.end_session(session.secret)
    assert links.look_up(session.secret) is Refusal.UNKNOWN
    assert isinstance(links.look_up(stays.secret), Link)


def test_who_opens_a_link_without_end_ends_its_oldest_sessions(
    links: Links, clock: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contact_pipeline.dashboard.links._SESSIONS_OF_A_LINK", 3)
    (_, token), (_, other_token) = links.make("reps", 14, {}), links.make("others", 14, {})
    other = _opened(links, other_token)
    sessions = []
    for _ in range(5):
        clock.move(seconds=1)
        sessions.append(_opened(links, token))
    found = [isinstance(links.look_up(session.secret), Link) for session in (other, *sessions)]
    assert found == [True, False, False, True, True, True]


@pytest.fixture(scope="module")
def opened_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Links, str, Session]:
    """One link for all examples, its token, and a session of it."""
    home = Home(tmp_path_factory.mktemp("links") / "home")
    home.set_up()
    links = Links(home)
    _, token = links.make("reps", 14, {})
    return links, token, _opened(links, token)


@settings(max_examples=30)
@given(st.text(max_size=80))
def test_nothing_but_the_token_opens_and_nothing_but_the_secret_is_a_session(
    opened_once: tuple[Links, str, Session], text: str
) -> None:
    links, token, session = opened_once
    assert links.open_session(text) is Refusal.UNKNOWN
    assert links.open_session(token[:-1] + text) is Refusal.UNKNOWN or token[-1] == text
    assert links.look_up(text) is Refusal.UNKNOWN
    assert links.look_up(session.secret + text) is Refusal.UNKNOWN or not text


def test_the_last_use_is_noted_once_a_minute(links: Links, clock: Hands) -> None:
    _, token = links.make("reps", 14, {})
    session = _opened(links, token)
    assert links.all()[0].last_used_at is None
    first = clock.now
    for seconds, noted in [(0, 0), (59, 0), (1, 60), (30, 60)]:
        clock.move(seconds=seconds)
        links.look_up(session.secret)
        assert links.all()[0].last_used_at == first + timedelta(seconds=noted)


def test_neither_token_nor_session_is_in_the_file(home: Home, links: Links) -> None:
    _, token = links.make("reps", 14, {"owner": ("Toni Blakeway",)})
    session = _opened(links, token)
    links.look_up(session.secret)
    for path in home.dashboard.iterdir():
        content = path.read_bytes()
        assert token.encode() not in content
        assert session.secret.encode() not in content


def test_nobody_but_the_owner_may_read_the_file(home: Home, links: Links) -> None:
    links.make("reps", 14, {})
    assert stat.S_IMODE(home.links.stat().st_mode) == 0o600


def test_ids_are_short_and_have_no_letters_that_look_alike(links: Links) -> None:
    made = [links.make("reps", 1, {})[0].link_id for _ in range(20)]
    assert len(set(made)) == 20
    assert all(re.fullmatch(r"[a-hjkmnp-z2-9]{6}", link_id) for link_id in made)


def test_looking_at_the_links_of_a_home_without_any_makes_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "nowhere")
    assert Links(home).all() == []
    assert not home.root.exists()


def test_two_processes_make_and_revoke_at_once_and_lose_nothing(home: Home, links: Links) -> None:
    code = (
        "import sys; from pathlib import Path; from contact_pipeline.home import Home\n"
        "from contact_pipeline.dashboard.links import Links\n"
        "links = Links(Home(Path(sys.argv[1])))\n"
        "for number in range(30): made, _ = links.make(sys.argv[2], 1, {}); links.revoke([made.link_id] if number % 2 else [])"
    )
    both = [subprocess.Popen([sys.executable, "-c", code, str(home.root), name]) for name in ("one", "two")]
    assert [process.wait(timeout=60) for process in both] == [0, 0]
    made = links.all()
    assert sorted(link.label for link in made) == ["one"] * 30 + ["two"] * 30
    assert sum(link.revoked_at is not None for link in made) == 30


def test_a_visit_that_fails_leaves_no_trace(home: Home, links: Links) -> None:
    links.make("reps", 1, {})
    with pytest.raises(KeyError), writing(home.links) as connection:
        connection.execute("DELETE FROM links")
        raise KeyError
    assert len(links.all()) == 1


@pytest.mark.parametrize(
    "spoil",
    [lambda path: path.write_bytes(b"no database " * 100), lambda path: path.mkdir()],
    ids=["rubbish", "folder"],
)
def test_a_file_that_is_none_of_links_is_one_clear_line(home: Home, spoil: Callable[[Path], object]) -> None:
    spoil(home.links)
    with pytest.raises(StorageFailed, match=re.escape(str(home.dashboard))):
        Links(home).all()


def test_a_file_of_a_newer_version_is_left_alone(home: Home, links: Links) -> None:
    links.make("reps", 1, {})
    with writing(home.links) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StorageFailed, match="newer version"):
        links.all()

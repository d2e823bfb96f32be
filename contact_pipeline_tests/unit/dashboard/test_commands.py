"""The commands of the dashboard: what they print, what they refuse, and that a scope is what was meant."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from contact_pipeline.cli import main
from contact_pipeline.dashboard.links import Links, Session
from contact_pipeline.dashboard.snapshot import publish_snapshot
from contact_pipeline.home import Home
from contact_pipeline_tests.e2e.small_home import SmallHome

LEADS = (
    "Email,First Name,Country,Owner,Owner Team",
    "ann@example.com,Ann,Germany,Toni Blakeway,North",
    "bob@example.com,Bob,France,toni blakeway,North",
    "cid@example.com,Cid,France,Robin Castellan,South",
    "dan@example.com,Dan,,,South",
)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Home:
    small = SmallHome(tmp_path_factory.mktemp("filled"))
    small.take(*LEADS)
    publish_snapshot(small.home)
    return small.home


def _run(home: Home, *words: str, status: int = 0) -> Result:
    done = CliRunner().invoke(main, ["dashboard", *words], env={"CONTACT_PIPELINE_HOME": str(home.root)})
    assert done.exit_code == status, done.output
    return done


def _made(home: Home, *words: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(_run(home, "link", "--label", "EMEA reps", "--json", *words).stdout)
    return made


def test_a_link_is_printed_alone_so_that_it_can_be_piped_and_opens(home: Home) -> None:
    done = _run(home, "link", "--label", "EMEA reps", "--days", "3")
    address, token = done.stdout.strip().split("#")
    assert address == "http://127.0.0.1:3080/open"
    assert isinstance(Links(home).open_session(token), Session)
    (link,) = Links(home).all()
    assert (link.label, (link.expires_at - link.created_at).days) == ("EMEA reps", 3)
    assert f"revoke {link.link_id}" in done.stderr


def test_a_link_holds_as_long_as_the_settings_say(home: Home) -> None:
    (home.root / "settings.toml").write_text("[dashboard]\nlink_days = 5\naddress = 'https://leads.example.com'\n")
    made = _made(home)
    (link,) = Links(home).all()
    assert (link.expires_at - link.created_at).days == 5
    assert made["address"].startswith("https://leads.example.com/open#")


def test_a_link_is_made_for_where_the_dashboard_listens(home: Home) -> None:
    Links(home).note_served("http://127.0.0.1:4000")
    assert _made(home)["address"].startswith("http://127.0.0.1:4000/open#")


def test_a_link_may_be_made_before_anything_was_imported(tmp_path: Path) -> None:
    assert _made(Home(tmp_path / "new"))["state"] == "valid"


@pytest.mark.parametrize("label", ["", "  ", "x" * 101, "a\u202eb", "a\x1b[31m"])
def test_a_label_that_cannot_be_shown_is_refused(home: Home, label: str) -> None:
    assert "A label is" in _run(home, "link", "--label", label, status=2).stderr


@pytest.mark.parametrize(
    ("only", "scope"),
    [
        (["owner=Robin Castellan"], {"owner": ["Robin Castellan"]}),
        (["Owner = robin castellan"], {"owner": ["Robin Castellan"]}),
        (["owner=Toni Blakeway"], {"owner": ["Toni Blakeway"]}),
        (["owner=TONI BLAKEWAY"], {"owner": ["Toni Blakeway", "toni blakeway"]}),
        (["country=DE", "country=france", "country=DE"], {"country": ["DE", "FR"]}),
        (["country=Germany", "owner="], {"country": ["DE"], "owner": [""]}),
        (["custom.Owner Team=North"], {"custom.Owner Team": ["North"]}),
        (["owner team=north"], {"custom.Owner Team": ["North"]}),
    ],
)
def test_a_scope_is_what_was_meant(filled: Home, only: list[str], scope: dict[str, list[str]]) -> None:
    made = _made(filled, *[word for limit in only for word in ("--only", limit)])
    assert {name: sorted(values) for name, values in made["only"].items()} == scope


@pytest.mark.parametrize(
    ("only", "said"),
    [
        ("ownr=Toni", ["There is no filter 'ownr'", "owner", "custom.Owner Team"]),
        ("owner=Nobody", ["No lead has owner 'Nobody'", "Robin Castellan"]),
        ("country=Spain", ["No lead has country 'Spain'", "DE (Germany)"]),
        ("owner", ["NAME=VALUE"]),
    ],
)
def test_a_scope_of_what_there_is_not_is_refused_and_says_what_there_is(
    filled: Home, only: str, said: list[str]
) -> None:
    before = Links(filled).all()
    (line,) = _run(filled, "link", "--label", "x", "--only", only, status=2).stderr.splitlines()
    assert all(part in line for part in said)
    assert Links(filled).all() == before


def test_a_scope_before_the_first_scoring_says_what_to_run(home: Home) -> None:
    (line,) = _run(home, "link", "--label", "x", "--only", "country=DE", status=1).stderr.splitlines()
    assert "contact-pipeline score" in line


def test_links_are_listed_with_what_they_show_and_their_state(filled: Home) -> None:
    made = _made(filled, "--only", "country=DE")
    listed = next(
        one for one in json.loads(_run(filled, "links", "--json").stdout) if one["link_id"] == made["link_id"]
    )
    assert listed == {name: value for name, value in made.items() if name != "address"}
    (line,) = [line for line in _run(filled, "links").stdout.splitlines() if made["link_id"] in line]
    assert "EMEA reps" in line
    assert "country DE" in line
    assert "never" in line
    assert line.endswith("valid")


def test_no_value_of_a_file_steers_the_terminal(home: Home) -> None:
    Links(home).make("reps", 1, {"owner": ("Toni\x1b[2J\u202e",)})
    shown = _run(home, "links").stdout
    assert "owner Toni" in shown
    assert not {"\x1b", "\u202e"} & set(shown)


def test_revoking_tells_of_each_and_all_is_every_link_that_holds(home: Home) -> None:
    first, second = _made(home), _made(home)
    assert first["link_id"] in _run(home, "revoke", first["link_id"]).stdout
    rest = json.loads(_run(home, "revoke", "--all", "--json").stdout)
    assert [(one["link_id"], one["state"]) for one in rest] == [(second["link_id"], "revoked")]
    assert "nothing was to revoke" in _run(home, "revoke", "--all").stdout


@pytest.mark.parametrize("words", [[], ["abcdef", "--all"], ["abcdef"]])
def test_revoking_says_what_it_needs(home: Home, words: list[str]) -> None:
    assert "dashboard links" in _run(home, "revoke", *words, status=2).stderr


def test_the_token_is_nowhere_in_what_is_listed(home: Home) -> None:
    token = _made(home)["address"].split("#")[1]
    for words in (["links"], ["links", "--json"], ["revoke", "--all"]):
        assert token not in _run(home, *words).output


@pytest.mark.parametrize(
    ("words", "settings", "said"),
    [
        (["--host", "0.0.0.0"], "", "in the clear"),  # noqa: S104
        ([], "tls_certificate = 'none.pem'\ntls_key = 'none.pem'", "none.pem"),
        ([], "tls_certificate = 'drop'\ntls_key = 'drop'", "certificate and key"),
        ([], "tls_certificate = 'settings.toml'\ntls_key = 'settings.toml'", "certificate and key"),
        ([], "tls_certificate = 'settings.toml'", "go together"),
    ],
)
def test_what_cannot_be_served_safely_is_not_served(
    home: Home, monkeypatch: pytest.MonkeyPatch, words: list[str], settings: str, said: str
) -> None:
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: pytest.fail("it is served"))
    (home.root / "settings.toml").write_text(f"[dashboard]\n{settings}\n")
    (line,) = _run(home, "serve", *words, status=2).stderr.splitlines()
    assert said in line


def test_without_a_home_there_is_nothing_to_serve(tmp_path: Path) -> None:
    nowhere = Home(tmp_path / "nowhere")
    assert "contact-pipeline run" in _run(nowhere, "serve", status=2).stderr
    assert not nowhere.root.exists()


def test_a_port_that_is_taken_is_one_clear_line(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        (line,) = _run(home, "serve", "--port", port, status=1).stderr.splitlines()
    assert f"port {port} (Address already in use)" in line
    assert Links(home).served() is None

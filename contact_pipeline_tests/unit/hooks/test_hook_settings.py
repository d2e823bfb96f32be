"""What a hook may be in settings.toml, and above all what it may not: a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from contact_pipeline.errors import SettingsError
from contact_pipeline.settings import load_settings
from contact_pipeline.settings.hooks import EVENT_NAMES

WRONG = {
    'url = "ftp://example.com/x"': "http",
    'url = "https://user:secret@example.com/x"': r"\$NAME",
    'url = "https://example.com/x?code=secret"': r"\$NAME",
    'url = "https://example.com/a b"': "http",
    'url = "http://"': "http",
    "": "url or command",
    'url = "https://example.com/x"\ncommand = ["true"]': "url or command",
    'command = ["true"]\nsign_with = "$SECRET"': "belong to a url",
    "command = []": "program",
    'command = ["./script.sh"]': "whole path",
    'url = "https://example.com/x"\nheaders = { Authorization = "Bearer abc123" }': "environment variable",
    'url = "https://example.com/x"\nheaders = { Authorization = "abc $TOKEN def" }': "environment variable",
    'url = "https://example.com/x"\nheaders = { Host = "$TOKEN" }': "no header",
    'url = "https://example.com/x"\nheaders = { "A: b" = "$TOKEN" }': "no header",
    'url = "https://example.com/x"\nsign_with = "abc123"': "sign_with",
    'url = "https://example.com/x"\non = ["imported", "everything"]': "everything|on",
    'url = "https://example.com/x"\ntimeout_seconds = 0': "timeout_seconds",
}


def _load(tmp_path: Path, *hooks: str) -> str:
    path = tmp_path / "settings.toml"
    path.write_text("".join(f"[[hooks]]\n{hook}\n" for hook in hooks))
    return str(load_settings(path).hooks)


@pytest.mark.parametrize(("hook", "why"), WRONG.items(), ids=list(WRONG))
def test_a_hook_that_cannot_be_is_refused_without_repeating_its_secret(tmp_path: Path, hook: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why) as raised:
        _load(tmp_path, f'name = "view"\n{hook}')
    assert "secret" not in str(raised.value).replace("hold a secret", "")
    assert "abc" not in str(raised.value)


def test_each_hook_has_a_name_of_its_own(tmp_path: Path) -> None:
    one = 'name = "view"\ncommand = ["true"]'
    with pytest.raises(SettingsError, match="same name"):
        _load(tmp_path, one, one)


def test_a_hook_is_told_everything_unless_it_says_what(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(
        '[[hooks]]\nname = "a"\ncommand = ["true"]\n[[hooks]]\nname = "b"\non = ["scored"]\nurl = "$ADDRESS"\n'
    )
    assert [hook.on for hook in load_settings(path).hooks] == [EVENT_NAMES, ("scored",)]

"""Settings: defaults, precedence, and what cannot be set."""

from __future__ import annotations

from pathlib import Path

import pytest

from contact_pipeline.errors import SettingsError
from contact_pipeline.settings import Settings, load_settings


def _load(folder: Path, text: str) -> Settings:
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "settings.toml") == Settings()


def test_a_flag_beats_a_file_rule_beats_the_default(tmp_path: Path) -> None:
    settings = _load(tmp_path, '[imports]\npolicy = "skip"\n[[files]]\nmatch = "Event*"\npolicy = "create"\n')
    assert settings.options_for("list.csv").policy == "skip"
    assert settings.options_for("event_2026.xlsx").policy == "create"
    assert settings.options_for("event_2026.xlsx", policy="update").policy == "update"


def test_the_mapping_of_a_file_rule_adds_to_the_general_one(tmp_path: Path) -> None:
    settings = _load(
        tmp_path, '[imports.mapping]\nA = "email"\nB = "city"\n[[files]]\nmatch = "*"\nmapping = { B = "custom" }\n'
    )
    assert settings.options_for("x.csv").mapping == {"A": "email", "B": "custom"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[scoring]\nhot_from = 101\n", "scoring.hot_from"),
        ("[scoring]\nhott_from = 80\n", "scoring.hott_from"),
        ('[imports]\npolicy = "merge"\n', "imports.policy"),
        ('[imports.survivorship]\nnickname = "newest"\n', "nickname"),
        ('[imports.survivorship]\nemail = "newest"\n', "email"),
        ('[imports.survivorship]\nopted_out = "newest"\n', "opted_out"),
        ('[imports.survivorship]\nwebsite_visits = "union"\n', "website_visits"),
        ('[imports.survivorship]\ncity = "ratchet"\n', "city"),
        ('[imports.survivorship]\ncity = "forward"\n', "city"),
        ("not toml", "TOML"),
    ],
)
def test_what_cannot_be_set_is_refused_with_its_place(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(SettingsError, match=place):
        _load(tmp_path, text)


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"settle_seconds.*warm_from"):
        _load(tmp_path, "[scoring]\nwarm_from = -1\n[drop]\nsettle_seconds = 'long'\n")

"""Texts are compared and searched as people type them; the rest of the codes is held by what readers answer."""

from __future__ import annotations

import duckdb
import pytest

from contact_pipeline.dashboard.codes import folded


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Weiß", "weiss"),
        ("WEIẞ", "weiss"),
        ("Łódź", "lodz"),
        ("SØREN Ærø", "soren aero"),
        ("Işık Œuvré", "isik oeuvre"),
    ],
)
def test_a_name_is_found_without_the_keys_of_another_keyboard(name: str, typed: str) -> None:
    assert duckdb.sql(f"SELECT {folded('$1')}, {folded('$2')}", params=[name, typed]).fetchall() == [(typed, typed)]

"""Industries under one list of common names.

Belongs here: which spellings and key words mean which industry. Does not belong: which industries buy (`scoring`).
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from contact_pipeline.cleaning.cells import Reading, read_cells
from contact_pipeline.cleaning.text import is_blank_word, tidy
from contact_pipeline.cleaning.vocabulary import fold, toml


def read_industries(raw: pl.Series) -> pl.DataFrame:
    """Industries under their common name; one that no word tells stays as written: value, reason."""
    return read_cells(raw, _read_industry)


def _read_industry(text: str) -> Reading:
    shown = tidy(text)
    if is_blank_word(shown):
        return Reading()
    folded = fold(shown.replace("_", " "))
    names = {fold(name): name for name in toml("industries")}
    return Reading(names.get(folded) or _by_key_word(folded) or shown)


def _by_key_word(folded: str) -> str | None:
    return next((name for name, pattern in _patterns() if pattern.search(folded)), None)


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(name, re.compile(r"\b(?:" + "|".join(words) + r")\b")) for name, words in toml("industries").items()]

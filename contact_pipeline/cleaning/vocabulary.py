"""The word lists that cleaning reads with: countries, months, titles, industries and so on.

Belongs here: finding and parsing the package data, and the folding that makes spellings comparable. Does not belong: what
is done with the words (the module of each kind).
"""

from __future__ import annotations

import csv
import re
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any

_NOT_A_LETTER = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Text for comparing: no case, accents, punctuation; words one blank apart."""
    if text.isascii():
        return _NOT_A_LETTER.sub(" ", text.lower()).strip()
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return _NOT_A_LETTER.sub(" ", plain).strip()


def _data(name: str) -> str:
    return (files("contact_pipeline.cleaning") / "data" / name).read_text(encoding="utf-8")


@cache
def toml(name: str) -> dict[str, Any]:
    """A TOML file of the package data, by its name without suffix."""
    return tomllib.loads(_data(f"{name}.toml"))


@cache
def lines(name: str) -> frozenset[str]:
    """A text file of the package data, one entry a line; # starts a comment."""
    return frozenset(line for line in _data(f"{name}.txt").splitlines() if line and not line.startswith("#"))


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(line for line in _data(f"{name}.csv").splitlines() if not line.startswith("#")))


@cache
def country_names() -> dict[str, str]:
    """Alpha-2 code -> English name."""
    return {row["alpha_2"]: row["names"].split("|")[0] for row in _rows("countries")}


@cache
def countries() -> dict[str, str]:
    """Folded name, alpha-2 or alpha-3 code -> alpha-2 code."""
    found: dict[str, str] = {}
    rows = _rows("countries")
    for row in rows:
        names = (fold(name) for name in row["names"].split("|"))
        found |= {name: row["alpha_2"] for name in names if name}
    for row in rows:
        found |= {code.casefold(): row["alpha_2"] for code in (row["alpha_3"], row["alpha_2"]) if code}
    return found


@cache
def regions() -> dict[str, dict[str, str]]:
    """Alpha-2 code of a country -> folded name, code or spelling of a region -> its name."""
    found: dict[str, dict[str, str]] = {}
    for row in _rows("regions"):
        spellings = (row["code"], *row["spellings"].split("|"), row["name"])
        found.setdefault(row["country"], {}).update({fold(one): row["name"] for one in spellings if one})
    return found


@cache
def months() -> dict[str, int]:
    """Folded month name or short form -> 1 to 12."""
    return {fold(row["name"]): int(row["month"]) for row in _rows("months")}


@cache
def meanings(name: str) -> dict[str, str]:
    """A TOML file of `meaning = [spellings]` turned round: folded spelling (or meaning) -> meaning."""
    listed = toml(name)
    found = {fold(spelling) or spelling: meaning for meaning, spellings in listed.items() for spelling in spellings}
    return found | {fold(meaning): meaning for meaning in listed}

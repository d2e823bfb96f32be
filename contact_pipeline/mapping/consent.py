"""Columns that say who may be written to ("Subscribed", "Marketing consent"): Opted Out, the other way round.

Belongs here: telling such headers, and when their values are plain enough to be turned. Does not belong: columns that say
who opted out (`spellings`, `grammar`). A blank is no refusal, and neither is a word that is not understood.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

import polars as pl

from contact_pipeline.mapping.grammar import concepts_of
from contact_pipeline.mapping.normalise import normalise_header

_SAYS_CONSENT = frozenset({"OPTIN", "CONSENT", "ACCEPT", "ALLOW"})
_BESIDE = frozenset(
    {
        "EMAIL",
        "MARKETING",
        "NEWSLETTER",
        "STATUS",
        "IS",
        "PERSON",
        "CUSTOMER",
        "PRIVACY",
        "TO",
        "CONTACTING",
        "BULK",
        "YES_NO",
    }
)


@cache
def _words() -> dict[str, frozenset[str]]:
    text = files("contact_pipeline.mapping").joinpath("consent.toml").read_text(encoding="utf-8")
    return {meaning: frozenset(map(normalise_header, words)) for meaning, words in tomllib.loads(text).items()}


def grants(value: str) -> bool | None:
    """Whether a cell of such a column gives the permission; None where it does not say."""
    word = normalise_header(value)
    return True if word in _words()["granted"] else False if word in _words()["refused"] else None


def is_about_consent(plain_header: str) -> bool:
    """Whether a header names a permission to write to somebody by e-mail. A date or a text of it is not that."""
    concepts = concepts_of(plain_header)
    if concepts is None or "DONOT" in concepts:
        return False
    alone = concepts == {"NEWSLETTER"} or concepts == {"NEWSLETTER", "YES_NO"}
    return alone or (bool(concepts & _SAYS_CONSENT) and concepts <= _SAYS_CONSENT | _BESIDE)


def speaks_plainly(values: pl.Series) -> bool:
    """Whether every value of a column grants or refuses, and some grant: a column of refusals only has another meaning."""
    answers = {grants(value) for value in values}
    return True in answers and None not in answers

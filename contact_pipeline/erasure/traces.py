"""The addresses of a person as they may stand in texts: found whatever their case, never inside a longer address.

Belongs here: finding and replacing addresses, and other words of the person, in a text or in a column of texts. Does not belong: whose addresses they are
(`person`), and which texts there are (`mangling`, `searching`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Final

import polars as pl

ERASED: Final = "[erased]"

# What may stand before and behind an address that is not a part of a longer one: Chinese and Japanese put no space there,
# names of files their kind.
_BEFORE = "(^|[^\\w.+'-]|[\u2e80-\U0010ffff]|(?:^|\\W)')"
_BEHIND = r"(\.*(?:$|[^A-Za-z0-9.-])|\.(?:csv|tsv|tab|txt|xlsx?|xlsm|xlsb|ods)(?:$|[^A-Za-z0-9-]))"
_PATTERNS_AT_ONCE = 200  # a compiled pattern may only grow so large
_PASSES = 2  # neighbours share the character between them, so one pass takes every other one


class Traces:
    """Where some words are mentioned, at least one: normalised addresses, or names."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = frozenset(word.lower() for word in words)

    @cached_property
    def spellings(self) -> tuple[str, ...]:
        """How they may be written, in lower case; addresses also with the letters of their domain, and inside a link."""
        written = {form for word in self.words for form in (word, _with_letters(word))}
        return tuple(sorted(written | {form.replace("@", "%40") for form in written}))

    def mentioned(self, text: pl.Expr) -> pl.Expr:
        """True where the text names one of them; a null names none."""
        near = text.str.to_lowercase().str.contains_any(list(self.spellings))
        exact = pl.any_horizontal(text.str.contains(pattern) for pattern in self._patterns)
        return (near & exact).fill_null(value=False)

    def taken_out(self, text: pl.Expr, instead: str = ERASED) -> pl.Expr:
        """The text with `instead` in place of each of them."""
        for pattern in self._patterns * _PASSES:
            text = text.str.replace_all(pattern, f"${{1}}{instead}${{2}}")
        return text

    def are_in(self, text: str) -> bool:
        """Does a single text name one of them?"""
        lowered = text.lower()
        near = any(spelling in lowered for spelling in self.spellings)
        return near and any(re.search(pattern, text) for pattern in self._patterns)

    def taken_out_of(self, text: str) -> str:
        """A single text with a word in place of each of them."""
        for pattern in self._patterns * _PASSES:
            text = re.sub(pattern, rf"\g<1>{ERASED}\g<2>", text)
        return text

    @cached_property
    def _patterns(self) -> list[str]:
        starts = range(0, len(self.spellings), _PATTERNS_AT_ONCE)
        groups = (self.spellings[start : start + _PATTERNS_AT_ONCE] for start in starts)
        return [f"(?i){_BEFORE}(?:{'|'.join(map(re.escape, group))}){_BEHIND}" for group in groups]


def _with_letters(word: str) -> str:
    """An address with its domain as people write it, where DNS spells it with xn--."""
    local, at, domain = word.rpartition("@")
    return f"{local}{at}{'.'.join(_decoded(label) for label in domain.split('.'))}"


def _decoded(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label.removeprefix("xn--").encode().decode("punycode")
    except UnicodeError:
        return label

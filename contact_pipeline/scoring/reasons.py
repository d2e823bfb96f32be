"""Key factors taken apart again: the single reasons of a contact, for pages that show them one by one.

Belongs here: the way back from the text that `explanation` writes. Does not belong: writing it. A reason quotes values of
custom fields, and such a value may look like the end of one reason and the beginning of the next; so the reasons that the
model can give are told apart first.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

import polars as pl

_BETWEEN = re.compile(r"; (?=[+-] )")
_FIGURES = r": [\d.]+ % of \d+ past leads converted, [\d.]+ % on average"
_OBSERVED = re.compile(_FIGURES + "$")


class Reason(NamedTuple):
    """A key factor: it raises the score, or lowers it. `short` is the cause alone, `text` with the figures behind it."""

    raises: bool
    short: str
    text: str


def reasons_of(key_factors: str | None, phrases: Collection[str] = ()) -> list[Reason]:
    """The reasons in the order of the text, each once. `phrases` are those that the model behind it can give."""
    pieces = _BETWEEN.split(key_factors) if key_factors else []
    found, start = [], 0
    while start < len(pieces):
        ends = range(len(pieces), start + 1, -1)
        end = next((end for end in ends if "; ".join(pieces[start:end]) in phrases), start + 1)
        found.append(_reason("; ".join(pieces[start:end])))
        start = end
    return found


def without_figures(key_factors: pl.Expr) -> pl.Expr:
    """The causes alone, for readers who are shown no number over all leads."""
    return key_factors.str.replace_all(_FIGURES, "")


def _reason(phrase: str) -> Reason:
    text = phrase[2:] if phrase.startswith(("+ ", "- ")) else phrase
    return Reason(not phrase.startswith("- "), _OBSERVED.sub("", text), text)

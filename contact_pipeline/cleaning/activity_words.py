"""The kinds of activity, and which words of many languages mean which.

Belongs here: one text -> its kind. Does not belong: whole files of activities (`activities`) and what a kind is worth
(`scoring`). Light to import, for settings and the recognition of files depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import cache

from contact_pipeline.cleaning.vocabulary import fold, toml


class ActivityKind(StrEnum):
    """What somebody did, or what happened to a mail to them."""

    VISIT = "visit"
    DOWNLOAD = "download"
    OPEN = "open"
    CLICK = "click"
    REPLY = "reply"
    FORM = "form"
    MEETING = "meeting"
    CALL = "call"
    EVENT = "event"
    UNSUBSCRIBE = "unsubscribe"
    BOUNCE = "bounce"
    OTHER = "other"


Words = Mapping[ActivityKind, Sequence[str]]

_TURNED = "turned"
_LEAST_LETTERS = 4  # shorter words, inside a text, may be anything
# An opt-out is for good, so a word inside a text must be beyond doubt.
_LEAST_LETTERS_OF_OPT_OUT = 8
_CHANNELS = frozenset({"email", "e mail", "mail", "website", "phone", "telefon", "telephone"})
_TURNS_BEFORE, _TURNS_BEHIND = 2, 1  # how far from a word another may turn its meaning round


def activity_reader(own_words: Words | None = None) -> Callable[[str], ActivityKind | None]:
    """A function that gives the kind a text means, None where no word of it is known. `own_words` come before ours."""
    own = {fold(word): kind for kind, words in (own_words or {}).items() for word in words}
    whole, inside = {**_known_words(), **own}, {**_words_inside(), **own}
    longest = max(len(word.split()) for word in inside)

    def read(text: str) -> ActivityKind | None:
        folded = fold(text)
        return whole.get(folded) or _kind_inside(folded.split(), inside, longest)

    return read


def _kind_inside(tokens: Sequence[str], known: Mapping[str, ActivityKind], longest: int) -> ActivityKind | None:
    """The kind of the first known word of a longer text, the longest that begins there; None where its meaning is turned."""
    for start in range(len(tokens)):
        for end in range(min(start + longest, len(tokens)), start, -1):
            kind = known.get(" ".join(tokens[start:end]))
            if kind is not None:
                around = {*tokens[max(0, start - _TURNS_BEFORE) : start], *tokens[end : end + _TURNS_BEHIND]}
                return None if _turning_words() & around else kind
    return None


@cache
def _known_words() -> dict[str, ActivityKind]:
    listed = toml("activities")
    return {fold(word): kind for kind in ActivityKind for word in (*listed[kind.value], kind.value)}


@cache
def _words_inside() -> dict[str, ActivityKind]:
    return {word: kind for word, kind in _known_words().items() if _is_telling(word, kind)}


def _is_telling(word: str, kind: ActivityKind) -> bool:
    least = _LEAST_LETTERS_OF_OPT_OUT if kind is ActivityKind.UNSUBSCRIBE else _LEAST_LETTERS
    return len(word) >= least and word not in _CHANNELS


@cache
def _turning_words() -> frozenset[str]:
    return frozenset(map(fold, toml("activities")[_TURNED]))

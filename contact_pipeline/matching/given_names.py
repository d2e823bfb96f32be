"""Whether two given names can be the same person's: equal, nickname, initial or a slip of the pen.

Belongs here: comparing given names, with the list of nicknames. Does not belong: which records are compared and what
follows from it (`holds`), and how a name is written (`cleaning.names`).
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache, lru_cache
from importlib.resources import files

from contact_pipeline.cleaning.vocabulary import fold

_SHORTEST_WITH_SLIP = 4
_MOST_INITIALS = 3
# Letters that Unicode does not take apart, and the German way to write umlauts without dots.
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "a", "œ": "o", "ı": "i", "þ": "th", "ð": "d"})
_UMLAUTS = (("ae", "a"), ("oe", "o"), ("ue", "u"))


def name_words(name: str) -> tuple[str, ...]:
    """Words of a name for comparing: no case, accents, punctuation; ue as u."""
    plain = fold(name.casefold().translate(_LETTERS))
    for written, spoken in _UMLAUTS:
        plain = plain.replace(written, spoken)
    return tuple(plain.split(" ")) if plain else ()


@lru_cache(maxsize=100_000)  # people are many, pairs of given names few
def may_be_same(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Can these given names (as `name_words` gives them) be one person's? A blank name fits every other.

    Of names with several words one word in common is enough. Names in different alphabets cannot be compared and fit.
    """
    if not one or not other or _is_latin(one) != _is_latin(other):
        return True
    if is_slip("".join(one), "".join(other)) or _are_initials(one, other) or _are_initials(other, one):
        return True
    return _is_nickname(" ".join(one), " ".join(other)) or any(_same_word(a, b) for a in one for b in other)


def is_slip(one: str, other: str) -> bool:
    """Equal, or one letter missing, wrong or swapped with its neighbour, the first letter apart; or one is cut short.

    Two names that are both known differ on purpose.
    """
    if one == other:
        return True
    if min(len(one), len(other)) < _SHORTEST_WITH_SLIP or one[0] != other[0]:
        return False
    if one in _known() and other in _known():
        return False
    return one.startswith(other) or other.startswith(one) or _one_edit_apart(one, other)


def _same_word(one: str, other: str) -> bool:
    if min(len(one), len(other)) == 1:  # a middle initial in common says nothing
        return False
    return is_slip(one, other) or _is_nickname(one, other)


def _is_nickname(one: str, other: str) -> bool:
    return one in _nicknames().get(other, frozenset())


def _are_initials(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    """J, J. P. or JP for Jean-Pierre; J. Robert for John."""
    letters = "".join(word[0] for word in long)
    joined = "".join(short)
    return (len(short[0]) == 1 and short[0] == letters[0]) or (
        len(joined) <= _MOST_INITIALS and len(long) > 1 and letters.startswith(joined)
    )


def _one_edit_apart(one: str, other: str) -> bool:
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    rest, other_rest = one[start:], other[start:]
    while rest and other_rest and rest[-1] == other_rest[-1]:
        rest, other_rest = rest[:-1], other_rest[:-1]
    is_swap = len(rest) == 2 and rest == other_rest[::-1]
    return is_swap or max(len(rest), len(other_rest)) <= 1


def _is_latin(words: tuple[str, ...]) -> bool:
    return "".join(words).isascii()


@cache
def _nicknames() -> dict[str, set[str]]:
    """Name -> the names that stand for it, one hop: Bill and Will stand for William, not for each other."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for line in _lines("nicknames"):
        name, _, forms = line.partition(":")
        for form in forms.split(","):
            one, other = " ".join(name_words(name)), " ".join(name_words(form))
            found[one].add(other)
            found[other].add(one)
    return dict(found)  # a lookup must not make a name known


@cache
def _known() -> frozenset[str]:
    listed = (word for line in _lines("given_names") for word in line.split())
    return frozenset({"".join(name_words(word)) for word in listed} | {name.replace(" ", "") for name in _nicknames()})


def _lines(name: str) -> list[str]:
    text = (files("contact_pipeline.matching") / "data" / f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]

"""Which records must not be folded into the contact their e-mail leads to: a shared mailbox, or somebody else.

Belongs here: the decision for a record and the name it meets. Does not belong: finding that name (`links`) and comparing
given names (`given_names`).
"""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from contact_pipeline.cleaning.emails import is_role_address
from contact_pipeline.matching.given_names import is_slip, may_be_same, name_words

_GENERATIONS = {"jr": 2, "junior": 2, "sr": 1, "senior": 1, "ii": 2, "iii": 3, "iv": 4}


def strangers(meetings: pl.DataFrame) -> pl.DataFrame:
    """The meetings of two different people: column sequence (Int64).

    `meetings` has sequence, match_key (the e-mail), given, family (the record's names), met_given, met_family (those of
    the record it meets); a null name fits every other.
    """
    names = ("given", "family", "met_given", "met_family")
    asked = meetings.select("sequence", *names, is_role=is_role_address(pl.col("match_key")))
    distinct = asked.select(*names, "is_role").unique()
    answers = list(map(somebody_else, *(column.to_list() for column in distinct)))
    found = distinct.with_columns(pl.Series("differs", answers, dtype=pl.Boolean)).filter("differs")
    return asked.join(found, on=[*names, "is_role"], how="semi", nulls_equal=True).select("sequence")


def somebody_else(
    given: str | None, family: str | None, met_given: str | None, met_family: str | None, is_role: bool
) -> bool:
    """Are these surely two people who share an e-mail address?

    True for given names that cannot be the same person's, for Jr against Sr; on a role address also for another family
    name. A family name alone may change with marriage.
    """
    first, met_first = _words(given), _words(met_given)
    (last, generation), (met_last, met_generation) = _family(family), _family(met_family)
    if generation and met_generation and generation != met_generation:
        return True
    if _is_swapped(first, last, met_first, met_last):
        return False
    return not may_be_same(first, met_first) or (is_role and not _same_family(last, met_last))


def _is_swapped(
    first: tuple[str, ...], last: tuple[str, ...], met_first: tuple[str, ...], met_last: tuple[str, ...]
) -> bool:
    """Is the given name of each the other's family name, as far as known?"""
    if not first or not met_first:
        return False
    return (first == met_last and last in (met_first, ())) or (met_first == last and met_last == ())


def _same_family(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if not one or not other:
        return True
    return is_slip("".join(one), "".join(other)) or not set(one).isdisjoint(other)


@lru_cache(maxsize=100_000)
def _family(name: str | None) -> tuple[tuple[str, ...], int | None]:
    """Family name without its suffix, and the generation the suffix tells."""
    words = _words(name)
    generation = _GENERATIONS.get(words[-1]) if len(words) > 1 else None
    return (words[:-1] if generation else words), generation


@lru_cache(maxsize=100_000)
def _words(name: str | None) -> tuple[str, ...]:
    return name_words(name) if name else ()

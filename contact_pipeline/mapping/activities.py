"""Which columns of a table tell who did what and when: the mapping of a file of activities.

Belongs here: telling a list of activities from a list of people, by headers and values, and the plan of its columns. Does not
belong: other kinds of table (`kinds`) and the meaning of the words in its cells (`cleaning.activity_words`). It is strict: what
says anything else of the people is a list of people, unless addresses repeat and few well-known words tell what was done.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import polars as pl

from contact_pipeline.cleaning.activity_words import ActivityKind, activity_reader
from contact_pipeline.intake.profiling import looks_like_dates
from contact_pipeline.intake.tables import TextTable
from contact_pipeline.mapping.learned import SET_BY_HAND
from contact_pipeline.mapping.normalise import normalise_header
from contact_pipeline.mapping.plan import Action, ColumnPlan, TablePlan

WHO, WHAT, WHEN, HOW_OFTEN = "email", "activity", "happened_at", "times"
# Targets of a mapping by hand that only a file of activities has.
ACTIVITY_FIELDS = frozenset({WHAT, WHEN, HOW_OFTEN})

_ID_OF_WHO = re.compile(r"^(?:contact|lead|person|customer|subscriber|user|prospect) ?id$")
_NAMES = frozenset({"first_name", "last_name", "full_name", "company"})
# What a list of people says of each of them, and a log of what they did does not.
OF_A_PERSON = frozenset(
    {"first_name", "last_name", "full_name", "salutation", "phone", "mobile_phone", "job_title", "street_address"}
    | {"postal_code", "company_size", "annual_revenue", "lead_status", "lifecycle_stage", "linkedin_url", "converted"}
)
_SAYS_MORE = (OF_A_PERSON | {"company", "industry", "seniority", "department", "opted_out", "converted_at"}) - _NAMES

_READ = 20_000  # rows looked at
_MOSTLY = 0.8
_SOME = 0.3
_ROWS_PER_ADDRESS = 1.5  # from here on addresses repeat
_FEW_WORDS = 30
_MOMENT_AS_NUMBER = r"^\d{9,16}$|^\d{5}\.\d+$|^(?:19|20)\d{6}T?\d{0,6}Z?$"
_CLOCK = r"^\d{1,2}:\d{2}"
_HAS_CLOCK = r"\d{1,2}:\d{2}"
_COUNT = r"^\d{1,9}$"


@dataclass(frozen=True, slots=True)
class Found:
    """A column of the table, by index, and what speaks for it."""

    index: int
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True)
class ActivityColumns:
    """The columns of a list of activities. `who` is None where nobody's address is told; `when` may be a day and a time."""

    who: int | None
    what: Found
    when: tuple[Found, ...]
    times: Found | None = None


def may_be_activities(headers: Iterable[str], overrides: Mapping[str, str]) -> bool:
    """Whether any header could name what was done, or is said to by hand; costs next to nothing."""
    by_hand = _by_hand(overrides)
    return any(by_hand.get(plain) == WHAT or _what_header(plain) for plain in map(normalise_header, headers))


def find_activity_columns(table: TextTable, plan: TablePlan, overrides: Mapping[str, str]) -> ActivityColumns | None:
    """The columns of a list of activities; None for any other table. `plan` is its mapping as a list of contacts."""
    by_hand = _by_hand(overrides)
    told = {normalise_header(header) for header, target in overrides.items() if target not in ACTIVITY_FIELDS}
    plain = ["" if (text := normalise_header(header)) in told else text for header in table.headers]
    what, when = _what(table, plain, by_hand), _when(table, plain, by_hand)
    column = plan.column_of(WHO)
    if what is None or not when or (column is None and not any(map(_ID_OF_WHO.match, plain))):
        return None
    times = _times(table, plain, by_hand, {what.index, *(one.index for one in when)})
    found = ActivityColumns(column.index if column else None, what, when, times)
    if what.reason != SET_BY_HAND and not _is_log(table, plan, found, plain[what.index]):
        return None
    return found


def activity_plan(plan: TablePlan, columns: ActivityColumns) -> TablePlan:
    """The plan of the table as a list of activities: who, what, when, how often; all else is left out."""
    fields = {columns.what.index: (WHAT, columns.what), **{one.index: (WHEN, one) for one in columns.when}}
    if columns.times:
        fields[columns.times.index] = (HOW_OFTEN, columns.times)
    return TablePlan(
        tuple(one if one.index == columns.who else _planned(one, fields.get(one.index)) for one in plan.columns),
        plan.tool,
        plan.signature,
    )


def _planned(one: ColumnPlan, found: tuple[str, Found] | None) -> ColumnPlan:
    if found is None:
        reason = "of an activity only who, what, when and how often are kept"
        return ColumnPlan(one.index, one.header, Action.EXCLUDE, None, one.confidence, reason)
    field, column = found
    return ColumnPlan(one.index, one.header, Action.MAP, field, column.confidence, column.reason)


def _is_log(table: TextTable, plan: TablePlan, found: ActivityColumns, what_header: str) -> bool:
    """Do the values tell of deeds, and the other columns of nobody?"""
    taken = {one.index for one in (found.what, *found.when, found.times) if one}
    fields = {one.field for one in plan.columns if one.action is Action.MAP and one.index not in taken}
    if fields & _SAYS_MORE:
        return False
    words = _filled(table, found.what.index)
    known, telling = _shares(words)
    repeats = found.who is not None and _rows_per_address(table, found.who) >= _ROWS_PER_ADDRESS
    are_few = words.n_unique() <= _FEW_WORDS
    is_plain = known >= _MOSTLY and telling > 0
    if fields & _NAMES:
        return _is_sure(what_header) and is_plain and repeats and are_few
    return is_plain or (_is_sure(what_header) and (known >= _SOME or (repeats and are_few)))


def _what(table: TextTable, plain: list[str], by_hand: Mapping[str, str]) -> Found | None:
    """The column of deeds: the one said by hand, else that with the surest header and the most known words."""
    told = next((index for index, text in enumerate(plain) if by_hand.get(text) == WHAT), None)
    if told is not None:
        return Found(told, 1.0, SET_BY_HAND)
    found = [_told_by(table, index, text) for index, text in enumerate(plain) if _what_header(text)]
    return max(found, key=lambda one: (one.confidence, -one.index), default=None)


def _told_by(table: TextTable, index: int, plain: str) -> Found:
    known, _ = _shares(_filled(table, index))
    base = 0.75 if _is_sure(plain) else 0.65
    words = f"header '{table.headers[index]}' names what was done, and {known:.0%} of its values are words for that"
    return Found(index, round(base + 0.22 * known, 2), words)


def _when(table: TextTable, plain: list[str], by_hand: Mapping[str, str]) -> tuple[Found, ...]:
    """The column of moments, with one of clock times beside it where it holds only days; empty where there is none."""
    told = [index for index, text in enumerate(plain) if by_hand.get(text) == WHEN]
    if told:
        return tuple(Found(index, 1.0, SET_BY_HAND) for index in told)
    named = [(index, rank) for index, text in enumerate(plain) if (rank := _when_header(text))]
    dated = [(rank, -index) for index, rank in named if _holds_moments(_filled(table, index))]
    if not dated:
        return ()
    rank, place = max(dated)
    day = Found(-place, rank, f"header '{table.headers[-place]}' names when it was, and its values are dates")
    clocks = [index for index, _ in named if index != day.index and _mostly(_filled(table, index), _CLOCK)]
    if not clocks or _mostly(_filled(table, day.index), _HAS_CLOCK):
        return (day,)
    return (day, Found(clocks[0], 0.85, f"header '{table.headers[clocks[0]]}' names the time of day"))


def _times(table: TextTable, plain: list[str], by_hand: Mapping[str, str], taken: set[int]) -> Found | None:
    told = next((index for index, text in enumerate(plain) if by_hand.get(text) == HOW_OFTEN), None)
    if told is not None:
        return Found(told, 1.0, SET_BY_HAND)
    for index, text in enumerate(plain):
        is_named = _all_in(text, "counts", "deeds", "events", "fillers") and _any_in(text, "counts")
        if is_named and index not in taken and _mostly(_filled(table, index), _COUNT):
            return Found(index, 0.9, f"header '{table.headers[index]}' names how often, and its values are numbers")
    return None


def _what_header(plain: str) -> bool:
    """Could a header name what was done?"""
    return _all_in(plain, "deeds", "events", "kinds", "names", "fillers") and _any_in(plain, "deeds", "events", "kinds")


def _is_sure(plain: str) -> bool:
    """Does a header name deeds and nothing else? An event may be one that people were invited to."""
    return _any_in(plain, "deeds") or (_any_in(plain, "events") and _any_in(plain, "kinds"))


def _when_header(plain: str) -> float:
    """How surely a header names when something was done; 0 where it does not."""
    lists = ("moments", "happened", "recorded", "deeds", "events", "fillers")
    if not _all_in(plain, *lists) or not _any_in(plain, "moments", "recorded"):
        return 0.0
    if _any_in(plain, "deeds", "events", "happened"):
        return 0.95
    return 0.85 if _any_in(plain, "recorded") else 0.9


def _all_in(plain: str, *lists: str) -> bool:
    return bool(plain) and all(any(word in _words(name) for name in lists) for word in plain.split())


def _any_in(plain: str, *lists: str) -> bool:
    return any(word in _words(name) for word in plain.split() for name in lists)


def _by_hand(overrides: Mapping[str, str]) -> dict[str, str]:
    return {normalise_header(header): target for header, target in overrides.items() if target in ACTIVITY_FIELDS}


def _filled(table: TextTable, index: int) -> pl.Series:
    texts = table.cells(f"c{index}").drop_nulls().head(_READ).str.strip_chars()
    return texts.filter(texts != "")


def _shares(words: pl.Series) -> tuple[float, float]:
    """The share of values that are known words, and of those that tell of interest or its end."""
    counted = words.value_counts()
    meaning = activity_reader()
    kinds = [(meaning(text), count) for text, count in counted.iter_rows()]
    known = sum(count for kind, count in kinds if kind)
    telling = sum(count for kind, count in kinds if kind and kind is not ActivityKind.OTHER)
    return known / max(len(words), 1), telling / max(len(words), 1)


def _rows_per_address(table: TextTable, who: int) -> float:
    addresses = _filled(table, who).str.to_lowercase()
    return len(addresses) / max(addresses.n_unique(), 1)


def _holds_moments(texts: pl.Series) -> bool:
    return looks_like_dates(texts) or _mostly(texts, _MOMENT_AS_NUMBER)


def _mostly(texts: pl.Series, pattern: str) -> bool:
    return len(texts) > 0 and bool(texts.str.contains(pattern).mean() >= _MOSTLY)  # type: ignore[operator]


@cache
def _words(name: str) -> frozenset[str]:
    text = files("contact_pipeline.mapping").joinpath("activities.toml").read_text(encoding="utf-8")
    return frozenset(tomllib.loads(text)[name])

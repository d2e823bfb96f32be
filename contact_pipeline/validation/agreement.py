"""Does the text of a source cell say the value that the CRM holds? Judged by what stands there, kind by kind.

Belongs here: comparing one raw text with one cleaned value, without asking the cleaner that made it, wherever text alone can
tell. Does not belong: which cell belongs to which value (`sample_check`, `crm.provenance`). Odd spellings of dates and amounts
(serial numbers, ranges) are read once more on their own, in every way a column could decide.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import polars as pl

from contact_pipeline.cleaning.dates import read_dates
from contact_pipeline.cleaning.numbers import parse_number, read_counts, read_money, read_rates
from contact_pipeline.cleaning.text import tidy, visible
from contact_pipeline.cleaning.vocabulary import fold, months, regions
from contact_pipeline.fields import Kind

_LAST_DIGITS = 6  # of a phone number: what no country code, area code or trunk zero changes
_CLOCK = re.compile(r"[T\s]*\d{1,2}:\d{2}.*$", re.DOTALL)
_SCHEME = re.compile(r"^(?:https?://)?(?:www\.)?", re.IGNORECASE)
_NEARLY = 1e-9
# Beside a cell these make a reader take decimal commas or points, and rates in percent or not.
_NEIGHBOURS: Final = (["1,5", "2,5"], ["1.5", "2.5"], ["50", "60"], ["0,5", "0,6"])

# Where the value of a field may stand if not in its own column.
NEIGHBOURS: Final[dict[str, tuple[str, ...]]] = {
    "email": ("secondary_email",),
    "secondary_email": ("email",),
    "first_name": ("full_name", "last_name"),
    "last_name": ("full_name", "first_name"),
    "full_name": ("first_name", "last_name"),
    "salutation": ("full_name", "first_name"),
    "phone": ("mobile_phone",),
    "mobile_phone": ("phone",),
    "seniority": ("job_title",),
    "department": ("job_title",),
    "opted_out": ("lead_status",),
}


def says(kind: Kind, raw: str, value: object) -> bool | None:
    """Does `raw`, a source cell, say `value`, a cleaned value of this kind? None where only a vocabulary could tell."""
    rule = _RULES.get(kind)
    return rule(raw, value) if rule else None


def same_text(raw: str, value: str) -> bool:
    """The same but for case, accents, blanks and punctuation; texts of nothing else must be the same but for blanks."""
    one, other = _squashed(raw), _squashed(value)
    return one == other if other else "".join(value.split()) in "".join(visible(raw).split())


def holds_text(whole: str, part: str) -> bool:
    """Is `part` within `whole`, but for case, accents, blanks and punctuation?"""
    return _squashed(part) in _squashed(whole)


def _squashed(text: str) -> str:
    return fold(visible(text)).replace(" ", "")


def _is_text(raw: str, value: str) -> bool:
    return same_text(raw, value)


def _is_identifier(raw: str, value: str) -> bool:
    """Letter for letter, but for blanks."""
    return "".join(visible(raw).split()) == "".join(value.split())


def _is_postal_code(raw: str, value: str) -> bool:
    return same_text(re.sub(r"\.0+$", "", tidy(raw)), value)


def _is_name(raw: str, value: str) -> bool:
    """A name may be one of several words of the cell, in another order."""
    return same_text(raw, value) or set(fold(value).split()) <= set(fold(visible(raw)).split())


def _is_place(raw: str, value: str) -> bool:
    """A town or region as written, or the region that the text stands for anywhere."""
    spelling = fold(visible(raw))
    code = spelling.rpartition(" ")[2]
    return same_text(raw, value) or any(value in (of.get(spelling), of.get(code)) for of in regions().values())


def _is_email(raw: str, value: str) -> bool:
    """The address within the cell, its domain as DNS or as people spell it."""
    text = "".join(unicodedata.normalize("NFKC", visible(raw)).lower().split())
    local, _, host = value.rpartition("@")
    labels = [_shown_label(label) for label in host.split(".")]
    return f"{local}@{host}" in text or f"{local}@{'.'.join(labels)}" in text


def _shown_label(label: str) -> str:
    """One part of a domain as people write it."""
    if not label.startswith("xn--"):
        return label
    try:
        return label.removeprefix("xn--").encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _is_phone(raw: str, value: str) -> bool:
    """The last digits of the number, somewhere among the digits of the cell."""
    written = "".join(str(unicodedata.decimal(c)) for c in raw if c.isdecimal())
    number = value.partition(";")[0].lstrip("+")
    return number[-_LAST_DIGITS:] in written


def _is_url(raw: str, value: str) -> bool:
    return _squashed(_SCHEME.sub("", tidy(raw))) == _squashed(_SCHEME.sub("", value))


def _is_linkedin(raw: str, value: str) -> bool:
    """The profile's own name within the cell."""
    return holds_text(raw, value.rstrip("/").rpartition("/")[2])


def _is_date(raw: str, value: datetime) -> bool:
    """The same day, month and year in whatever order; the day beside it where the text has a clock, and so maybe a zone."""
    written = Counter(int(number) for number in re.findall(r"\d+", _CLOCK.sub("", raw)))
    named = {months()[word] for word in fold(raw).split() if word in months()}
    days = [value]
    if ":" in raw:
        days += [value - timedelta(days=1), value + timedelta(days=1)]
    return any(_has_numbers(written, named, day) for day in days) or value in _as_dates(raw)


def _has_numbers(written: Counter[int], named: set[int], day: datetime) -> bool:
    wanted = [day.day] if day.month in named else [day.day, day.month]
    return any(not Counter([*wanted, year]) - written for year in (day.year, day.year % 100))


@cache
def _as_dates(raw: str) -> frozenset[datetime]:
    """The cell read on its own, day first and month first."""
    cell = pl.Series([raw])
    return frozenset(
        value
        for order in ("day_first", "month_first")
        for value in read_dates(cell, order=order)["value"]
        if value is not None
    )


def _is_money(raw: str, value: float) -> bool:
    return _is_near(value, _amounts(raw)) or _is_near(value, _read_in_company(raw, Kind.MONEY))


def _is_rate(raw: str, value: float) -> bool:
    """A rate may be written in percent."""
    amounts = _amounts(raw.replace("%", ""))
    return _is_near(value, [*amounts, *(one / 100 for one in amounts)]) or _is_near(
        value, _read_in_company(raw, Kind.RATE)
    )


def _is_count(raw: str, value: int) -> bool:
    return value in _as_counts(raw)


@cache
def _as_counts(raw: str) -> tuple[int, ...]:
    """The cell read on its own; counts are small, and so the same again and again."""
    return tuple(read_counts(pl.Series([raw]))["value"].drop_nulls())


def _amounts(raw: str) -> list[float]:
    shown = tidy(raw)
    read = (parse_number(shown, comma_decimal=comma) for comma in (False, True))
    return [number for number in read if number is not None]


@cache
def _read_in_company(raw: str, kind: Kind) -> tuple[float, ...]:
    """The cell as it is read in columns that decide for it in different ways."""
    read = read_money if kind is Kind.MONEY else read_rates
    values = (read(pl.Series([raw, *others]))["value"][0] for others in _NEIGHBOURS)
    return tuple(value for value in values if value is not None)


def _is_near(value: float, amounts: list[float] | tuple[float, ...]) -> bool:
    return any(abs(value - one) <= _NEARLY * max(abs(value), abs(one)) for one in amounts)


_RULES: dict[Kind, Callable[[str, Any], bool]] = {
    Kind.EMAIL: _is_email,
    Kind.PERSON_NAME: _is_name,
    Kind.COMPANY: _is_text,
    Kind.PHONE: _is_phone,
    Kind.JOB_TITLE: _is_text,
    Kind.PLACE: _is_place,
    Kind.POSTAL_CODE: _is_postal_code,
    Kind.URL: _is_url,
    Kind.LINKEDIN_URL: _is_linkedin,
    Kind.CATEGORY: _is_text,
    Kind.DATETIME: _is_date,
    Kind.IDENTIFIER: _is_identifier,
    Kind.MONEY: _is_money,
    Kind.RATE: _is_rate,
    Kind.COUNT: _is_count,
    Kind.TEXT: _is_text,
}

"""One date written with words, a time zone, or as a number -> UTC without a zone.

Belongs here: month names of many languages, ISO offsets, mail dates, spreadsheet serials, Unix times. Does not belong: dates
of plain numbers, whose order the whole column decides (`dates`).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from contact_pipeline.cleaning.cells import Reading
from contact_pipeline.cleaning.vocabulary import fold, months

NOT_A_DATE = "is not a date"
IMPOSSIBLE = "there is no such date"
OUT_OF_RANGE = "is before 1900 or after 2100"
NO_DAY = "names no day"
UNKNOWN_ZONE = "names a time zone that is not known or means several"

# Two-digit years from here on are of the last century, as in POSIX.
LAST_CENTURY_FROM = 69

_SERIAL_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  serials carry no zone
_SERIALS = (10_000.0, 73_415.0)  # 1927 to 2100; smaller numbers are counts, not dates
_UNIX_SECONDS = (1e8, 4.2e9)  # 1973 to 2103
_UNIX_UNITS = (1, 1_000, 1_000_000)  # seconds, milliseconds, microseconds

_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_CLOCK = re.compile(
    r"(?:[,T\s]|^|at |um |à )(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([ap])?\.?(?:m\b\.?)?", re.IGNORECASE
)
_OFFSET = re.compile(r"(?:(?:GMT|UTC)\s*)?([+-])(\d{1,2}):?(\d{2})?(?:\s*\([^)]*\))?$")
_ZONE = re.compile(r"\s*\b((?:[A-Z][A-Za-z_]+/[A-Za-z_/]+)|[A-Z]{1,5})\)?$")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_CJK_DATE = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]?")
_WORD = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"\d+")
_ISO_WITH_OFFSET = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d{1,9}))?\s*(Z|[+-]\d{2}(?::?\d{2})?)?"
)
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?Z?)?")

# Abbreviations that mean one offset only, in hours; IST, CST (China), BST (Bangladesh) and the like mean several.
_ZONE_HOURS = {
    "Z": 0.0, "UTC": 0.0, "GMT": 0.0, "WET": 0.0, "CET": 1.0, "CEST": 2.0, "MEZ": 1.0, "MESZ": 2.0, "EET": 2.0, "EEST": 3.0,
    "MSK": 3.0, "EST": -5.0, "EDT": -4.0, "CDT": -5.0, "MST": -7.0, "MDT": -6.0, "PST": -8.0, "PDT": -7.0, "JST": 9.0,
    "KST": 9.0, "AEST": 10.0, "AEDT": 11.0, "NZST": 12.0, "NZDT": 13.0,
}  # fmt: skip


def read_date_text(text: str) -> Reading:
    """One tidied text: a datetime in UTC without zone, or the reason why there is none."""
    if _NUMBER.fullmatch(text):
        return _read_number(text)
    iso = _ISO_WITH_OFFSET.fullmatch(text)
    if iso:
        return _read_iso(iso)
    rest, offset, problem = _take_zone(text)
    if problem:
        return Reading(None, problem)
    rest, clock = _take_clock(rest)
    day = _read_day(rest)
    if day.reason or clock is None or offset is None:
        return day if day.reason else Reading(None, IMPOSSIBLE if clock is None else UNKNOWN_ZONE)
    return _zoned(day.value + clock, offset)


def _read_number(text: str) -> Reading:
    """Spreadsheet serial, Unix seconds, milliseconds or microseconds, or yyyymmdd[hhmm[ss]]."""
    compact = _COMPACT.fullmatch(text)
    if compact:
        return _moment([int(part or 0) for part in compact.groups()])
    number = float(text.replace(",", "."))
    if _SERIALS[0] <= number < _SERIALS[1]:
        seconds = round(number * 86_400)
        return Reading(_SERIAL_DAY_ZERO + timedelta(seconds=seconds))
    for unit in _UNIX_UNITS:
        if _UNIX_SECONDS[0] <= number / unit < _UNIX_SECONDS[1]:
            return Reading(datetime.fromtimestamp(number / unit, UTC).replace(tzinfo=None))
    return Reading(None, "is a number that stands for no date")


def _read_iso(match: re.Match[str]) -> Reading:
    day, clock, fraction, offset = match.groups()
    padded = f".{fraction[:6]:0<6}" if fraction else ""
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{padded}{offset or ''}")
    except ValueError:
        return Reading(None, IMPOSSIBLE)
    return _zoned(moment.replace(tzinfo=None), moment.utcoffset() or timedelta())


def _take_zone(text: str) -> tuple[str, timedelta | ZoneInfo | None, str | None]:
    """Text without its zone, the zone, and the problem with it; a zone counts only behind a time of day."""
    clock = _CLOCK.search(text)
    if not clock:
        return text, timedelta(), None
    offset = _OFFSET.search(text, clock.end())
    if offset:
        sign = -1 if offset.group(1) == "-" else 1
        size = timedelta(hours=int(offset.group(2)), minutes=int(offset.group(3) or 0))
        return text[: offset.start()].rstrip(), sign * size, None
    zone = _ZONE.search(text, clock.end())
    if not zone:
        return text, timedelta(), None
    name = zone.group(1)
    rest = text[: zone.start()].rstrip(" (")
    known = timedelta(hours=_ZONE_HOURS[name]) if name in _ZONE_HOURS else _named_zone(name)
    return rest, known, None if known is not None else UNKNOWN_ZONE


def _named_zone(name: str) -> ZoneInfo | None:
    if "/" not in name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _take_clock(text: str) -> tuple[str, timedelta | None]:
    """Text without its time of day, and that time; no time is midnight, an impossible one None."""
    match = _CLOCK.search(text)
    if not match:
        return text, timedelta()
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    half = (match.group(4) or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0) if 1 <= hour <= 12 else 24
    rest = text[: match.start()] + " " + text[match.end() :]
    return rest, timedelta(
        hours=hour, minutes=minute, seconds=second
    ) if hour < 24 and minute < 60 and second < 60 else None


def _read_day(text: str) -> Reading:
    """A day with its month in words, year first, or in Chinese, Japanese or Korean form."""
    plain = _CJK_DATE.search(text) or _YEAR_FIRST.fullmatch(text.strip())
    if plain:
        return _moment([int(part) for part in plain.groups()])
    named = [months()[word] for word in map(fold, _WORD.findall(text)) if word in months()]
    numbers = _DIGITS.findall(text)
    if len(named) != 1 or not numbers or len(numbers) > 2:
        return Reading(None, NOT_A_DATE)
    if len(numbers) == 1:
        return Reading(None, NO_DAY)
    year_first = len(numbers[0]) == 4
    day, year = (numbers[1], numbers[0]) if year_first else (numbers[0], numbers[1])
    return _moment([_full_year(year), named[0], int(day)]) if len(year) in {2, 4} else Reading(None, NOT_A_DATE)


def _full_year(year: str) -> int:
    if len(year) == 4:
        return int(year)
    return int(year) + (1900 if int(year) >= LAST_CENTURY_FROM else 2000)


def _moment(parts: list[int]) -> Reading:
    try:
        return Reading(datetime(*parts))  # type: ignore[arg-type]  # noqa: DTZ001  parts of a day without zone
    except (ValueError, OverflowError):
        return Reading(None, IMPOSSIBLE)


def _zoned(local: datetime, offset: timedelta | ZoneInfo) -> Reading:
    try:
        if isinstance(offset, ZoneInfo):
            return Reading(local.replace(tzinfo=offset).astimezone(UTC).replace(tzinfo=None))
        return Reading(local - offset)
    except OverflowError:
        return Reading(None, OUT_OF_RANGE)

"""Numbers: money, rates, counts and headcounts as people and spreadsheets write them.

Belongs here: reading 2.500.000,00 and 1.5M, deciding a column's decimal mark and whether it is in percent. Does not belong:
what a number means for a score (`scoring`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Final, NamedTuple

import polars as pl

from contact_pipeline.cleaning.cells import Reading, read_cells
from contact_pipeline.cleaning.text import is_blank_word, tidy

NOT_A_NUMBER = "is not a number"
NOT_WHOLE = "is not a whole number of zero or more"
NOT_EXACT = "is a range or bound: its lower end is kept"
NOT_A_HEADCOUNT = "is not a number of people"
READ_AS_DATE = "was turned into a date by a spreadsheet"

_PLAIN = r"^-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,12})?$"
_ABOUT = re.compile(
    r"^(?:ca\.?|circa|about|approx\.?|approximately|around|etwa|rund|env\.?|environ|[~≈±])\s*(?=\S*\d)", re.IGNORECASE
)
_PLAIN_COUNT = r"^(?:0|[1-9][0-9]{0,17})$"
_PLAIN_HEADCOUNT = r"^[1-9][0-9]{0,8}(?:-[1-9][0-9]{0,8}|\+)?$"
_COMMA_DECIMAL = r"\d\.\d{3}(?:\.\d{3}|,)|\d,\d{1,2}(?:\D*)$|\d,\d{4,}$"
_DOT_DECIMAL = r"\d,\d{3}(?:,\d{3}|\.)|\d\.\d{1,2}(?:\D*)$|\d\.\d{4,}$"
_LARGEST_INTEGER = 2**63 - 1

_SCALES: Final[dict[str, float]] = {
    **dict.fromkeys(["k", "tsd", "thousand", "mille", "tausend"], 1e3),
    **dict.fromkeys(
        ["m", "mm", "mn", "mio", "mln", "million", "millions", "millionen", "millones", "milioni", "milhoes"], 1e6
    ),
    **dict.fromkeys(["b", "bn", "billion", "billions", "mrd", "md", "milliard", "milliarden", "milliards", "mld"], 1e9),
    **dict.fromkeys(["lakh", "lac"], 1e5),
    **dict.fromkeys(["crore", "cr"], 1e7),
}
_CURRENCY = re.compile(
    r"[$€£¥₹₽₩₺₪฿₫₴₦₱]|\b(?:US|A|C|R|NZ|HK|S)(?=\$)|\b(?:USD|EUR|GBP|CHF|JPY|CAD|AUD|NZD|INR|CNY|RMB|SEK|NOK|DKK|PLN|CZK|HUF|RON"
    r"|BRL|MXN|ZAR|SGD|HKD|TRY|RUB|UAH|ILS|KRW|THB|AED|SAR|euros?|dollars?|kr|zł|Kč|Ft|Fr|SFr|Rs|RM)\b\.?",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"([+-]?)\s*(\d[\d.,' \u2019_]*)\s*([^\W\d_]*)\.?")
_RANGE = re.compile(r"(?<=[\w])\s*(?:-|–|—|\bto\b|\bbis\b|\bà\b)\s*(?=[\d$€£.])")
_BOUND = re.compile(
    r"^(?:[<>≤≥~]=?|more than|over|under|less than|about|ca\.?|circa|mehr als|über|unter)\s*|\s*(?:\+|or more)$",
    re.IGNORECASE,
)

_PEOPLE = re.compile(
    r"\b(?:employees|employee|people|staff|mitarbeiter|mitarbeitende|employés|salariés|empleados|ma|fte|self.?employed)\b",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r"(?<=\d)[.,' \u2019](?=\d{3}(?!\d))")
_ALONE = re.compile(r"self.?employed|freelance[r]?|sole (?:trader|proprietor)|just me|myself only", re.IGNORECASE)
_DATE_DAMAGE = re.compile(
    r"[A-Za-z]{3,4}[-. ]\d{1,4}|\d{1,2}[-. /][A-Za-z]{3,4}(?:[-. /]\d{2,4})?|\d{4}-\d{2}-\d{2}.*|\d{1,2}/\d{1,2}/\d{2,4}"
)
_HEADCOUNT = re.compile(r"(\d{1,9})(k?)(?:-(\d{1,9})(k?))?(\+?)", re.IGNORECASE)


class NumberSigns(NamedTuple):
    """How many cells can only have a decimal comma, only a decimal point; of the bare numbers other than zero how many there are
    and how many are beyond 1.
    """

    commas: int = 0
    points: int = 0
    bare: int = 0
    beyond_one: int = 0

    def with_those_of(self, other: NumberSigns) -> NumberSigns:
        """What two parts of a column say together."""
        return NumberSigns(*map(sum, zip(self, other, strict=True)))

    @property
    def decimal_comma(self) -> bool:
        """Whether the column writes 1.234,5: some cell can be read no other way, and at most as many only as 1,234.5."""
        return 0 < self.commas >= self.points

    @property
    def in_percent(self) -> bool:
        """Whether most of the numbers are beyond 1."""
        return self.beyond_one * 2 > self.bare


def number_signs(raw: pl.Series) -> NumberSigns:
    """The signs in a column, or in a part of it."""
    texts = raw.alias("raw").value_counts(name="cells")  # a column of numbers says most of them many times
    text, cells = pl.col("raw"), pl.col("cells")
    is_bare = ~text.str.contains("%", literal=True)
    size = text.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False).abs()
    signs = {
        "commas": text.str.contains(_COMMA_DECIMAL),
        "points": text.str.contains(_DOT_DECIMAL),
        "bare": is_bare & (size > 0),
        "beyond_one": is_bare & (size > 1),
    }
    counts = texts.select(cells.filter(sign).sum().alias(name) for name, sign in signs.items())
    return NumberSigns(**counts.row(0, named=True))


def read_money(raw: pl.Series, signs: NumberSigns | None = None) -> pl.DataFrame:
    """Amounts in units of the source's currency: value (Float64), reason.

    `signs` are those of the whole column where `raw` is a part of it.
    """
    comma = (number_signs(raw) if signs is None else signs).decimal_comma
    return _read_floats(raw, lambda text: _read_money(text, comma_decimal=comma), plain=not comma)


def read_rates(raw: pl.Series, signs: NumberSigns | None = None) -> pl.DataFrame:
    """Rates as fractions: value (Float64), reason.

    A number without % is in percent when most such numbers of the column other than zero are beyond 1. `signs` are those of
    the whole column where `raw` is a part of it.
    """
    told = number_signs(raw) if signs is None else signs
    return _read_floats(
        raw,
        lambda text: _read_rate(text, in_percent=told.in_percent, comma_decimal=told.decimal_comma),
        plain=False,
    )


def read_counts(raw: pl.Series) -> pl.DataFrame:
    """Counts: value (Int64, zero or more), reason."""
    plain = pl.when(pl.col("raw").str.contains(_PLAIN_COUNT)).then(pl.col("raw").cast(pl.Int64, strict=False))
    return read_cells(raw, _read_count, dtype=pl.Int64, regular=plain)


def read_headcounts(raw: pl.Series) -> pl.DataFrame:
    """Numbers of people as 250, 11-50 or 10001+: value (String), reason."""
    plain = pl.when(pl.col("raw").str.contains(_PLAIN_HEADCOUNT)).then(pl.col("raw"))
    return read_cells(raw, _read_headcount, regular=plain)


def headcount_lower_bound(headcount: pl.Expr) -> pl.Expr:
    """Lower end of a cleaned headcount as Int64; null stays null."""
    return headcount.str.extract(r"^(\d+)").cast(pl.Int64, strict=False)


def parse_number(text: str, *, comma_decimal: bool = False) -> float | None:
    """The amount that a tidied text says, with its scale (1.5M); None when it says none or is not finite."""
    bare = _CURRENCY.sub("", _ABOUT.sub("", text)).strip()
    in_brackets = bare.startswith("(") and bare.endswith(")")
    amount = _AMOUNT.fullmatch(bare.strip("() ") if in_brackets else bare.removesuffix(",-").removesuffix(".-"))
    if not amount:
        return None
    sign, digits, scale = amount.groups()
    if scale and scale.casefold() not in _SCALES:
        return None
    size = _plain_number(digits, comma_decimal=comma_decimal)
    if size is None:
        return None
    number = size * _SCALES.get(scale.casefold(), 1.0)
    return (-number if sign == "-" or in_brackets else number) if math.isfinite(number) else None


def _plain_number(digits: str, *, comma_decimal: bool) -> float | None:
    """Digits with thousands and decimal marks of any country; a lone mark before three digits follows the column."""
    text = re.sub(r"[' \u2019_]", "", digits.strip())
    last_dot, last_comma = text.rfind("."), text.rfind(",")
    if last_dot >= 0 and last_comma >= 0:
        decimal = "." if last_dot > last_comma else ","
    elif text.count(".") > 1 or text.count(",") > 1:
        decimal = ""
    elif last_comma >= 0:
        decimal = "," if comma_decimal or len(text) - last_comma != 4 else ""
    else:
        decimal = "" if comma_decimal and len(text) - last_dot == 4 else "."
    whole, mark, fraction = text.rpartition(decimal) if decimal else ("", "", text)
    if not mark:
        whole, fraction = fraction, ""
    try:
        return float(f"{re.sub('[.,]', '', whole) or '0'}.{re.sub('[.,]', '', fraction) or '0'}")
    except ValueError:
        return None


def _read_floats(raw: pl.Series, odd: Callable[[str], Reading], *, plain: bool) -> pl.DataFrame:
    number = pl.col("raw").cast(pl.Float64, strict=False)
    regular = pl.when(pl.col("raw").str.contains(_PLAIN)).then(number) if plain else None
    return read_cells(raw, odd, dtype=pl.Float64, regular=regular)


def _read_money(text: str, *, comma_decimal: bool) -> Reading:
    shown = tidy(text)
    if is_blank_word(shown):
        return Reading()
    bare = _BOUND.sub("", shown).strip()
    ends = _RANGE.split(bare)
    numbers = [parse_number(end, comma_decimal=comma_decimal) for end in ends]
    if len(ends) > 2 or None in numbers:
        return Reading(None, NOT_A_NUMBER)
    lower = numbers[0] if len(ends) == 1 else _scaled_like(ends[0], ends[1], comma_decimal=comma_decimal)
    return Reading(lower, NOT_EXACT if len(ends) == 2 or bare != shown else None)


def _scaled_like(low: str, high: str, *, comma_decimal: bool) -> float | None:
    """Lower end of a range; in "1-10M" the scale stands behind the upper end for both."""
    scale = re.search(r"[^\W\d_]+$", high.strip())
    bare = low.strip()
    lower = parse_number(bare, comma_decimal=comma_decimal)
    if scale and lower is not None and bare[-1:].isdigit():
        return lower * _SCALES.get(scale.group().casefold(), 1.0)
    return lower


def _read_rate(text: str, *, in_percent: bool, comma_decimal: bool) -> Reading:
    shown = tidy(text)
    if is_blank_word(shown):
        return Reading()
    has_sign = "%" in shown
    number = parse_number(shown.replace("%", "").strip(), comma_decimal=comma_decimal)
    if number is None:
        return Reading(None, NOT_A_NUMBER)
    return Reading(number / 100 if has_sign or in_percent else number)


def _read_count(text: str) -> Reading:
    shown = tidy(text)
    if is_blank_word(shown):
        return Reading()
    if shown.isascii() and shown.isdigit():
        whole = int(shown)
        return Reading(whole) if whole <= _LARGEST_INTEGER else Reading(None, NOT_WHOLE)
    number = parse_number(_THOUSANDS.sub("", shown))
    if number is None:
        return Reading(None, NOT_A_NUMBER)
    fits = number >= 0 and number.is_integer() and number < _LARGEST_INTEGER
    return Reading(int(number)) if fits else Reading(None, NOT_WHOLE)


def _read_headcount(text: str) -> Reading:
    shown = _ABOUT.sub("", tidy(text))
    if is_blank_word(shown):
        return Reading()
    if _ALONE.fullmatch(shown):
        return Reading("1")
    if _DATE_DAMAGE.fullmatch(shown):
        return Reading(None, READ_AS_DATE)
    at_most = re.match(r"^(?:<|under|less than|fewer than|unter|weniger als)\s*", shown, re.IGNORECASE)
    at_least = re.match(r"^(?:>=?|over|more than|über|mehr als)\s*", shown, re.IGNORECASE)
    start = (at_most or at_least).end() if at_most or at_least else 0  # type: ignore[union-attr]
    compact = re.sub(
        r"\s*(?:-|–|—|to|bis|à|a)\s*(?=\d)", "-", _THOUSANDS.sub("", _PEOPLE.sub("", shown[start:]).strip())
    )
    compact = re.sub(r"\.0+$", "", re.sub(r"\s*(?:\+|or more|and more|plus)$", "+", compact.strip("() ")))
    match = _HEADCOUNT.fullmatch(compact)
    if not match:
        return Reading(None, NOT_A_HEADCOUNT)
    return _headcount(match, at_most=bool(at_most), at_least=bool(at_least))


def _headcount(match: re.Match[str], *, at_most: bool, at_least: bool) -> Reading:
    low, low_k, high, high_k, plus = match.groups()
    lower = int(low) * (1000 if low_k or (high_k and high and int(low) < int(high)) else 1)
    if high:
        upper = int(high) * (1000 if high_k else 1)
        return Reading(f"{lower}-{upper}") if lower <= upper else Reading(None, NOT_A_HEADCOUNT)
    if at_most:
        return Reading(f"1-{lower - 1}") if lower > 2 else Reading(str(max(lower - 1, 0)))
    return Reading(f"{lower}+" if plus or at_least else str(lower))

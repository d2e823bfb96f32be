"""Phone numbers -> E.164, read with the row's country; several in a cell, extensions, what spreadsheets do to them.

Belongs here: reading numbers one by one with libphonenumber's rules. Does not belong: the same for everyday numbers a column
at a time (`numbering`), and which of two numbers is the mobile one (`contacts`). A number only has to be possible, not
in service: exports hold fictitious and brand-new ones.
"""

from __future__ import annotations

import re

import phonenumbers
import polars as pl
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

from contact_pipeline.cleaning.cells import Reading
from contact_pipeline.cleaning.numbering import BARE_INTERNATIONAL_DIGITS, everyday_numbers
from contact_pipeline.cleaning.text import is_blank_word, tidy

NO_COUNTRY = "no country to read it with"
NOT_POSSIBLE = "is not a possible phone number"
NO_AREA_CODE = "has no area code"
HOLDS_WORDS = "holds words, not only a number"
LOST_DIGITS = "lost digits in a spreadsheet (scientific notation)"

_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
_FLOAT_TAIL = re.compile(r"(?<=\d{6})\.0+$")
_BETWEEN = re.compile(r":::|\s*[|,\n]\s*|\s*;(?!\s*ext)\s*|\s+(?:or|oder|ou|and|und|et|y|o)\s+|(?<=\d)\s+(?=\+)")
_WHOLE_NUMBER_DIGITS = 7  # fewer beside a slash are an area code: 0221 / 4710-315
_EXTENSION = re.compile(
    r"(?:;?\s*ext(?:ension|n)?[.:=]?|\s+#|[,;\s]+(?:x|durchwahl|dw|poste|int)[.:]?|(?<=\d)x)\s*(\d{1,7})$",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(?:tel|phone|mobile|mob|cell|work|home|office|fax|telefon|handy|t|m|p)\s*[.:]+\s*", re.IGNORECASE
)
_LETTER = re.compile(r"[^\W\d_]")


def read_phones(raw: pl.Series, regions: pl.Series) -> pl.DataFrame:
    """Numbers of each cell in E.164, an extension as ";ext=12", one blank between several: value, reason.

    `regions` are alpha-2 codes beside `raw`, null where the country is not known.
    """
    cells = pl.DataFrame({"raw": raw, "region": regions}).with_columns(everyday_numbers(raw, regions).alias("value"))
    rest = cells.filter(pl.col("raw").is_not_null() & pl.col("value").is_null()).select("raw", "region").unique()
    if rest.is_empty():
        return cells.select("value", pl.lit(None, pl.String).alias("reason"))
    readings = [read_phone(text, region) for text, region in rest.iter_rows()]
    table = rest.with_columns(
        pl.Series("odd_value", [reading.value for reading in readings], dtype=pl.String),
        pl.Series("reason", [reading.reason for reading in readings], dtype=pl.String),
    )
    joined = cells.join(table, on=["raw", "region"], how="left", nulls_equal=True, maintain_order="left")
    return joined.select(pl.coalesce("value", "odd_value").alias("value"), "reason")


def read_phone(text: str, region: str | None) -> Reading:
    """One cell. Every number of it must be readable, else none is taken."""
    shown = _FLOAT_TAIL.sub("", tidy(text).lstrip("'=").strip('"'))
    if is_blank_word(shown) or not shown:
        return Reading()
    if _SCIENTIFIC.fullmatch(shown):
        return Reading(None, LOST_DIGITS)
    readings = [_read_number(part, region) for part in _numbers(shown)]
    reason = next((reading.reason for reading in readings if reading.reason), None)
    if reason or not readings:
        return Reading(None, reason or NOT_POSSIBLE)
    return Reading(" ".join(dict.fromkeys(reading.value for reading in readings)))


def _numbers(text: str) -> list[str]:
    """The numbers in a cell, without what they are called. A slash stands between two numbers or within one."""
    parts = (_LABEL.sub("", part).strip() for part in _BETWEEN.split(text))
    return [number for part in parts if part for number in _at_slashes(part)]


def _at_slashes(text: str) -> list[str]:
    pieces = [_LABEL.sub("", piece.strip()) for piece in text.split("/")]
    whole = all(sum(letter.isdigit() for letter in piece) >= _WHOLE_NUMBER_DIGITS for piece in pieces)
    return pieces if whole else [text]


def _read_number(text: str, region: str | None) -> Reading:
    extension = _EXTENSION.search(text)
    body = text[: extension.start()] if extension else text
    if _LETTER.search(body):
        return Reading(None, HOLDS_WORDS)
    digits = re.sub(r"\D", "", body)
    if len(set(digits)) < 2:
        return Reading(None, NOT_POSSIBLE)
    number = _parse(body, region)
    if number is None:
        return Reading(None, NOT_POSSIBLE if region or body.startswith(("+", "00")) else NO_COUNTRY)
    problem = _problem(number)
    if problem:
        return Reading(None, problem)
    tail = f";ext={extension.group(1)}" if extension else ""
    return Reading(phonenumbers.format_number(number, PhoneNumberFormat.E164) + tail)


def _parse(text: str, region: str | None) -> PhoneNumber | None:
    """The number, read as international when it starts with + or 00, or is long and only makes sense so."""
    shown = "+" + text.lstrip()[2:] if text.lstrip().startswith("00") else text
    number = _parsed(shown, region)
    if shown.lstrip("( ").startswith(("+", "\uff0b")) or (number and phonenumbers.is_valid_number(number)):
        return number
    long_enough = sum(letter.isdigit() for letter in shown) >= BARE_INTERNATIONAL_DIGITS
    abroad = _parsed("+" + shown, None) if long_enough else None
    return abroad if abroad and phonenumbers.is_valid_number(abroad) else number


def _parsed(text: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None


def _problem(number: PhoneNumber) -> str | None:
    match phonenumbers.is_possible_number_with_reason(number):
        case ValidationResult.IS_POSSIBLE:
            return None
        case ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            return NO_AREA_CODE
        case _:
            return NOT_POSSIBLE

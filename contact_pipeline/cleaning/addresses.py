"""Where people are: country as ISO code; city and postal code as tidy text.

Belongs here: the form of places. Does not belong: regions (`regions`), nor checking that a town
lies in a country.
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from contact_pipeline.cleaning.cells import Reading, read_cells
from contact_pipeline.cleaning.names import proper_case
from contact_pipeline.cleaning.text import is_blank_word, is_nothing, regular_text, tidy
from contact_pipeline.cleaning.vocabulary import countries, fold

UNKNOWN_COUNTRY = "is not a known country"

_ABBREVIATION_UP_TO = 3
_EVERYDAY_CODE = r"^[A-Z0-9]*[0-9][A-Z0-9]*(?:[ -][A-Z0-9]*[0-9][A-Z0-9]*)?$"
_FLAG_LETTERS = {0x1F1E6 + place: letter for place, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
_LINE_ENDS = re.compile(r"\s*[\r\n]+\s*")


def read_countries(raw: pl.Series) -> pl.DataFrame:
    """ISO 3166-1 alpha-2 codes from codes and names in many languages: value, reason. NA is Namibia."""
    return read_cells(raw, _read_country)


def read_places(raw: pl.Series) -> pl.DataFrame:
    """Towns on one line, long capitals in proper case: value, reason."""
    return read_cells(raw, lambda text: Reading(place_name(text)))


def place_name(text: str) -> str | None:
    """A town or region on one line, long capitals in proper case; None where the text stands for a blank."""
    place = tidy(text).strip(",; ")
    abbreviation = len(place) <= _ABBREVIATION_UP_TO
    if is_nothing(place) or (is_blank_word(place) and not (abbreviation and place.isupper())):
        return None
    return place if abbreviation else proper_case(place)


def read_postal_codes(raw: pl.Series) -> pl.DataFrame:
    """Postal codes as text, leading zeros kept: value, reason."""
    everyday = pl.when(pl.col("raw").str.contains(_EVERYDAY_CODE)).then(pl.col("raw"))
    return read_cells(raw, _read_postal_code, regular=everyday)


def read_streets(raw: pl.Series) -> pl.DataFrame:
    """Street and number on one line; lines of the source become parts between commas: value, reason."""
    return read_cells(raw, _read_street, regular=regular_text())


@cache
def country_of(text: str) -> str | None:
    """Alpha-2 code of a country name or code; None when it names no country."""
    return countries().get(fold(text)) or countries().get(fold(text).replace(" ", ""))


def _read_country(text: str) -> Reading:
    shown = tidy(text)
    flag = shown.translate(_FLAG_LETTERS)
    code = country_of(flag) or country_of(re.sub(r"\s*\(.*\)$", "", shown))
    if code or is_blank_word(shown):
        return Reading(code)
    return Reading(None, UNKNOWN_COUNTRY)


def _read_postal_code(text: str) -> Reading:
    code = re.sub(r"^(\d{3,})\.0+$", r"\1", tidy(text)).upper()
    return Reading(None if is_blank_word(code) else code)


def _read_street(text: str) -> Reading:
    street = tidy(_LINE_ENDS.sub(", ", text.strip()))
    return Reading(None if is_blank_word(street) else street)

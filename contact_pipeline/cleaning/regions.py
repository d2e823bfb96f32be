"""States, provinces and cantons: any spelling -> the name that ISO 3166-2 gives, and the country they lie in.

Belongs here: reading regions with the row's country, and without it from what the column says as a whole. Does not belong:
countries and towns (`addresses`). A region of a country that the list does not have stays as written.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

import polars as pl

from contact_pipeline.cleaning.addresses import country_of, place_name
from contact_pipeline.cleaning.vocabulary import fold, regions

_ISO_CODE = re.compile(r"([A-Z]{2})-([A-Z0-9]{1,3})")
_ABBREVIATION_UP_TO = 3
_COUNTRIES = "countries"  # a column of regions that holds countries


@dataclass(frozen=True, slots=True)
class RegionSigns:
    """The regions of rows whose country is not known, as they are spelled."""

    spellings: frozenset[str] = frozenset()

    def with_those_of(self, other: RegionSigns) -> RegionSigns:
        """What two parts of a column say together."""
        return RegionSigns(self.spellings | other.spellings)


def region_signs(raw: pl.Series, countries: pl.Series) -> RegionSigns:
    """The signs in a column, or in a part of it; `countries` as for `read_regions`."""
    return RegionSigns(frozenset(map(fold, raw.filter(countries.is_null()).drop_nulls().unique())))


def read_regions(
    raw: pl.Series, countries: pl.Series, default_country: str | None = None, signs: RegionSigns | None = None
) -> pl.DataFrame:
    """Regions by their ISO 3166-2 names: value, reason (never set), country (alpha-2 where the region tells it).

    `countries` are the codes beside `raw`, null where not known. "CA" is California in the US and in a column of US states;
    where nothing decides what an abbreviation means it stays as written. `signs` are those of the whole column where `raw` is
    a part of it.
    """
    cells = pl.DataFrame({"raw": raw, "known": countries})
    pairs = cells.filter(pl.col("raw").is_not_null()).unique()
    told = region_signs(raw, countries) if signs is None else signs
    of_column = _column_country(told.spellings, default_country)
    readings = [_read_region(text, known, of_column) for text, known in pairs.iter_rows()]
    read = pairs.with_columns(
        value=pl.Series([name for name, _ in readings], dtype=pl.String),
        country=pl.Series([country for _, country in readings], dtype=pl.String),
    )
    joined = cells.join(read, on=["raw", "known"], how="left", nulls_equal=True, maintain_order="left")
    return joined.select("value", pl.lit(None, pl.String).alias("reason"), "country")


def _read_region(text: str, known: str | None, of_column: str | None) -> tuple[str | None, str | None]:
    """Name and country of one region. `of_column` decides where several countries have such a region."""
    place = place_name(text)
    if place is None:
        return None, None
    iso = _ISO_CODE.fullmatch(place.upper())
    if iso and (name := regions().get(iso[1], {}).get(fold(iso[2]))):
        return name, iso[1]
    spelling = fold(place)
    if known:
        return regions().get(known, {}).get(spelling, place), known
    if of_column == _COUNTRIES:
        return place, country_of(place)
    owners = _owners(spelling)
    owner = of_column if of_column in owners else owners[0] if len(owners) == 1 else None
    if owner:
        return regions()[owner][spelling], owner
    return place, country_of(place) if len(place) > _ABBREVIATION_UP_TO else None


def _column_country(spellings: Collection[str], default_country: str | None) -> str | None:
    """The country that has the most of these regions; the default where it has as many as any; None for a draw."""
    votes = Counter(owner for spelling in spellings for owner in _owners(spelling))
    votes[_COUNTRIES] = sum(country_of(spelling) is not None for spelling in spellings)
    most = max(votes.values(), default=0)
    leading = [owner for owner, count in votes.items() if count == most]
    if default_country in leading or most == 0:
        return default_country
    regional = [owner for owner in leading if owner != _COUNTRIES]
    return regional[0] if len(regional) == 1 else None if regional else _COUNTRIES


@cache
def _owners(spelling: str) -> tuple[str, ...]:
    """Countries with a region so spelled; a number alone is nobody's."""
    return () if spelling.isdigit() else tuple(country for country, known in regions().items() if spelling in known)

"""Everyday phone numbers -> E.164 a column at a time, by the numbering plans that libphonenumber carries.

Belongs here: the numbers that need no parser, because their country's plan leaves one reading only. Does not belong: any
other (`phones`, which reads one by one and is the authority: what this module answers is what libphonenumber answers).
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import polars as pl
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE
from phonenumbers.phonemetadata import PhoneMetadata

# From this length on, digits without + may be an international number whose + was lost (442079460000 in a row of Japan).
BARE_INTERNATIONAL_DIGITS = 11

_INTERNATIONAL = (
    r"^(?:\+|00)(" + "|".join(str(code) for code in sorted(COUNTRY_CODE_TO_REGION_CODE)) + r")([1-9][0-9]+)$"
)
_PUNCTUATION = r"[\s().\u2010-\u2015-]+"
_DIGITS_ONLY = r"^(?:\+|00)?[0-9]{6,15}$"


class _Plan(NamedTuple):
    """Numbering plan of one region. `trunk` is what is dialled before a national number, as a pattern, or None."""

    calling_code: str
    lengths: tuple[int, ...]
    national: str
    trunk: str | None
    trunk_changes_number: bool
    abroad: str


def everyday_numbers(raw: pl.Series, regions: pl.Series) -> pl.Series:
    """E.164 of the numbers that can be read by plan alone, null for all others; in the order given."""
    cells = pl.DataFrame({"raw": raw, "region": regions}).with_row_index("row")
    written = cells.with_columns(pl.col("raw").str.replace_all(_PUNCTUATION, "").alias("digits")).filter(
        pl.col("digits").str.contains(_DIGITS_ONLY), ~pl.col("raw").str.ends_with(".0")
    )
    split = pl.col("digits").str.extract_groups(_INTERNATIONAL)
    parts = written.with_columns(
        split.struct.field("1").alias("code"),
        split.struct.field("2").alias("abroad"),
        pl.col("digits").str.contains(r"^(?:\+|00)").alias("international"),
    )
    found = [*_international_numbers(parts), *_national_numbers(parts)]
    if not found:
        return pl.Series("value", [None] * len(cells), dtype=pl.String)
    numbers = pl.concat(found)
    return cells.join(numbers, on="row", how="left", maintain_order="left")["number"].alias("value")


def _international_numbers(parts: pl.DataFrame) -> list[pl.DataFrame]:
    """Numbers written with + or 00, a frame a calling code: row, number."""
    written = parts.filter(pl.col("code").is_not_null())
    return [
        _those_abroad(group, plan)
        for (code,), group in written.partition_by("code", as_dict=True).items()
        if (plan := _plan(COUNTRY_CODE_TO_REGION_CODE[int(code)][0]))
    ]


def _those_abroad(group: pl.DataFrame, plan: _Plan) -> pl.DataFrame:
    national = pl.col("abroad")
    fits = national.str.len_chars().is_in(plan.lengths)
    sure = fits if plan.trunk is None else fits & ~national.str.contains(f"^(?:{plan.trunk})")
    return group.filter(sure).select("row", pl.concat_str(pl.lit("+" + plan.calling_code), national).alias("number"))


def _national_numbers(parts: pl.DataFrame) -> list[pl.DataFrame]:
    """Numbers written as inside the row's country, a frame a region: row, number."""
    written = parts.filter(~pl.col("international"), pl.col("region").is_not_null())
    return [
        _those_at_home(group, plan)
        for (region,), group in written.partition_by("region", as_dict=True).items()
        if (plan := _plan(region))
    ]


def _those_at_home(group: pl.DataFrame, plan: _Plan) -> pl.DataFrame:
    digits, whole = pl.col("digits"), f"^(?:{plan.national})$"
    sure = group.filter(~digits.str.contains(f"^(?:{plan.abroad})")).with_columns(plain=digits.str.contains(whole))
    as_written = sure.filter(pl.col("plain"), digits.str.len_chars() < BARE_INTERNATIONAL_DIGITS)
    found = [as_written.select("row", national="digits")]
    if plan.trunk is not None:
        trunk = f"^(?:{plan.trunk})"
        found = [as_written.filter(~digits.str.contains(trunk)).select("row", national="digits")]
        if not plan.trunk_changes_number:
            behind = sure.filter(~pl.col("plain"), digits.str.contains(trunk))
            stripped = behind.select("row", national=digits.str.replace(trunk, ""))
            found.append(stripped.filter(pl.col("national").str.contains(whole)))
    national = pl.col("national")
    fits = pl.concat(found).filter(national.str.len_chars().is_in(plan.lengths), ~national.str.starts_with("0"))
    return fits.select("row", pl.concat_str(pl.lit("+" + plan.calling_code), national).alias("number"))


@cache
def _plan(region: str) -> _Plan | None:
    """Plan of a region; None where there is none or only the parser can follow it."""
    metadata = PhoneMetadata.metadata_for_region(region, None)
    if metadata is None or metadata.country_code is None or metadata.general_desc is None:
        return None
    main = PhoneMetadata.metadata_for_region_or_calling_code(
        metadata.country_code, COUNTRY_CODE_TO_REGION_CODE[metadata.country_code][0]
    )
    national = metadata.general_desc.national_number_pattern or ""
    trunk = metadata.national_prefix_for_parsing
    looks_around = re.search(r"\(\?[=!<]", national + (trunk or ""))
    if main is None or main.general_desc is None or not national or looks_around:
        return None
    return _Plan(
        calling_code=str(metadata.country_code),
        lengths=tuple(main.general_desc.possible_length),
        national=national,
        trunk=trunk,
        trunk_changes_number=metadata.national_prefix_transform_rule is not None,
        abroad=metadata.international_prefix or "$",
    )

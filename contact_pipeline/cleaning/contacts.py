"""A mapped table of raw text -> typed contacts, with an issue for each cell that could not be used.

Belongs here: which cleaner reads which field, and in what order. Does not belong: what a value looks like (the module of its
kind), what fields give each other (`parts`), which rows fail (`validation`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Final

import polars as pl

from contact_pipeline.cleaning import (
    addresses,
    choices,
    companies,
    emails,
    industries,
    names,
    numbers,
    parts,
    phones,
    regions,
    text,
    titles,
    urls,
)
from contact_pipeline.cleaning.clearing import settle_clearing
from contact_pipeline.cleaning.dates import read_dates
from contact_pipeline.cleaning.emails import TOMBSTONE_EMAIL
from contact_pipeline.cleaning.issues import IssueLog
from contact_pipeline.cleaning.signs import Signs, signs_of
from contact_pipeline.fields import FIELD_BY_NAME, FIELDS, Field, Kind
from contact_pipeline.intake.tables import RowKind
from contact_pipeline.settings import ImportOptions, ImportSettings

Reader = Callable[[pl.Series], pl.DataFrame]

NO_NAME: Final = "no name"
NO_COMPANY: Final = "no company"
NO_ROOM: Final = "holds more values than there are fields for; the first are kept"

_NAME_FIELDS = ("first_name", "last_name", "full_name")

_READER_OF_KIND: dict[Kind, Reader] = {
    Kind.EMAIL: emails.read_emails,
    Kind.PERSON_NAME: names.read_names,
    Kind.SALUTATION: names.read_salutations,
    Kind.COMPANY: companies.read_companies,
    Kind.JOB_TITLE: titles.read_job_titles,
    Kind.SENIORITY: titles.read_seniorities,
    Kind.DEPARTMENT: titles.read_departments,
    Kind.INDUSTRY: industries.read_industries,
    Kind.COUNTRY: addresses.read_countries,
    Kind.PLACE: addresses.read_places,
    Kind.POSTAL_CODE: addresses.read_postal_codes,
    Kind.URL: urls.read_urls,
    Kind.LINKEDIN_URL: urls.read_linkedin_urls,
    Kind.CATEGORY: choices.read_categories,
    Kind.LIFECYCLE_STAGE: choices.read_lifecycle_stages,
    Kind.IDENTIFIER: text.read_identifier,
    Kind.HEADCOUNT: numbers.read_headcounts,
    Kind.COUNT: numbers.read_counts,
    Kind.TEXT: text.read_notes,
}

_READER_OF_FIELD: dict[str, Reader] = {
    "last_name": partial(names.read_names, family=True),
    "full_name": names.read_full_names,
    "street_address": addresses.read_streets,
    "opted_out": choices.read_opt_outs,
}


def clean_contacts(
    mapped: pl.DataFrame, options: ImportOptions, settings: ImportSettings, signs: Signs | None = None
) -> pl.DataFrame:
    """Clean every canonical column of a mapped table. `signs` are those of the whole table where `mapped` is a part of it.

    `mapped` has line, kind, problem, raw, custom_fields, source_date, cleared (List(String)) and some canonical fields as raw
    text, blank cells null. Returns the same rows in the same order: those columns (source_date as Datetime us, UTC; cleared
    as `settle_clearing` says), all fields of the catalogue in its order and type, and `issues`, a list of {field, raw, reason},
    empty where all is well. Only rows of data have issues. Where the options say that everybody opted out, every row does.
    """
    given = mapped.columns
    mapped = parts.last_first_as_full_name(parts.salutations_apart(mapped))
    log = IssueLog(mapped.select(_may_have_issues(mapped.columns)).to_series())
    signs = signs_of(mapped, settings) if signs is None else signs
    readings = _read_fields(mapped, options, settings, signs)
    for name, reading in readings.items():
        _note(log, name, mapped[name], reading, signs.missing_domains.get(name, ()))
    cleaned = mapped.select("line", "kind", "problem", "raw", "custom_fields", "cleared").with_columns(
        readings["source_date"]["value"].alias("source_date"), *[_values(readings, field) for field in FIELDS]
    )
    cleaned = _spread(cleaned, mapped, ("email", "secondary_email"), log, promote=True)
    cleaned = _spread(cleaned, mapped, ("phone", "mobile_phone"), log, promote=False)
    cleaned = cleaned.with_columns(parts.complete_names(cleaned, _name_parts(readings, len(mapped))))
    cleaned = cleaned.with_columns(parts.complete_from_title(cleaned))
    if options.opted_out:
        cleaned = cleaned.with_columns(opted_out=pl.when(pl.col("kind") == RowKind.DATA).then(True))
    cleaned = cleaned.with_columns(settle_clearing(cleaned, given, settings.survivorship, log, settings.clear_token))
    _note_missing(cleaned, mapped.columns, log)
    return cleaned.with_columns(log.column())


def _may_have_issues(given: list[str]) -> pl.Expr:
    """Rows of data; of a row whose person was erased nothing is missing."""
    emails = [name for name in ("email", "secondary_email") if name in given]
    is_erased = pl.any_horizontal(pl.lit(False), *(pl.col(name) == TOMBSTONE_EMAIL for name in emails))
    return ((pl.col("kind") == RowKind.DATA) & ~is_erased.fill_null(False)).fill_null(False)


def _note(log: IssueLog, name: str, raw: pl.Series, reading: pl.DataFrame, missing: Collection[str]) -> None:
    """Issues of one field; an address that can be read may still be doubtful, or of one of the `missing` domains."""
    is_email = name in FIELD_BY_NAME and FIELD_BY_NAME[name].kind is Kind.EMAIL
    log.note(name, raw, reading["reason"], emails.suggest if is_email else None)
    if is_email:
        doubts = emails.doubts(reading["value"], missing)
        known = reading["reason"].is_not_null()
        log.note(name, raw, pl.select(pl.when(~known).then(doubts)).to_series(), emails.suggest)


def _read_fields(
    mapped: pl.DataFrame, options: ImportOptions, settings: ImportSettings, signs: Signs
) -> dict[str, pl.DataFrame]:
    """Field -> its reading (value, reason and what else its cleaner gives), for the table's fields and source_date."""
    readings = {"source_date": _date_reader("source_date", options, signs)(mapped["source_date"])}
    present = [field for field in FIELDS if field.name in mapped.columns]
    later = [field for field in present if field.kind is Kind.PHONE or field.name == "region"]
    for field in present:
        if field not in later:
            readings[field.name] = _reader(field, options, settings, signs)(mapped[field.name])
    default = addresses.country_of(options.default_country) if options.default_country else None
    countries = readings["country"]["value"] if "country" in readings else _blank(mapped.height)
    if "region" in mapped.columns:
        readings["region"] = regions.read_regions(mapped["region"], countries, default, signs.regions)
        countries = pl.select(pl.coalesce(countries, readings["region"]["country"])).to_series()
    countries = pl.select(pl.coalesce(countries, pl.lit(default, pl.String))).to_series()
    for field in later:
        if field.kind is Kind.PHONE:
            readings[field.name] = phones.read_phones(mapped[field.name], countries)
    return readings


def _date_reader(name: str, options: ImportOptions, signs: Signs) -> Reader:
    return partial(read_dates, order=options.date_order, country=options.default_country, signs=signs.dates[name])


def _reader(field: Field, options: ImportOptions, settings: ImportSettings, signs: Signs) -> Reader:
    if field.kind is Kind.DATETIME:
        return _date_reader(field.name, options, signs)
    if field.kind is Kind.MONEY:
        return partial(numbers.read_money, signs=signs.numbers[field.name])
    if field.kind is Kind.RATE:
        return partial(numbers.read_rates, signs=signs.numbers[field.name])
    if field.name == "converted":
        return partial(choices.read_conversions, settings=settings)
    return _READER_OF_FIELD.get(field.name) or _READER_OF_KIND[field.kind]


def _blank(height: int) -> pl.Series:
    return pl.repeat(None, height, dtype=pl.String, eager=True)


def _values(readings: dict[str, pl.DataFrame], field: Field) -> pl.Series | pl.Expr:
    """Cleaned column of a field; nulls of its type where the table has no such column."""
    if field.name in readings:
        return readings[field.name]["value"].alias(field.name)
    return pl.lit(None, field.polars_type).alias(field.name)


def _name_parts(readings: dict[str, pl.DataFrame], height: int) -> pl.DataFrame:
    """Columns first and last of the full names; null where the table has none."""
    if "full_name" in readings:
        return readings["full_name"].select("first", "last")
    return pl.DataFrame(schema={"first": pl.String, "last": pl.String}).clear(height)


def _spread(
    cleaned: pl.DataFrame, mapped: pl.DataFrame, pair: tuple[str, str], log: IssueLog, *, promote: bool
) -> pl.DataFrame:
    """Put the values that stand in one cell, or in the lower field alone, into both fields of a pair."""
    raw = [mapped[name] for name in pair if name in mapped.columns]
    if not raw:
        return cleaned
    placed = parts.spread(cleaned[pair[0]], cleaned[pair[1]], promote=promote)
    reasons = placed.select(pl.when("left_over").then(pl.lit(NO_ROOM))).to_series()
    log.note(pair[0] if pair[0] in mapped.columns else pair[1], raw[0], reasons)
    return cleaned.with_columns(placed["first"].alias(pair[0]), placed["second"].alias(pair[1]))


def _note_missing(cleaned: pl.DataFrame, given: list[str], log: IssueLog) -> None:
    """Rows without a name or company are issues, in a table that has a column for it and unless they were cleared."""
    nothing = _blank(cleaned.height)
    missing = (("full_name", _NAME_FIELDS, NO_NAME), ("company", ("company",), NO_COMPANY))
    for field, sources, reason in missing:
        if set(sources) & set(given):
            is_meant = pl.any_horizontal(pl.col("cleared").list.contains(source).fill_null(False) for source in sources)
            is_missing = pl.col(field).is_null() & ~is_meant
            log.note(field, nothing, cleaned.select(pl.when(is_missing).then(pl.lit(reason))).to_series())

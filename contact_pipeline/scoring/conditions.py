"""Conditions of `policy` as expressions, and the values of contacts that they ask for.

Belongs here: testing a value, finding a field of a contact by what a person calls it. Does not belong: what follows where
a condition holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import polars as pl

from contact_pipeline.cleaning.addresses import country_of
from contact_pipeline.cleaning.industries import read_industries
from contact_pipeline.scoring.engagement import HIGH_FROM
from contact_pipeline.scoring.features import CUSTOM_PREFIX, custom_values
from contact_pipeline.scoring.naming import field_name
from contact_pipeline.scoring.policy import Condition, LeadCondition

_ASKED = "asked."


def holds(condition: Condition, column: str, field: str | None) -> pl.Expr:
    """Whether the tests hold for a column, never null. `field` is the CRM field whose values it has, if any.

    Countries and industries may be written in any spelling that an import knows.
    """
    value = pl.col(column)
    if condition.missing:
        return value.is_null()
    tests = [value.is_not_null()]
    text = value.cast(pl.String).str.strip_chars().str.to_lowercase()
    if condition.any_of:
        tests.append(text.is_in([word.strip().lower() for word in _as_stored(condition.any_of, field)]))
    if condition.contains:
        tests.append(text.str.contains_any([part.lower() for part in condition.contains]))
    number = value.cast(pl.Float64, strict=False)
    if condition.at_least is not None:
        tests.append(number >= condition.at_least)
    if condition.at_most is not None:
        tests.append(number <= condition.at_most)
    return pl.all_horizontal(tests).fill_null(value=False)


def fits_lead(line: LeadCondition) -> pl.Expr:
    """Whether a line fits a scored contact that has the fields asked for; never null."""
    tests = [pl.lit(value=True)]
    if line.category:
        tests.append(pl.col("lead_category") == line.category)
    if line.engagement:
        tests.append((pl.col("engagement_propensity") >= HIGH_FROM) == (line.engagement == "high"))
    if line.field:
        tests.append(holds(line, asked(line.field), field_name(line.field)))
    return pl.all_horizontal(tests).fill_null(value=False)


def asked(called: str) -> str:
    """Column of `with_asked` for what a line calls a field."""
    return _ASKED + called.strip().lower()


def with_asked(contacts: pl.DataFrame, fields: Iterable[str]) -> pl.DataFrame:
    """The contacts with each field that lines ask for under `asked`: yes and no as words, custom fields as text.

    A custom field that no contact has is blank.
    """
    wanted = sorted({name.strip().lower() for name in fields} - {""})
    canonical = {called: name for called in wanted if (name := field_name(called)) is not None}
    custom = [called for called in wanted if called not in canonical]
    known = contacts.with_columns(_shown(contacts[name]).alias(asked(called)) for called, name in canonical.items())
    return known.with_columns(_custom_columns(contacts, custom)) if custom else known


def _custom_columns(contacts: pl.DataFrame, called: list[str]) -> list[pl.Series | pl.Expr]:
    headers = headers_called(contacts["custom_fields"], called)
    values = custom_values(contacts, tuple(sorted({header for same in headers.values() for header in same})))
    return [_first_known(values, same).alias(asked(name)) for name, same in headers.items()]


def custom_as_called(contacts: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    """As `features.custom_values`, whatever the case of letters in the headers of the contacts."""
    headers = headers_called(contacts["custom_fields"], list(names))
    exact = custom_values(contacts, tuple(sorted({header for same in headers.values() for header in same})))
    return (
        contacts.select("contact_id")
        .with_columns(_first_known(exact, same).alias(CUSTOM_PREFIX + name) for name, same in headers.items())
        .drop("contact_id")
    )


def headers_called(custom_fields: pl.Series, names: list[str]) -> dict[str, list[str]]:
    """For each name the headers among the custom fields (JSON objects) that are it but for case."""
    keys = [json.dumps(name, ensure_ascii=False)[1:-1] for name in names]
    found: list[str] = []
    texts = custom_fields.cast(pl.String).drop_nulls()
    if keys and not texts.is_empty():
        pattern = '(?i)"(?:' + "|".join(re.escape(key) for key in keys) + r')"\s*:'
        having = texts.filter(texts.str.contains(pattern))
        found = having.str.extract_all(pattern).explode().drop_nulls().unique().sort().to_list()
    headers = [json.loads(text.removesuffix(":").rstrip()) for text in found]
    return {name: [header for header in headers if header.lower() == name.lower()] for name in names}


def _first_known(values: pl.DataFrame, headers: list[str]) -> pl.Series | pl.Expr:
    if not headers:
        return pl.lit(None, dtype=pl.String)
    return values.select(pl.coalesce(CUSTOM_PREFIX + header for header in headers)).to_series()


def _shown(series: pl.Series) -> pl.Series:
    """Yes and no instead of true and false."""
    if series.dtype != pl.Boolean:
        return series
    value = pl.col(series.name)
    words = pl.when(value).then(pl.lit("yes")).when(value.not_()).then(pl.lit("no"))
    return series.to_frame().select(words.alias(series.name)).to_series()


def _as_stored(words: tuple[str, ...], field: str | None) -> list[str]:
    """The words as an import writes them."""
    if field == "country":
        return [country_of(word) or word for word in words]
    if field == "industry":
        return read_industries(pl.Series(list(words), dtype=pl.String))["value"].to_list()
    return list(words)

"""Laws that hold for every kind of field, whatever text comes in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_pipeline.cleaning import (
    addresses,
    choices,
    companies,
    emails,
    industries,
    names,
    numbers,
    phones,
    text,
    titles,
    urls,
)
from contact_pipeline.cleaning.contacts import clean_contacts
from contact_pipeline.cleaning.dates import read_dates
from contact_pipeline.cleaning.text import is_blank_word, tidy
from contact_pipeline.fields import FIELD_NAMES, FIELDS
from contact_pipeline.settings import ImportOptions, ImportSettings

ROW_COLUMNS = ["line", "kind", "problem", "raw", "custom_fields", "cleared", "source_date"]

WORDS = [
    "n/a", "-", "NULL", "NA", "#N/A", "O'BRIEN", "van der berg", "SMITH, JOHN", "Dr. Eva Meier", "mcdonald", "Sammy Davis Jr",
    "a@b.example; c@d.example", "Ann <ann@bücher.example>", "mailto:X@Y.example", "@", "a@b", "020 7946 0000", "+44 20 7946 0000 x5",
    "0044 20 7946 0000", "4.42E+11", "442079460000.0", "(202) 555-0101", "12", "1/2/2024", "13/02/2024", "2024-01-01T10:00:00+02:00",
    "1 janvier 2024", "Jan-24", "45292.5", "1704067200", "0000-00-00", "9999-12-31", "€2.500.000,00", "1.5M", "(15.00)", "2,5 Mio",
    "12 %", "0.12", "1,234", "1.234", "-3", "11-50", "1,000 - 5,000", "Nov-50", "10k+", "<50", "10001+", "yes", "nein", "✓", "Closed Won",
    "unsubscribed", "2024-02-01", "MQL", "Customer", "United Kingdom", "Deutschland", "USA", "XX", "acme.example", "HTTP://A.Example/X",
    "javascript:alert(1)", "http://u:p@a.example", "in/jane-doe", "https://uk.linkedin.com/in/Jane/?x=1", "Head of Sales", "Praktikantin",
    "computer software", "'+44 20 7946 0000", '="0123"', "  two  blanks ", "a\nb", "\u200bx", "\u202eevil\u202c", "ﬁ", "ß", "İSTANBUL", "ŉ",
    "ǆ", "٠٢٠", "😀", "e\u0301\u0301\u0301\u0301\u0301\u0301",
]  # fmt: skip

READERS: dict[str, Callable[[pl.Series], pl.DataFrame]] = {
    "emails": emails.read_emails,
    "names": names.read_names,
    "family names": partial(names.read_names, family=True),
    "full names": names.read_full_names,
    "salutations": names.read_salutations,
    "companies": companies.read_companies,
    "phones": lambda raw: phones.read_phones(raw, pl.repeat("GB", len(raw), eager=True)),
    "job titles": titles.read_job_titles,
    "seniorities": titles.read_seniorities,
    "departments": titles.read_departments,
    "industries": industries.read_industries,
    "countries": addresses.read_countries,
    "places": addresses.read_places,
    "postal codes": addresses.read_postal_codes,
    "streets": addresses.read_streets,
    "urls": urls.read_urls,
    "linkedin urls": urls.read_linkedin_urls,
    "categories": choices.read_categories,
    "lifecycle stages": choices.read_lifecycle_stages,
    "conversions": lambda raw: choices.read_conversions(raw, ImportSettings()),
    "opt-outs": choices.read_opt_outs,
    "dates": read_dates,
    "identifiers": text.read_identifier,
    "notes": text.read_notes,
    "headcounts": numbers.read_headcounts,
    "money": numbers.read_money,
    "rates": numbers.read_rates,
    "counts": numbers.read_counts,
}

texts = st.one_of(st.sampled_from(WORDS), st.text(max_size=25), st.from_regex(r"[0-9 .,/+:-]{1,18}", fullmatch=True))
columns = st.lists(texts, min_size=1, max_size=12)


def mapped_table(cells: dict[str, list[str | None]]) -> pl.DataFrame:
    height = len(next(iter(cells.values())))
    rows = {"line": list(range(2, height + 2)), "kind": ["data"] * height, "custom_fields": ["{}"] * height}
    nothing = {name: [None] * height for name in ("problem", "raw", "source_date")} | {"cleared": [[]] * height}
    types = dict.fromkeys([*ROW_COLUMNS, *cells], pl.String) | {"line": pl.Int64, "cleared": pl.List(pl.String)}
    return pl.DataFrame({**rows, **nothing, **cells}, schema_overrides=types).select(*ROW_COLUMNS, *cells)


def as_text(value: object, *, percent: bool) -> str | None:
    match value:
        case None:
            return None
        case datetime():
            return value.isoformat(sep=" ")
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value * 100:.12f}%" if percent else f"{value:.12f}"
        case _:
            return str(value)


def render(values: pl.Series, *, percent: bool = False) -> pl.Series:
    """Values as a file would hold them."""
    return pl.Series([as_text(value, percent=percent) for value in values], dtype=pl.String)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=25, deadline=None)
@given(cells=columns)
def test_reading_what_is_clean_changes_nothing(name: str, cells: list[str]) -> None:
    read = READERS[name]
    once = read(pl.Series(cells))["value"]
    again = read(render(once, percent=name == "rates"))["value"]
    if once.dtype == pl.Float64:
        assert again.is_null().equals(once.is_null())
        assert again.drop_nulls().to_list() == pytest.approx(once.drop_nulls().to_list(), rel=1e-9, abs=1e-9)
    else:
        assert again.to_list() == once.to_list()


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=25, deadline=None)
@given(cells=columns)
def test_a_cell_that_says_something_ends_as_a_value_or_a_reason(name: str, cells: list[str]) -> None:
    reading = READERS[name](pl.Series(cells))
    for cell, value, reason in zip(cells, reading["value"], reading["reason"], strict=True):
        shown = tidy(cell)
        no_date = shown.startswith(("0000-00-00", "0001-01-01", "00/00/0000"))
        silent = is_blank_word(shown) or not any(c.isalnum() for c in shown) or no_date
        assert silent or value is not None or reason, cell


@settings(max_examples=15, deadline=None)
@given(height=st.integers(0, 6), data=st.data())
def test_rows_keep_their_number_order_and_untouched_columns(height: int, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(FIELD_NAMES), min_size=1, max_size=8, unique=True))
    cells = st.lists(st.none() | texts, min_size=height, max_size=height)
    mapped = mapped_table({name: data.draw(cells) for name in chosen})
    cleaned = clean_contacts(mapped, ImportOptions(), ImportSettings())
    untouched = ["line", "kind", "problem", "raw", "custom_fields", "cleared"]
    assert cleaned.select(untouched).equals(mapped.select(untouched))
    assert cleaned.columns == [*ROW_COLUMNS, *FIELD_NAMES, "issues"]
    assert [cleaned.schema[field.name] for field in FIELDS] == [field.polars_type for field in FIELDS]

"""Regions in any spelling."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from contact_pipeline.cleaning import contacts
from contact_pipeline.cleaning.regions import read_regions
from contact_pipeline.cleaning.vocabulary import countries, regions
from contact_pipeline.settings import ImportOptions, ImportSettings


def read(texts: list[str], country: str | None = None, default: str | None = None) -> list[tuple[str, str | None]]:
    known = pl.repeat(country, len(texts), dtype=pl.String, eager=True)
    return read_regions(pl.Series(texts), known, default).select("value", "country").rows()


@pytest.mark.parametrize(
    ("text", "country", "name"),
    [
        ("Calif.", "US", "California"),
        ("CA", "US", "California"),
        ("california", "US", "California"),
        ("US-CA", None, "California"),
        ("Bavaria", "DE", "Bayern"),
        ("NRW", "DE", "Nordrhein-Westfalen"),
        ("québec", "CA", "Quebec"),
        ("Zurich", "CH", "Zürich"),
        ("SP", "BR", "São Paulo"),
        ("CA", "IT", "CA"),
        ("OSLO", "NO", "Oslo"),
    ],
)
def test_a_region_is_named_as_its_country_names_it(text: str, country: str | None, name: str) -> None:
    assert read([text], country)[0][0] == name


def test_without_countries_the_column_tells_whose_abbreviations_they_are() -> None:
    states = ["TX", "MA", "PA", "WA", "NY"]
    assert read(states) == [
        ("Texas", "US"), ("Massachusetts", "US"), ("Pennsylvania", "US"), ("Washington", "US"), ("New York", "US"),
    ]  # fmt: skip
    assert read(["SP", "RJ", "MA", "PA"])[2] == ("Maranhão", "BR")
    assert read(["DE", "FR", "UK", "US"]) == [("DE", "DE"), ("FR", "FR"), ("UK", "GB"), ("US", "US")]


def test_an_abbreviation_that_nothing_explains_stays_as_written() -> None:
    assert read(["WA"]) == [("WA", None)]
    assert read(["WA"], default="AU") == [("Western Australia", "AU")]


def _clean(options: ImportOptions, **cells: str | None) -> dict[str, Any]:
    row = {"line": 2, "kind": "data", "problem": None, "raw": None, "custom_fields": None, "source_date": None, **cells}
    types = dict.fromkeys(row, pl.String) | {"line": pl.Int64, "cleared": pl.List(pl.String)}
    return contacts.clean_contacts(pl.DataFrame([row], schema=types), options, ImportSettings()).row(0, named=True)


def test_a_phone_number_is_read_with_the_country_of_the_region_before_the_default() -> None:
    options = ImportOptions(default_country="GB")
    assert _clean(options, phone="(512) 555-0100", region="TX")["phone"] == "+15125550100"
    assert _clean(options, phone="089 1234567", region="Bayern")["phone"] == "+49891234567"
    assert _clean(options, phone="089 1234567", region="Bayern", country="AT")["phone"] != "+49891234567"
    assert _clean(options, phone="020 7946 0001", region="")["phone"] == "+442079460001"


def test_every_region_lies_in_a_known_country_and_reads_as_itself() -> None:
    assert set(regions()) <= set(countries().values())
    for country, known in regions().items():
        names = sorted(set(known.values()))
        assert [name for name, _ in read(names, country)] == names


def test_a_column_without_any_region_stays_as_long_as_it_is() -> None:
    blank = pl.repeat(None, 3, dtype=pl.String, eager=True)
    assert read_regions(blank, blank).rows() == [(None, None, None)] * 3

"""Phone numbers against libphonenumber, and what cells hold besides a number."""

from __future__ import annotations

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_pipeline.cleaning import phones
from contact_pipeline.cleaning.numbering import everyday_numbers

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


def read(text: str, region: str | None) -> tuple[str | None, str | None]:
    return phones.read_phones(pl.Series([text]), pl.Series([region], dtype=pl.String)).row(0)


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+44 20 7946 0000", None, "+442079460000"),
        ("0044 20 7946 0000", "JP", "+442079460000"),
        ("020 7946 0000", "GB", "+442079460000"),
        ("+44 (0)20 7946 0000", "IN", "+442079460000"),
        ("(202) 555-0101", "US", "+12025550101"),
        ("+1-202-555-0101;ext=5", "DE", "+12025550101;ext=5"),
        ("+44 20 7946 0000 ext. 12", "GB", "+442079460000;ext=12"),
        ("020 7946 0000 x12", "GB", "+442079460000;ext=12"),
        ("tel:+442079460000", "BR", "+442079460000"),
        ("'+442079460000", "GB", "+442079460000"),
        ('="+442079460000"', "GB", "+442079460000"),
        ("442079460000.0", "GB", "+442079460000"),
        ("33612345678", None, "+33612345678"),
        ("030/1234567", "DE", "+49301234567"),
        ("02 1234 5678", "IT", "+390212345678"),
        ("٠٢٠٧٩٤٦٠٠٠٠", "GB", "+442079460000"),
        ("+44 20 7946 0000 ::: +44 20 7946 0001", None, "+442079460000 +442079460001"),
        ("020 7946 0000; 020 7946 0001", "GB", "+442079460000 +442079460001"),
    ],
)
def test_a_number_is_read_with_the_country_of_its_row(text: str, region: str | None, number: str) -> None:
    assert read(text, region) == (number, None)


@pytest.mark.parametrize(
    ("text", "region", "reason"),
    [
        ("020 7946 0000", None, phones.NO_COUNTRY),
        ("4.42E+11", "GB", phones.LOST_DIGITS),
        ("call after 5", "ES", phones.HOLDS_WORDS),
        ("1-800-FLOWERS", "FR", phones.HOLDS_WORDS),
        ("0000000000", "IN", phones.NOT_POSSIBLE),
        ("+999999999999999999", None, phones.NOT_POSSIBLE),
        ("555-0101", "US", phones.NO_AREA_CODE),
    ],
)
def test_a_number_that_cannot_be_is_left_blank_with_the_reason(text: str, region: str | None, reason: str) -> None:
    assert read(text, region) == (None, reason)


@settings(max_examples=150, deadline=None)
@given(
    region=st.sampled_from(REGIONS),
    body=st.from_regex(r"[0-9]{4,12}", fullmatch=True),
    start=st.sampled_from(["+{code}", "00{code}", "{code}", "{trunk}", ""]),
    example=st.booleans(),
)
def test_a_number_read_by_plan_is_what_libphonenumber_reads(region: str, body: str, start: str, example: bool) -> None:
    sample = phonenumbers.example_number(region)
    digits = str(sample.national_number)[:-2] + body[:2] if example and sample else body
    trunk = phonenumbers.ndd_prefix_for_region(region, True) or ""
    text = start.format(code=phonenumbers.country_code_for_region(region), trunk=trunk) + digits
    by_plan = everyday_numbers(pl.Series([text]), pl.Series([region])).item()
    if by_plan is not None:
        assert phones.read_phone(text, region) == (by_plan, None)


def test_everyday_numbers_of_many_countries_need_no_parser() -> None:
    samples = [number for region in REGIONS if (number := phonenumbers.example_number(region))]
    texts = pl.Series([phonenumbers.format_number(n, phonenumbers.PhoneNumberFormat.INTERNATIONAL) for n in samples])
    numbers = everyday_numbers(texts, pl.repeat(None, len(texts), dtype=pl.String, eager=True))
    assert numbers.is_not_null().mean() > 0.8


def test_a_slash_stands_after_an_area_code_or_between_two_numbers() -> None:
    cells = pl.Series(["0221 / 4710-315", "0711/1234567", "0221 4710315 / 0221 4710316", "+4922147103/+4922147104"])
    read = phones.read_phones(cells, pl.Series(["DE"] * 4))["value"].to_list()
    assert read == ["+492214710315", "+497111234567", "+492214710315 +492214710316", "+4922147103 +4922147104"]

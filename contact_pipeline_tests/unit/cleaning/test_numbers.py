"""Numbers as people and spreadsheets write them."""

from __future__ import annotations

import polars as pl
import pytest

from contact_pipeline.cleaning import numbers


def money(*texts: str) -> list[float | None]:
    return numbers.read_money(pl.Series(texts))["value"].to_list()


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("€2.500.000,00", 2_500_000.0), ("$1,234.50", 1234.5), ("1.5M", 1_500_000.0), ("2,5 Mio", 2_500_000.0), ("(15.00)", -15.0),
        ("1'000'000 CHF", 1_000_000.0), ("1 234 567", 1_234_567.0), ("USD 12k", 12_000.0), ("3 Mrd. €", 3e9), ("-5", -5.0), ("1,234", 1234.0),
        ("1.234", 1.234), ("12,5", 12.5),
    ],
)  # fmt: skip
def test_an_amount_is_read_with_its_marks_currency_and_scale(text: str, amount: float) -> None:
    assert money(text) == [amount]


def test_a_lone_mark_before_three_digits_follows_the_rest_of_the_column() -> None:
    assert money("1.234", "1.234.567,00") == [1234.0, 1_234_567.0]
    assert money("1,234", "1,234,567.00") == [1234.0, 1_234_567.0]


def test_a_range_or_bound_keeps_its_lower_end_and_says_so() -> None:
    reading = numbers.read_money(pl.Series(["$1M - $10M", "1-10M", ">5M"]))
    assert reading.rows() == [(1e6, numbers.NOT_EXACT), (1e6, numbers.NOT_EXACT), (5e6, numbers.NOT_EXACT)]


@pytest.mark.parametrize("text", ["NaN", "Null", "NA", "#REF!", "n/a", "-"])
def test_a_word_for_nothing_is_blank_in_a_number_column(text: str) -> None:
    assert numbers.read_money(pl.Series([text])).row(0) == (None, None)


def test_rates_are_fractions_whether_written_in_percent_or_not() -> None:
    assert numbers.read_rates(pl.Series(["12 %", "0.12"]))["value"].to_list() == pytest.approx([0.12, 0.12])
    assert numbers.read_rates(pl.Series(["12", "5.5", "0.5"]))["value"].to_list() == pytest.approx([0.12, 0.055, 0.005])
    assert numbers.read_rates(pl.Series(["0.3", "1.5", "0.1"]))["value"].to_list() == pytest.approx([0.3, 1.5, 0.1])


def test_counts_are_whole_and_not_negative() -> None:
    reading = numbers.read_counts(pl.Series(["7", "1,234", "12.0", "12.5", "-3", "99999999999999999999", "many"]))
    assert reading["value"].to_list() == [7, 1234, 12, None, None, None, None]
    assert reading["reason"].is_not_null().to_list() == [False, False, False, True, True, True, True]


@pytest.mark.parametrize(
    ("text", "headcount"),
    [
        ("250", "250"), ("11-50", "11-50"), ("1,000 - 5,000", "1000-5000"), ("10,001+", "10001+"), ("11 bis 50 Mitarbeiter", "11-50"),
        ("1–10 employees", "1-10"), ("5k-10k", "5000-10000"), ("<50", "1-49"), ("> 10000", "10000+"), ("self-employed", "1"), ("500.0", "500"),
    ],
)  # fmt: skip
def test_a_headcount_has_one_spelling(text: str, headcount: str) -> None:
    assert numbers.read_headcounts(pl.Series([text])).row(0) == (headcount, None)


@pytest.mark.parametrize("text", ["Nov-50", "11-Jan", "2024-11-50"])
def test_a_range_that_a_spreadsheet_made_a_date_is_not_guessed(text: str) -> None:
    assert numbers.read_headcounts(pl.Series([text])).row(0) == (None, numbers.READ_AS_DATE)


def test_the_lower_bound_of_a_headcount_is_its_first_number() -> None:
    frame = pl.DataFrame({"size": ["11-50", "10001+", "250", None]})
    assert frame.select(numbers.headcount_lower_bound(pl.col("size"))).to_series().to_list() == [11, 10001, 250, None]


@pytest.mark.parametrize(
    ("text", "people"), [("ca. 10", "10"), ("~250", "250"), ("about 1,000", "1000"), ("etwa 20-30", "20-30")]
)
def test_a_headcount_may_be_given_roughly(text: str, people: str) -> None:
    assert numbers.read_headcounts(pl.Series([text])).row(0) == (people, None)

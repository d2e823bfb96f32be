# ruff: noqa: DTZ001  cleaned times are UTC without a zone
"""Dates: every form, and the decision of the whole column."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_pipeline.cleaning import date_texts, dates

moments = st.datetimes(datetime(1901, 1, 1), datetime(2099, 12, 31)).map(lambda moment: moment.replace(microsecond=0))


def read(*texts: str, order: dates.DateOrder = "auto", country: str | None = None) -> list[datetime | None]:
    return dates.read_dates(pl.Series(texts), order, country)["value"].to_list()


def reason(text: str) -> str | None:
    return dates.read_dates(pl.Series([text]))["reason"].item()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-05", datetime(2024, 1, 5)),
        ("2024-1-5", datetime(2024, 1, 5)),
        ("2024/01/05 10:11", datetime(2024, 1, 5, 10, 11)),
        ("2024-03-31T02:30:00+01:00", datetime(2024, 3, 31, 1, 30)),
        ("2024-01-01T00:30:00+14:00", datetime(2023, 12, 31, 10, 30)),
        ("2024-01-05T10:00:00.123456789Z", datetime(2024, 1, 5, 10, 0, 0, 123456)),
        ("Mon, 01 Jan 2024 10:00:00 GMT", datetime(2024, 1, 1, 10)),
        ("Tue Jan 02 2024 10:00:00 GMT+0100 (CET)", datetime(2024, 1, 2, 9)),
        ("2024-03-30 02:30 Europe/Berlin", datetime(2024, 3, 30, 1, 30)),
        ("Jan 5, 2024 3:04 PM", datetime(2024, 1, 5, 15, 4)),
        ("12/25/2024 12:04:05 AM", datetime(2024, 12, 25, 0, 4, 5)),
        ("15 Jan 2023", datetime(2023, 1, 15)),
        ("1 janvier 2024", datetime(2024, 1, 1)),
        ("1. März 2024", datetime(2024, 3, 1)),
        ("1 de enero de 2024", datetime(2024, 1, 1)),
        ("2024年1月1日", datetime(2024, 1, 1)),
        ("3.4.2024", datetime(2024, 4, 3)),
        ("31/12/99", datetime(1999, 12, 31)),
        ("45292.5", datetime(2024, 1, 1, 12)),
        ("1704067200", datetime(2024, 1, 1)),
        ("1704067200000", datetime(2024, 1, 1)),
        ("20240105", datetime(2024, 1, 5)),
    ],
)
def test_a_date_that_can_be_read_one_way_only_is_read(text: str, moment: datetime) -> None:
    assert read(text) == [moment]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2023-02-29", date_texts.IMPOSSIBLE),
        ("31/04/2024", date_texts.IMPOSSIBLE),
        ("1900-01-00", date_texts.IMPOSSIBLE),
        ("2024-01-01T25:00:00", date_texts.IMPOSSIBLE),
        ("9999-12-31", date_texts.OUT_OF_RANGE),
        ("1582-10-10", date_texts.OUT_OF_RANGE),
        ("yesterday", date_texts.NOT_A_DATE),
        ("Q1 2024", date_texts.NOT_A_DATE),
        ("Jan-24", date_texts.NO_DAY),
        ("2024-01-01 10:00 IST", date_texts.UNKNOWN_ZONE),
        ("01/02/2024", dates.AMBIGUOUS),
    ],
)
def test_a_date_that_cannot_be_told_is_blank_with_the_reason(text: str, why: str) -> None:
    assert (read(text), reason(text)) == ([None], why)


@pytest.mark.parametrize("text", ["0000-00-00", "0000-00-00 00:00:00", "00/00/0000", "0001-01-01", "NaN", "n/a"])
def test_what_programs_write_for_no_date_is_blank_without_an_issue(text: str) -> None:
    assert (read(text), reason(text)) == ([None], None)


def test_one_impossible_order_decides_for_the_whole_column() -> None:
    assert read("01/02/2024", "13/02/2024")[0] == datetime(2024, 2, 1)
    assert read("01/02/2024", "02/13/2024")[0] == datetime(2024, 1, 2)


def test_with_both_orders_in_a_column_only_the_unambiguous_are_read() -> None:
    assert read("13/02/2024", "02/13/2024", "01/02/2024") == [datetime(2024, 2, 13), datetime(2024, 2, 13), None]


def test_options_decide_only_what_the_column_leaves_open() -> None:
    assert read("01/02/2024", order="month_first") == [datetime(2024, 1, 2)]
    assert read("01/02/2024", country="US") == [datetime(2024, 1, 2)]
    assert read("01/02/2024", country="DE") == [datetime(2024, 2, 1)]
    assert read("01/02/2024", "13/02/2024", order="month_first") == [datetime(2024, 2, 1), datetime(2024, 2, 13)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(moments, min_size=1, max_size=8),
    st.sampled_from(["%Y-%m-%d %H:%M:%S", "%d %b %Y %H:%M:%S", "%d.%m.%Y %H:%M:%S"]),
)
def test_a_written_moment_is_read_back(written: list[datetime], form: str) -> None:
    assert read(*[moment.strftime(form) for moment in written]) == written


@settings(max_examples=60, deadline=None)
@given(moments, st.integers(-12 * 60, 14 * 60))
def test_an_offset_is_taken_back_to_utc(moment: datetime, minutes: int) -> None:
    offset = timedelta(minutes=minutes)
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    text = (moment + offset).isoformat() + f"{sign}{hours:02d}:{rest:02d}"
    assert read(text) == [moment]

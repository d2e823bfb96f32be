from __future__ import annotations

import math
import tempfile
from pathlib import Path

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import bulk
from benchmarks.dice import Dice
from benchmarks.synthetic import write_contacts_csv

REGIONS = {"United States": "US", "Canada": "CA", "Germany": "DE", "United Kingdom": "GB", "Australia": "AU"}


def contacts(
    folder: Path, rows: int, seed: int = 7, *, duplicates: float = 0.02, first_person: int = 0
) -> pl.DataFrame:
    path = folder / "contacts.csv"
    write_contacts_csv(path, rows, seed, duplicates=duplicates, first_person=first_person)
    return pl.read_csv(path, infer_schema=False)


@settings(max_examples=25, deadline=None)
@given(rows=st.integers(1, 400), duplicates=st.floats(0, 0.9), seed=st.integers(0, 2**31))
def test_the_share_of_repeated_emails_is_as_asked_and_each_repeats_an_earlier_row(
    rows: int, duplicates: float, seed: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        frame = contacts(Path(folder), rows, seed, duplicates=duplicates)
    email = frame["Email"]
    repeated = email == email.str.to_uppercase()
    assert frame.height == rows
    assert email.str.to_lowercase().n_unique() == rows - math.floor(rows * duplicates)
    assert repeated.sum() == math.floor(rows * duplicates)
    seen: set[str] = set()
    for address, again in zip(email.str.to_lowercase(), repeated, strict=True):
        assert (address in seen) == again
        seen.add(address)


def test_chunks_leave_no_trace_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = contacts(tmp_path, 1000)
    monkeypatch.setattr(bulk, "_CHUNK_ROWS", 73)
    assert contacts(tmp_path, 1000).equals(whole)


def test_two_files_of_a_seed_share_the_people_both_have(tmp_path: Path) -> None:
    large = contacts(tmp_path, 3000, duplicates=0)
    small = contacts(tmp_path, 200, duplicates=0, first_person=2900)
    assert small.head(100).equals(large.tail(100))
    assert large.join(small, on="Email", how="semi").height == 100


def test_another_seed_gives_another_file(tmp_path: Path) -> None:
    assert not contacts(tmp_path, 50, seed=7).equals(contacts(tmp_path, 50, seed=8))


def test_telephone_numbers_are_valid_in_the_national_format_of_the_country(tmp_path: Path) -> None:
    frame = contacts(tmp_path, 600)
    assert frame.columns == list(bulk.BULK_HEADERS)
    assert set(frame["Country"]) == set(REGIONS)
    for header in ("Phone", "Mobile Phone"):
        for number, country in frame.drop_nulls(header).select(header, "Country").iter_rows():
            assert not number.startswith("+")
            assert phonenumbers.is_valid_number(phonenumbers.parse(number, REGIONS[country])), (number, country)


def test_emails_and_websites_are_well_formed_and_under_a_reserved_domain(tmp_path: Path) -> None:
    frame = contacts(tmp_path, 2000, duplicates=0)
    assert frame["Email"].str.contains(r"^[a-z0-9.-]+@[a-z0-9-]+\.example$").all()
    assert frame["Website"].str.contains(r"^https://www\.[a-z0-9-]+\.example$").all()


def test_nobody_is_seen_before_being_known(tmp_path: Path) -> None:
    frame = contacts(tmp_path, 2000)
    assert (frame["Created Date"] <= frame["Last Activity Date"]).all()


@given(st.integers(), st.lists(st.integers(), min_size=1, max_size=30, unique=True))
def test_a_sample_never_takes_an_option_twice(seed: int, options: list[int]) -> None:
    assert sorted(Dice(seed, "test").sample(options, len(options))) == sorted(options)


def test_streams_of_a_seed_are_apart_and_each_repeats() -> None:
    throws = [[Dice(5, stream).unit() for _ in range(1)] for stream in ("a", "a", "b")]
    assert throws[0] == throws[1] != throws[2]


def test_weights_decide_how_often_an_option_comes_up() -> None:
    dice = Dice(5, "weights")
    throws = [dice.weighted({"often": 3.0, "seldom": 1.0, "never": 0.0}) for _ in range(4000)]
    assert 2850 < throws.count("often") < 3150
    assert "never" not in throws

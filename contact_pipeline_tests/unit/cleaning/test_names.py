"""Names of people."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.cleaning import names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("MCDONALD", "McDonald"),
        ("o'brien", "O'Brien"),
        ("VAN DER BERG", "van der Berg"),
        ("de la cruz", "de la Cruz"),
        ("ANNE-MARIE", "Anne-Marie"),
        ("SMITH III", "Smith III"),
        ("  Lee  ", "Lee"),
        ("Lee\u00a0Roy", "Lee Roy"),
        ("\u202eevil\u202c", "Evil"),
    ],
)
def test_one_letter_case_becomes_proper_case(text: str, name: str) -> None:
    assert names.read_names(pl.Series([text]), family=True)["value"].item() == name


@pytest.mark.parametrize(
    "text",
    [
        "MacDonald",
        "van der Berg",
        "DeShawn",
        "X Æ A-12",
        "JP",
        "李",
        "Null",
        "None",
        "NaN",
        "NA",
        "True",
        "Nguyễn",
        "Ⅳ",
    ],
)
def test_a_persons_own_spelling_stays(text: str) -> None:
    assert names.read_names(pl.Series([text]))["value"].item() == text


@pytest.mark.parametrize("text", ["-", "N/A", "#N/A", "#REF!", " "])
def test_what_spreadsheets_write_for_nothing_is_no_name(text: str) -> None:
    assert names.read_names(pl.Series([text])).row(0) == (None, None)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Jane Smith", ("Jane Smith", "Jane", "Smith")),
        ("Smith, John", ("John Smith", "John", "Smith")),
        ("JAN VAN DER BERG", ("Jan van der Berg", "Jan", "van der Berg")),
        ("Sammy Davis Jr", ("Sammy Davis Jr", "Sammy", "Davis Jr")),
        ("John Smith, Jr.", ("John Smith Jr.", "John", "Smith Jr.")),
        ("Mary Ann Lee", ("Mary Ann Lee", "Mary Ann", "Lee")),
        ("Cher", ("Cher", None, None)),
        ("Joanna HALL", ("Joanna Hall", "Joanna", "Hall")),
        ("GUPTA, Carlos", ("Carlos Gupta", "Carlos", "Gupta")),
        ("Marie DE LA TOUR", ("Marie de la Tour", "Marie", "de la Tour")),
        ("Ludwig van Beethoven", ("Ludwig van Beethoven", "Ludwig", "van Beethoven")),
        ("JP Morgan", ("JP Morgan", "JP", "Morgan")),
    ],
)
def test_a_full_name_is_split_into_given_and_family_name(text: str, parts: tuple[str | None, ...]) -> None:
    assert names.read_full_names(pl.Series([text])).select("value", "first", "last").row(0) == parts


@given(
    st.lists(
        st.sampled_from(["Ann", "ANN", "ann", "van", "DE", "O'NEIL", "McKay", "li", "II", "Jr", "é", "Ü", "x-RAY"])
    )
)
def test_parts_of_a_full_name_are_written_as_in_columns_of_their_own(words: list[str]) -> None:
    full = names.read_full_names(pl.Series([" ".join(words)], dtype=pl.String))
    again = names.read_full_names(full["value"])
    assert names.read_names(full["first"])["value"].to_list() == full["first"].to_list()
    assert names.read_names(full["last"], family=True)["value"].to_list() == full["last"].to_list()
    assert again.select("value", "first", "last").equals(full.select("value", "first", "last"))


@pytest.mark.parametrize(
    ("text", "salutation", "rest"),
    [
        ("Dr. Jane Smith", "Dr", "Jane Smith"),
        ("Herr Schmidt", "Mr", "Schmidt"),
        ("Prof. Dr. Anna Müller", "Prof", "Anna Müller"),
        ("FRAU DR. EVA MEIER", "Dr", "EVA MEIER"),
        ("M. Night Shyamalan", None, "M. Night Shyamalan"),
        ("Frank Miller", None, "Frank Miller"),
        ("Drew Sirk", None, "Drew Sirk"),
        ("Wilson, Dr. Dana", "Dr", "Wilson, Dana"),
        ("Wilson, Ms", None, "Wilson, Ms"),
    ],
)
def test_what_is_said_before_a_name_is_told_from_the_name(text: str, salutation: str | None, rest: str) -> None:
    split = names.take_salutation(pl.Series([text]))
    assert (names.read_salutations(split["said"])["value"].item(), split["rest"].item()) == (salutation, rest)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("John \U0001f680 Smith", "John Smith"),
        ("★ Ann ★", "Ann"),
        ("Ann™", "Ann"),
        ('"Ann"', "Ann"),
        ("*Ann*", "Ann"),
        ("\u202eAnn\u202c", "Ann"),
        ("Kim \U0001f44d\U0001f3fd", "Kim"),
    ],
)
def test_what_is_no_part_of_a_name_is_left_out_and_said(text: str, name: str) -> None:
    assert names.read_names(pl.Series([text])).row(0) == (name, names.HAD_SYMBOLS)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("\U0001f600", names.NO_LETTER),
        ("12345", names.NO_LETTER),
        ("ann@acme.example", names.IS_ADDRESS),
        ("-", None),
    ],
)
def test_a_cell_that_holds_no_name_is_left_blank(text: str, reason: str | None) -> None:
    assert names.read_names(pl.Series([text])).row(0) == (None, reason)
    assert names.read_full_names(pl.Series([text])).row(0)[:2] == (None, reason)


def test_a_nickname_in_quotes_inside_a_name_stays() -> None:
    assert names.read_full_names(pl.Series(['Robert "Bob" Ray'])).row(0)[:2] == ('Robert "Bob" Ray', None)

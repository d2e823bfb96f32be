"""Two names on one e-mail address: one person, or a shared mailbox."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.matching.given_names import is_slip, may_be_same, name_words
from contact_pipeline.matching.holds import somebody_else, strangers

NAMES = st.none() | st.sampled_from(
    ["Ann", "Anna", "A.", "Bob", "Robert", "Lee", "José María", "Иван", "Zoë", "Łucja", "Jr"]
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("William", "Bill"),
        ("Katharina", "Käthe"),
        ("Francisco", "Paco"),
        ("Giuseppe", "Beppe"),
        ("Frédéric", "Fred"),
        ("José", "JOSE"),
        ("Łukasz", "Lukasz"),
        ("Jürgen", "Juergen"),
        ("Jonathan", "J."),
        ("Jean-Pierre", "JP"),
        ("J. Robert", "John"),
        ("Anna Maria", "Maria"),
        ("Anne Marie", "Annemarie"),
        ("Margaretha", "Margarehta"),
        ("Alexand", "Alexander"),
        ("Иван", "Ivan"),
    ],
)
def test_forms_of_one_name_are_not_held(one: str, other: str) -> None:
    assert not somebody_else(one, "Lee", other, "Lee", is_role=False)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("John", "Jane"),
        ("Austin", "Justin"),
        ("Daniel", "Daniela"),
        ("Riya", "Priya"),
        ("Alexander", "Alexandra"),
        ("Robert", "William"),
        ("Anna M.", "Peter M."),
        ("Jo", "Ed"),
        ("Иван", "Пётр"),
    ],
)
def test_names_of_two_people_are_held(one: str, other: str) -> None:
    assert somebody_else(one, "Lee", other, "Lee", is_role=False)


def test_a_nickname_of_two_names_does_not_make_them_one() -> None:
    assert not somebody_else("Alex", "Lee", "Alexander", "Lee", is_role=False)
    assert not somebody_else("Alex", "Lee", "Alexandra", "Lee", is_role=False)
    assert somebody_else("Alexandra", "Lee", "Alexander", "Lee", is_role=False)


def test_names_in_the_wrong_columns_are_the_same_person() -> None:
    assert not somebody_else("Lee", "Ann", "Ann", "Lee", is_role=True)
    assert not somebody_else("Lee", None, "Ann", "Lee", is_role=False)
    assert somebody_else("Lee", "Peter", "Ann", "Lee", is_role=False)


def test_junior_is_not_senior_but_may_have_lost_his_suffix() -> None:
    assert somebody_else("John", "Lee Jr.", "John", "Lee, Sr", is_role=False)
    assert somebody_else("John", "Lee III", "John", "Lee II", is_role=False)
    assert not somebody_else("John", "Lee Jr.", "John", "Lee", is_role=False)
    assert not somebody_else("John", "Lee Jr", "John", "Lee Junior", is_role=False)


def test_another_family_name_is_another_person_on_a_role_address_only() -> None:
    assert not somebody_else("Ann", "Ray", "Ann", "Lee", is_role=False)
    assert somebody_else("Ann", "Ray", "Ann", "Lee", is_role=True)
    assert not somebody_else("Ann", "Ray-Lee", "Ann", "Lee", is_role=True)
    assert not somebody_else("Ann", None, "Ann", "Lee", is_role=True)


@given(NAMES, NAMES, NAMES, NAMES, st.booleans())
def test_the_order_of_two_people_does_not_matter(
    given_name: str | None, family: str | None, other: str | None, other_family: str | None, is_role: bool
) -> None:
    forward = somebody_else(given_name, family, other, other_family, is_role)
    assert forward == somebody_else(other, other_family, given_name, family, is_role)


@given(st.text(max_size=12), st.text(max_size=12))
def test_a_name_fits_itself_and_a_blank_one_and_the_comparison_has_no_side(one: str, other: str) -> None:
    words, others = name_words(one), name_words(other)
    assert may_be_same(words, words)
    assert may_be_same(words, ())
    assert may_be_same(words, others) == may_be_same(others, words)
    assert is_slip(one, other) == is_slip(other, one)


def test_only_the_meetings_of_strangers_are_named() -> None:
    meetings = pl.DataFrame(
        [
            (1, "ann@acme.example", "Ann", "Lee", "Anna", "Lee"),
            (2, "ann@acme.example", "Peter", "Lee", "Anna", "Lee"),
            (3, "info@acme.example", "Ann", "Ray", "Ann", "Lee"),
            (4, "ann@acme.example", "Ann", "Ray", "Ann", "Lee"),
            (5, "ann@acme.example", None, None, None, None),
        ],
        schema=["sequence", "match_key", "given", "family", "met_given", "met_family"],
        orient="row",
    )
    assert sorted(strangers(meetings)["sequence"]) == [2, 3]
    assert strangers(meetings.clear())["sequence"].to_list() == []

"""A question is the same after it went through an address, whatever words of files it holds; the search never goes there."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.dashboard.query import MOST_CHOSEN, LeadQuery, NotAsked

words = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ['<a href="x">&amp;', "a;b&c=d", "\u202e", ""]
)
names = st.sampled_from(["category", "owner", "custom.score", "custom.a&b=c", "custom.<b>"])
tenths = st.integers(0, 1000).map(lambda number: number / 10)
queries = st.builds(
    lambda chosen, ends, search, sort, descending, page: LeadQuery(
        chosen, *(ends or (None, None)), search=search, sort=sort, descending=descending, page=page
    ),
    st.dictionaries(names, st.lists(words, min_size=1, max_size=MOST_CHOSEN // 5, unique=True).map(tuple)),
    st.none() | st.tuples(tenths, tenths),
    words.map(str.strip),
    st.sampled_from(["call_order", "name", "score"]),
    st.booleans(),
    st.integers(1, 9_999_999),
)


@given(queries)
def test_a_question_comes_back_from_its_address(query: LeadQuery) -> None:
    pairs = parse_qsl(urlsplit(query.address()).query, keep_blank_values=True)
    assert LeadQuery.of_pairs(pairs, query.search) == query


@given(queries, names, words)
def test_a_click_chooses_a_value_and_another_takes_it_back(query: LeadQuery, name: str, value: str) -> None:
    once = query.toggled(name, value)
    assert (value in once.chosen.get(name, ())) != (value in query.chosen.get(name, ()))
    twice = once.toggled(name, value)
    assert {n: set(v) for n, v in twice.chosen.items()} == {n: set(v) for n, v in query.chosen.items()}
    assert (once.page, twice.page) == (1, 1)


def test_what_is_searched_for_stands_in_no_address() -> None:
    assert LeadQuery(search="Ann Example").address("/") == "/"


@pytest.mark.parametrize(
    "pair",
    [
        ("score", "hot"),
        ("score", "-"),
        ("score", "5-101"),
        ("score", "7"),
        ("page", "0"),
        ("page", "two"),
        ("page", "²"),
        ("page", "9" * 5_000),
    ],
)
def test_an_address_that_means_nothing_is_refused_by_name(pair: tuple[str, str]) -> None:
    with pytest.raises(NotAsked, match=pair[1]):
        LeadQuery.of_pairs([pair])


def test_an_answer_cannot_be_blown_up_by_choosing_without_end() -> None:
    pairs = [("owner", str(number)) for number in range(MOST_CHOSEN)]
    assert len(LeadQuery.of_pairs(pairs).chosen["owner"]) == MOST_CHOSEN
    with pytest.raises(NotAsked, match=str(MOST_CHOSEN)):
        LeadQuery.of_pairs([*pairs, ("industry", "one more")])

"""An address is found wherever it stands on its own, and never inside another."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.erasure.traces import ERASED, Traces

ADDRESS = "ann@acme.example"


@pytest.mark.parametrize(
    "text",
    [
        "ANN@Acme.Example",
        "Ann Lee <ann@acme.example>",
        "mailto:ann@acme.example?subject=hi",
        "'ann@acme.example'",
        "write to ann@acme.example... or not",
        "bob@acme.example;ann@acme.example",
        "https://x.example/u?mail=ann%40acme.example&n=1",
        "export of ann@acme.example.csv",
        "请联系ann@acme.example谢谢",
    ],
)
def test_an_address_is_found_and_taken_out_whatever_stands_around_it(text: str) -> None:
    traces = Traces([ADDRESS])
    assert traces.are_in(text)
    assert "acme" not in traces.taken_out_of(text).lower().replace("bob@acme", "")


@pytest.mark.parametrize(
    "text",
    ["joann@acme.example", "o'ann@acme.example", "mary-ann@acme.example", "ann@acme.example.org", "ann@acme.examples"],
)
def test_a_longer_address_is_left_alone(text: str) -> None:
    traces = Traces([ADDRESS])
    assert not traces.are_in(text)
    assert traces.taken_out_of(text) == text


def test_a_domain_is_found_in_its_own_letters_too() -> None:
    assert Traces(["jörg@xn--mller-kva.example"]).taken_out_of("JÖRG@Müller.example") == ERASED


_PIECES = st.lists(
    st.one_of(
        st.sampled_from([ADDRESS, ADDRESS.upper(), "bob@acme.example", "joann@acme.example", "ann%40acme.example"]),
        st.sampled_from([" ", ";", "", ",", "<", ">", ".", "'", "\n", "x", "-", "é", "\u200b", "$1"]),
    ),
    max_size=12,
)


@given(_PIECES)
def test_texts_and_columns_are_treated_alike_and_nothing_is_found_a_second_time(pieces: list[str]) -> None:
    traces, text = Traces([ADDRESS, "nobody@acme.example"]), "".join(pieces)
    found = pl.DataFrame({"text": [text]}).select(
        traces.mentioned(pl.col("text")).alias("is_named"), traces.taken_out(pl.col("text")).alias("rest")
    )
    assert found.row(0) == (traces.are_in(text), traces.taken_out_of(text))
    assert not traces.are_in(traces.taken_out_of(text))


def test_more_addresses_than_one_pattern_holds_are_all_found() -> None:
    addresses = [f"person{number}@acme.example" for number in range(500)]
    column = pl.Series("text", addresses).to_frame()
    assert column.select(Traces(addresses).taken_out(pl.col("text")).unique()).to_series().to_list() == [ERASED]

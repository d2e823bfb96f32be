"""Reasons come back out of the text that they were written into, also where words of a file look like another reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.scoring.reasons import Reason, reasons_of

_FIGURES = ": 31 % of 449 past leads converted, 16 % on average"

words = st.text(min_size=1, max_size=12) | st.sampled_from(["x; + y", "a; - b; + c", "<b>", "Yes: 3 % of 5", "; "])
phrases = st.builds(
    lambda sign, number, text, figures: f"{sign} Field {number} {text}{figures}",
    st.sampled_from("+-"), st.integers(0, 99), words, st.sampled_from(["", _FIGURES]),
)  # fmt: skip


@given(st.lists(phrases, max_size=6, unique_by=lambda phrase: phrase.split()[2]))
def test_every_reason_that_the_model_can_give_is_told_apart(said: list[str]) -> None:
    found = reasons_of("; ".join(said), frozenset(said))
    assert [("+ " if one.raises else "- ") + one.text for one in found] == said


@given(st.lists(phrases, max_size=6))
def test_no_word_is_lost_where_the_model_is_not_known(said: list[str]) -> None:
    text = "; ".join(said)
    assert "; ".join(("+ " if one.raises else "- ") + one.text for one in reasons_of(text)) == text


def test_a_short_reason_is_the_cause_without_the_figures() -> None:
    assert reasons_of(f"+ Trial Started Yes{_FIGURES}; - Region: North") == [
        Reason(True, "Trial Started Yes", f"Trial Started Yes{_FIGURES}"),
        Reason(False, "Region: North", "Region: North"),
    ]


@pytest.mark.parametrize("nothing", [None, ""])
def test_where_nothing_stands_out_there_is_no_reason(nothing: str | None) -> None:
    assert reasons_of(nothing) == []

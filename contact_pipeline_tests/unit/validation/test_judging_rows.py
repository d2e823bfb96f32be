"""Which rows fail, and that each tells all its reasons."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from contact_pipeline.cleaning.issues import ISSUES_TYPE
from contact_pipeline.fields import FIELDS
from contact_pipeline.validation.rows import failure_counts, judge

_TYPES = {
    "kind": pl.String,
    "problem": pl.String,
    **{field.name: field.polars_type for field in FIELDS},
    "issues": ISSUES_TYPE,
}


def _cleaned(*rows: dict[str, Any]) -> pl.DataFrame:
    filled = [{"kind": "data", "issues": [], **row} for row in rows]
    return pl.DataFrame([{name: row.get(name) for name in _TYPES} for row in filled], schema=_TYPES)


def _judged(*rows: dict[str, Any]) -> pl.DataFrame:
    return judge(_cleaned(*rows))


def _issue(field: str, raw: str) -> dict[str, str]:
    return {"field": field, "raw": raw, "reason": "is not an e-mail address"}


def test_a_row_with_an_address_is_valid_whatever_else_is_blank() -> None:
    judged = _judged({"email": "ann@acme.example"})
    assert judged["is_valid"].to_list() == [True]
    assert judged["failures"].to_list() == [[]]


def test_a_missing_key_and_an_unusable_one_fail_with_different_words() -> None:
    judged = _judged({}, {"issues": [_issue("phone", "12"), _issue("email", "ann at acme")]})
    assert judged["failures"].to_list() == [
        ["no e-mail address"],
        ["e-mail address cannot be used: ann at acme"],
    ]


def test_a_row_tells_all_its_reasons_at_once() -> None:
    judged = _judged(
        {"email": "ann@acme.example"},
        {"phone": "020 79", "country": "England", "website_visits": -1, "lifecycle_stage": "Friend"},
    )
    assert judged["is_valid"].to_list() == [True, False]
    assert sorted(judged["failures"][1]) == [
        "Country is not an ISO country code: England",
        "Lifecycle Stage is not a lifecycle stage: Friend",
        "Phone Number (Work) is not a phone number in E.164: 020 79",
        "Website Visits is below zero: -1",
        "no e-mail address",
    ]


def test_a_broken_row_fails_with_its_problem_and_is_not_asked_for_more() -> None:
    judged = _judged({"kind": "broken", "problem": "5 cells where the header has 4"})
    assert judged["failures"].to_list() == [["broken row: 5 cells where the header has 4"]]


def test_a_table_that_comes_in_pieces_is_judged_as_in_one() -> None:
    above = _cleaned(*[{"email": f"ann{place}@acme.example"} for place in range(20)])
    below = _cleaned(*[{"kind": "broken", "problem": "3 cells where the header has 8, or more"}] * 3)
    in_pieces = pl.concat([above, below], rechunk=False)
    assert in_pieces["problem"].n_chunks() == 2
    assert judge(in_pieces).equals(judge(in_pieces.rechunk()))


@pytest.mark.parametrize("kind", ["blank", "total", "note", "repeated_header"])
def test_a_row_that_is_no_data_neither_fails_nor_enters(kind: str) -> None:
    judged = _judged({"kind": kind})
    assert judged.select("is_valid", pl.col("failures").list.len()).rows() == [(False, 0)]


def test_rows_keep_their_order_and_number() -> None:
    judged = _judged({"email": "a@b.example"}, {}, {"kind": "blank"}, {"email": "c@d.example"}, {"kind": "broken"})
    assert judged["email"].to_list() == ["a@b.example", None, None, "c@d.example", None]
    assert judged["is_valid"].to_list() == [True, False, False, True, False]
    assert judge(judged.drop("failures", "is_valid").clear()).is_empty()


def test_failures_are_counted_by_kind_the_most_frequent_first() -> None:
    judged = _judged(
        {}, {}, {"issues": [_issue("email", "x: y")]}, {"issues": [_issue("email", "z")], "country": "Eng"}
    )
    assert list(failure_counts(judged).items()) == [
        ("e-mail address cannot be used", 2),
        ("no e-mail address", 2),
        ("Country is not an ISO country code", 1),
    ]


def test_cleaned_rows_of_the_wrong_shape_are_a_fault_of_ours_and_say_so() -> None:
    rows = pl.DataFrame([dict.fromkeys(_TYPES)], schema=_TYPES).with_columns(kind=pl.lit("data"))
    with pytest.raises(TypeError, match="do not have the shape"):
        judge(rows.with_columns(website_visits=pl.lit("many")))

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.scoring.movement import score_change

DAY = datetime.fromisoformat("2026-03-01")
_points = st.integers(0, 1000).map(lambda tenths: tenths / 10)


def _on_record(score: float | None, change: float | None, at: datetime | None) -> pl.DataFrame:
    columns = {"lead_score": [score], "score_change": [change], "scored_at": [at]}
    return pl.DataFrame(
        columns, schema={"lead_score": pl.Float64, "score_change": pl.Float64, "scored_at": pl.Datetime("us")}
    )


def _change(on_record: pl.DataFrame, score: float) -> float | None:
    return score_change(on_record, pl.Series([score]), DAY).item()


@given(_points, _points, st.one_of(st.none(), _points))
def test_a_score_is_compared_with_the_one_of_an_earlier_day(before: float, now: float, had: float | None) -> None:
    assert _change(_on_record(before, had, DAY - timedelta(hours=1)), now) == round(now - before, 1) + 0.0


@given(_points, _points, _points)
def test_scoring_again_on_the_same_day_still_compares_with_the_day_before(
    before: float, first: float, again: float
) -> None:
    today = _on_record(first, round(first - before, 1), DAY + timedelta(hours=9))
    assert _change(today, again) == round(again - before, 1) + 0.0


def test_a_new_contact_has_no_change_all_day() -> None:
    assert _change(_on_record(None, None, None), 60.0) is None
    assert _change(_on_record(60.0, None, DAY + timedelta(hours=9)), 70.0) is None
    assert score_change(pl.DataFrame({"contact_id": ["c"]}), pl.Series([60.0]), DAY).to_list() == [None]

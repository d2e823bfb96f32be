"""What moved since the run before, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from contact_pipeline.crm.scorings import Move, Scoring, Trend
from contact_pipeline.reporting.trend import FIRST_RUN, Movement, movements, run_labels, trend_in_words

RUN = Scoring(datetime(2026, 11, 20, 6, 12), "model", "v3", 100, 10, 30, 60, 31.0, 12.5)  # noqa: DTZ001  UTC
LATER = replace(RUN, scored_at=RUN.scored_at + timedelta(days=1), leads=104, hot=12)
MOVES = (Move("Warm", "Hot", 3), Move(None, "Cold", 9), Move("Hot", "Warm", 2), Move(None, "Hot", 1))


def test_the_first_run_has_nothing_to_compare_with() -> None:
    assert trend_in_words(Trend([RUN])) == FIRST_RUN


def test_it_says_who_moved_came_and_left_and_what_became_of_hot() -> None:
    assert trend_in_words(Trend([RUN, LATER], MOVES)) == (
        "Since the run of 20 Nov 2026, 06:12 UTC, 3 leads moved up a category and 2 down; 10 came new; 6 left the CRM. "
        "Hot gained 4 and lost 2."
    )
    still = trend_in_words(Trend([RUN, replace(RUN, scored_at=LATER.scored_at)]))
    assert still.endswith("no lead changed its category; none came new. Hot are the same 10.")


def test_each_category_counts_who_came_and_who_went() -> None:
    assert movements(Trend([RUN, LATER], MOVES)) == [
        Movement("Hot", new=1, up=3, down=0, gone=2),
        Movement("Warm", new=0, up=0, down=2, gone=3),
        Movement("Cold", new=9, up=0, down=0, gone=0),
    ]


def test_runs_of_one_day_are_told_apart_by_their_time() -> None:
    assert run_labels(Trend([RUN, LATER])) == ["20 Nov", "21 Nov"]
    assert run_labels(Trend([RUN, replace(RUN, scored_at=RUN.scored_at + timedelta(hours=2))])) == ["06:12", "08:12"]

"""What ended early is asked for again: never left for ever, never a storm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import dagster as dg
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.defs.asking_again import NEVER_RUN, mark_of, pause_after

NOW = 1_800_000_000.0
_EARLY = (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


@dataclass
class _Run:
    status: dg.DagsterRunStatus
    ended: float
    run_id: str

    @property
    def dagster_run(self) -> _Run:
        return self

    @property
    def update_timestamp(self) -> datetime:
        return datetime.fromtimestamp(self.ended, UTC)


def _mark(runs: list[_Run], now: float = NOW) -> str | None:
    return mark_of(cast("list[Any]", runs), now)


_RUNS = st.lists(st.builds(_Run, st.sampled_from(dg.DagsterRunStatus), st.floats(0, NOW), st.uuids().map(str)))


@given(_RUNS)
def test_an_import_is_due_where_its_latest_run_ended_early_and_some_time_has_passed(runs: list[_Run]) -> None:
    latest_ended_early = bool(runs) and runs[0].status in _EARLY
    mark, later = _mark(runs), _mark(runs, NOW + 3600)
    if runs and not latest_ended_early:
        assert (mark, later) == (None, None)
    else:
        assert later == (runs[0].run_id[:8] if runs else NEVER_RUN), "within an hour it is asked for again"
        assert mark in {None, later}


@given(st.integers(1, 100))
def test_the_pause_doubles_from_a_minute_up_to_an_hour(times: int) -> None:
    assert pause_after(1) == 60
    assert pause_after(times + 1) == min(2 * pause_after(times), 3600)


def test_in_a_day_a_run_that_always_fails_is_tried_some_thirty_times() -> None:
    runs: list[_Run] = []
    for minute in range(24 * 60):
        now = NOW + 60 * minute
        if (mark := _mark(runs, now)) is not None:
            runs.insert(0, _Run(_EARLY[0], now, f"{len(runs):08}"))
            assert mark == (NEVER_RUN if len(runs) == 1 else f"{len(runs) - 2:08}")
    assert 24 <= len(runs) <= 32

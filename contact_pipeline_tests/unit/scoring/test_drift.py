"""The population stability index: nothing where groups are alike, also in many cells; much where they differ."""

from __future__ import annotations

import numpy as np
import pytest

from contact_pipeline.scoring.drift import ALARM_FROM, WATCH_FROM, psi, psi_beyond_chance


@pytest.mark.parametrize("cells", [2, 20, 200])
def test_leads_drawn_alike_are_quiet_in_any_number_of_words(cells: int) -> None:
    draw = np.random.default_rng(3)
    earlier, later = draw.integers(0, cells, 2800), draw.integers(0, cells, 700)
    assert psi_beyond_chance(earlier, later, cells) < WATCH_FROM / 2


def test_many_words_alone_would_alarm_without_taking_chance_off() -> None:
    draw = np.random.default_rng(3)
    assert psi(draw.integers(0, 200, 2800), draw.integers(0, 200, 700), 200) > ALARM_FROM


def test_leads_that_differ_alarm_in_many_words_too() -> None:
    draw = np.random.default_rng(3)
    assert psi_beyond_chance(draw.integers(0, 200, 2800), draw.integers(80, 200, 700), 200) > ALARM_FROM


def test_an_empty_group_says_nothing() -> None:
    nobody = np.array([], dtype=np.intp)
    assert psi_beyond_chance(nobody, np.zeros(5, dtype=np.intp), 3) == 0

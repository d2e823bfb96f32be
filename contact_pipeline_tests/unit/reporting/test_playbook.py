"""The playbook has a play for each category."""

from __future__ import annotations

from contact_pipeline.reporting.aggregates import CATEGORIES
from contact_pipeline.reporting.playbook import load_playbook


def test_each_category_has_one_complete_play_best_first() -> None:
    plays = load_playbook()
    assert tuple(play.category for play in plays) == CATEGORIES
    assert all(play.channel and play.first_step and play.cadence and play.message for play in plays)
    assert "{factor}" in plays[0].message

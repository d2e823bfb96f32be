from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from contact_pipeline.scoring.engagement import formula_propensity
from contact_pipeline.scoring.features import attribute_frame
from contact_pipeline.scoring.training import train
from contact_pipeline.settings import ScoringSettings

Maker = Callable[..., pl.DataFrame]


def log_of(contact: str, *days_ago: float, as_of: datetime, kind: str = "click") -> list[dict[str, object]]:
    """Activities of one contact."""
    return [{"contact_id": contact, "kind": kind, "at": as_of - timedelta(days=d), "times": 1.0} for d in days_ago]


def frame_of(entries: list[dict[str, object]]) -> pl.DataFrame:
    """A log in the shape that scoring reads."""
    shape = {"contact_id": pl.String, "kind": pl.String, "at": pl.Datetime("us"), "times": pl.Float64}
    return pl.DataFrame(entries, schema=shape)


def _propensity(contacts: pl.DataFrame, as_of: datetime, activities: pl.DataFrame | None = None) -> list[float]:
    attributes = attribute_frame(contacts, as_of, 30.0, activities=activities)
    return formula_propensity(contacts, attributes, as_of, 30.0).tolist()


def _busy_and_silent(rows: int, as_of: datetime) -> pl.DataFrame:
    """Every other contact clicks about once in ten days, the others hardly ever."""
    draw = np.random.default_rng(5)
    entries = []
    for index in range(rows):
        rate = 0.1 if index % 2 else 0.002
        days = np.flatnonzero(draw.random(300) < rate)
        entries += log_of(f"c{index:05d}", *days.tolist(), as_of=as_of)
    return frame_of(entries)


def test_the_formula_rises_with_signs_and_falls_with_time(contacts_of: Maker, as_of: datetime) -> None:
    contacts = contacts_of(
        4, email_clicks=[None, 1, 6, 6], last_activity_at=[None, as_of, as_of, as_of - timedelta(days=300)]
    )
    silent, once, keen, stale = _propensity(contacts, as_of)
    assert silent == pytest.approx(0.05)
    assert silent < once < keen
    assert stale == pytest.approx(silent, abs=0.01)


def test_the_formula_reads_activities_on_record(contacts_of: Maker, as_of: datetime) -> None:
    log = frame_of(log_of("c00001", 1, 2, kind="meeting", as_of=as_of) + log_of("c00002", 400, as_of=as_of))
    nothing, met, long_ago = _propensity(contacts_of(3), as_of, log)
    assert nothing == pytest.approx(0.05)
    assert met > 0.5
    assert long_ago == pytest.approx(nothing, abs=0.01)


def test_who_acts_often_is_learned_to_act_soon(contacts_of: Maker, as_of: datetime) -> None:
    contacts, log = contacts_of(600), _busy_and_silent(600, as_of)
    model = train(contacts, ScoringSettings(), as_of, log, contacts)
    assert model.card.engagement is not None
    assert model.card.engagement.roc_auc > 0.9
    propensity = model.effects(contacts, as_of, log).propensity
    assert propensity is not None
    assert propensity[1::2].mean() > 0.8 > 0.2 > propensity[::2].mean()


def test_without_a_pattern_in_the_activities_the_formula_tells(contacts_of: Maker, as_of: datetime) -> None:
    draw = np.random.default_rng(6)
    acts = draw.random((400, 200)) < 0.02  # everybody alike: the past tells nothing of the future
    entries = [
        e for i, days in enumerate(acts) for e in log_of(f"c{i:05d}", *np.flatnonzero(days).tolist(), as_of=as_of)
    ]
    contacts, log = contacts_of(400), frame_of(entries)
    model = train(contacts, ScoringSettings(), as_of, log, contacts)
    told = model.effects(contacts, as_of, log).propensity
    assert model.card.engagement is None
    assert told is not None
    assert told.tolist() == pytest.approx(_propensity(contacts, as_of, log))


def test_a_contact_without_news_gets_less_likely_to_act(contacts_of: Maker, as_of: datetime) -> None:
    contacts, log = contacts_of(600), _busy_and_silent(600, as_of)
    model = train(contacts, ScoringSettings(), as_of, log, contacts)
    later = [model.effects(contacts, as_of + timedelta(days=days), log).propensity for days in (0, 20, 90)]
    assert all((now >= then - 1e-12).all() for now, then in pairwise(later))

"""Made-up contacts whose outcome depends on known columns, so that what is learned can be checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from contact_pipeline.fields import FIELDS
from contact_pipeline.scoring.training import LeadModel, train
from contact_pipeline.settings import ScoringSettings

AS_OF = datetime.fromisoformat("2026-03-01")
SOURCES = ("Referral", "Webinar", "Cold list", "Organic search")
SENIORITY = ("Entry", "Manager", "Director", "Owner")


def contact_frame(rows: int, **columns: object) -> pl.DataFrame:
    """Contacts with the columns given; every other canonical field is blank."""
    filled = {
        "contact_id": [f"c{i:05d}" for i in range(rows)],
        "email": [f"p{i}@firm{i % 50}.example" for i in range(rows)],
    }
    types = {"contact_id": pl.String, **{f.name: f.polars_type for f in FIELDS}, "custom_fields": pl.String}
    values = {**filled, **columns}
    return pl.DataFrame({name: pl.Series(name, values.get(name, [None] * rows), dtype=t) for name, t in types.items()})


def history_frame(rows: int, seed: int = 7, signal: float = 1.0) -> pl.DataFrame:
    """Leads whose log-odds to convert depend on source, seniority, visits and one custom field, times `signal`."""
    draw = np.random.default_rng(seed)
    source, level = draw.integers(0, 4, rows), draw.integers(0, 4, rows)
    visits, tier = draw.poisson(4, rows), draw.integers(0, 3, rows)
    age = draw.integers(0, 200, rows)
    decayed = visits * 0.5 ** (age / 30)
    log_odds = signal * (
        np.array([1.2, 0.4, -1.0, 0.0])[source] + 0.5 * (level - 1.5) + 0.3 * decayed + 0.6 * (tier - 1)
    )
    return contact_frame(
        rows,
        first_name=[f"Given{i}" for i in range(rows)],
        phone=["+442079460000" if known else None for known in draw.random(rows) < 0.6],
        lead_source=[SOURCES[i] for i in source],
        seniority=[SENIORITY[i] for i in level],
        website_visits=visits.tolist(),
        last_activity_at=[AS_OF - timedelta(days=int(days)) for days in age],
        custom_fields=[json.dumps({"Tier": f"T{i}", "Ticket": f"x{n}"}) for n, i in enumerate(tier)],
        converted=(draw.random(rows) < 1 / (1 + np.exp(-(log_odds - 1.0)))).tolist(),
    )


@pytest.fixture(scope="session")
def contacts_of() -> Callable[..., pl.DataFrame]:
    """Maker of plain contacts."""
    return contact_frame


@pytest.fixture(scope="session")
def history_of() -> Callable[..., pl.DataFrame]:
    """Maker of leads with a past."""
    return history_frame


@pytest.fixture(scope="session")
def as_of() -> datetime:
    """The moment of scoring."""
    return AS_OF


@pytest.fixture(scope="session")
def settings() -> ScoringSettings:
    """All defaults."""
    return ScoringSettings()


@pytest.fixture(scope="session")
def past() -> pl.DataFrame:
    """Enough past leads for every rung of the ladder."""
    return history_frame(1500)


@pytest.fixture(scope="session")
def learned(past: pl.DataFrame) -> LeadModel:
    """A model of `past`."""
    return train(past, ScoringSettings(), AS_OF)


@pytest.fixture(scope="session")
def pointed() -> LeadModel:
    """Points, for want of history."""
    return train(history_frame(12), ScoringSettings(), AS_OF)

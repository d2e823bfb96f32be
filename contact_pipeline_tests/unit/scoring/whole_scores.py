"""Scores in one frame, for tests that look at all columns of a few contacts."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from contact_pipeline.scoring import scores
from contact_pipeline.scoring.model import LeadModel
from contact_pipeline.settings import ScoringSettings


def score_contacts(
    contacts: pl.DataFrame,
    model: LeadModel,
    settings: ScoringSettings,
    as_of: datetime,
    *,
    activities: pl.DataFrame | None = None,
    others: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """All slices of `scores.score_contacts`, one after the other."""
    found = scores.score_contacts(contacts, model, settings, as_of, activities=activities, others=others)
    return pl.concat(found.slices())

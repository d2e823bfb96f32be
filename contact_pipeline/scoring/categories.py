"""Hot, Warm, Cold: what a score means, and how sure that is.

Belongs here: thresholds, overrides, confidence. Does not belong: the score itself (`model`) and what to do (`actions`).
A contact that opted out or is a customer already is never Hot, whatever its score: it is Warm, and its action says why.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from contact_pipeline.scoring.calibration import sigmoid
from contact_pipeline.scoring.features import key_share
from contact_pipeline.settings import ScoringSettings

FloatArray = npt.NDArray[np.float64]

_HIGH_AGREEMENT = 0.9
_MEDIUM_AGREEMENT = 0.7
_WELL_FILLED = 0.8


def lead_score(log_odds: FloatArray) -> FloatArray:
    """The score as shown: 0-100, one decimal. `log_odds` are relative to the average lead."""
    return np.asarray(np.round(100.0 * sigmoid(log_odds), 1))


def category(score: pl.Expr, settings: ScoringSettings) -> pl.Expr:
    """Category of a score as shown."""
    return (
        pl.when(score >= settings.hot_from)
        .then(pl.lit("Hot"))
        .when(score >= settings.warm_from)
        .then(pl.lit("Warm"))
        .otherwise(pl.lit("Cold"))
    )


def never_hot() -> pl.Expr:
    """Contacts who must not be called as Hot leads."""
    return (pl.col("opted_out") | pl.col("converted")).fill_null(False)


def model_confidence(log_odds: FloatArray, shifts: FloatArray, settings: ScoringSettings) -> list[str]:
    """High, Medium or Low by the share of bootstrap models that give the contact the same category.

    log_odds (contacts,), shifts (contacts, bootstraps). It is the stability of the model, not certainty about the contact.
    """
    thresholds = np.array([settings.warm_from, settings.hot_from])
    own = np.searchsorted(thresholds, lead_score(log_odds), side="right")
    moved = np.searchsorted(thresholds, lead_score(log_odds[:, None] + shifts), side="right")
    agreement = (moved == own[:, None]).mean(axis=1)
    names = np.where(agreement >= _HIGH_AGREEMENT, "High", np.where(agreement >= _MEDIUM_AGREEMENT, "Medium", "Low"))
    return [str(name) for name in names]


def points_confidence() -> pl.Expr:
    """Points are never High, and Medium only for a contact of whom most is known."""
    return pl.when(key_share() >= _WELL_FILLED).then(pl.lit("Medium")).otherwise(pl.lit("Low"))

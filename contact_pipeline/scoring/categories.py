"""Hot, Warm, Cold: what a score means under the policy of the settings, and how sure that is.

Belongs here: thresholds, hysteresis, capacity, confidence. Does not belong: the score itself (`model`), who is never Hot
(`overrides`) and what to do (`actions`). Whoever is kept from being Hot is Warm, and the next action says why.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from contact_pipeline.scoring.calibration import sigmoid
from contact_pipeline.scoring.features import key_share
from contact_pipeline.settings import ScoringSettings

FloatArray = npt.NDArray[np.float64]

OVER_CAPACITY = "over capacity"

_HIGH_AGREEMENT = 0.9
_MEDIUM_AGREEMENT = 0.7
_WELL_FILLED = 0.8


def lead_score(log_odds: FloatArray) -> FloatArray:
    """The score as shown: 0-100, one decimal. `log_odds` are relative to the average lead."""
    return np.asarray(np.round(100.0 * sigmoid(log_odds), 1))


def with_categories(scored: pl.DataFrame, settings: ScoringSettings, hot_elsewhere: int = 0) -> pl.DataFrame:
    """The contacts with their `lead_category` by the policy, and `held_back`: why one is not Hot though its score is.

    scored: contact_id, lead_score, never_hot (a reason), was (the category until now, null for a new contact).
    `hot_elsewhere` contacts that are not among these are Hot and take their share of the capacity.
    """
    decided = scored.with_columns(by_score=_by_score(settings))
    may_be_hot = (pl.col("by_score") == "Hot") & pl.col("never_hot").is_null()
    full = pl.lit(value=False)
    if settings.hot_capacity is not None:
        room = max(0, settings.hot_capacity - hot_elsewhere)
        full = pl.col("contact_id").is_in(_beyond(decided.filter(may_be_hot), room).implode())
    hot_by_score = pl.col("lead_score") >= settings.hot_from
    held_back = pl.when(full).then(pl.lit(OVER_CAPACITY)).otherwise(pl.col("never_hot"))
    return decided.with_columns(
        lead_category=pl.when(may_be_hot & ~full)
        .then(pl.lit("Hot"))
        .otherwise(pl.col("by_score").replace("Hot", "Warm")),
        held_back=pl.when(hot_by_score).then(held_back),
    ).drop("by_score")


def _by_score(settings: ScoringSettings) -> pl.Expr:
    """Category of a score as shown; who is Hot or Warm already stays so down to the threshold less the hysteresis."""
    score, was, slack = pl.col("lead_score"), pl.col("was"), settings.hysteresis
    hot_from = pl.when(was == "Hot").then(settings.hot_from - slack).otherwise(settings.hot_from)
    warm_from = pl.when(was.is_in(["Hot", "Warm"])).then(settings.warm_from - slack).otherwise(settings.warm_from)
    hot, warm = pl.when(score >= hot_from).then(pl.lit("Hot")), pl.lit("Warm")
    return hot.when(score >= warm_from).then(warm).otherwise(pl.lit("Cold"))


def _beyond(hot: pl.DataFrame, room: int) -> pl.Series:
    """Those for whom there is no room, the highest scores going first; of equals, who is Hot already."""
    first = hot.with_columns(stays=(pl.col("was") == "Hot").fill_null(value=False))
    order = first.sort("lead_score", "stays", "contact_id", descending=[True, True, False])
    return order["contact_id"].slice(room)


def model_confidence(log_odds: FloatArray, shifts: FloatArray, settings: ScoringSettings) -> pl.Series:
    """High, Medium or Low by the share of bootstrap models that give the contact the same category by thresholds.

    log_odds (contacts,), shifts (contacts, bootstraps). It is the stability of the model, not certainty about the contact.
    """
    thresholds = np.array([settings.warm_from, settings.hot_from])
    own = np.searchsorted(thresholds, lead_score(log_odds), side="right")
    moved = np.searchsorted(thresholds, lead_score(log_odds[:, None] + shifts), side="right")
    agreement = pl.Series("agreement", (moved == own[:, None]).mean(axis=1))
    high, medium = pl.col("agreement") >= _HIGH_AGREEMENT, pl.col("agreement") >= _MEDIUM_AGREEMENT
    words = pl.when(high).then(pl.lit("High")).when(medium).then(pl.lit("Medium")).otherwise(pl.lit("Low"))
    return agreement.to_frame().select(confidence=words).to_series()


def points_confidence() -> pl.Expr:
    """Points are never High, and Medium only for a contact of whom most is known."""
    return pl.when(key_share() >= _WELL_FILLED).then(pl.lit("Medium")).otherwise(pl.lit("Low"))

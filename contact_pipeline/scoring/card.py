"""The model card: what stands behind the scores, in a form that can be stored, shown and compared.

Belongs here: the shape of the card. Does not belong: how a model is trained (`training`) or a page is drawn
(`reporting`). A card holds aggregates only, never a person.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

SMALLEST_GROUP = 5  # fewer leads than this could single somebody out


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Metrics(_Frozen):
    """Quality of one candidate on out-of-fold predictions. `ece_floor` is what chance alone would show."""

    name: str  # points, regression, xgboost, blend
    roc_auc: float
    pr_auc: float
    log_loss: float
    brier: float
    ece: float
    ece_floor: float
    lift_top_decile: float


class CalibrationBin(_Frozen):
    """Mean predicted and observed conversion of the leads in one bin; a lead counts as often as it was looked at."""

    predicted: float
    observed: float
    leads: int


class GainPoint(_Frozen):
    """Share of all conversions found in the best `leads_share` of leads; both 0-1."""

    leads_share: float
    conversions_share: float


class FeatureSummary(_Frozen):
    """One source column: mean absolute contribution to the score, in log-odds."""

    name: str
    label: str
    group: str  # demographic, firmographic, behaviour, engagement, completeness, custom
    importance: float


class Drift(_Frozen):
    """How far the latest past leads differ from the earlier ones in one column, or in the score (`column` is "score")."""

    column: str
    psi: float  # population stability index: quiet under .10, watch from there, alarm from .25


class ExcludedColumn(_Frozen):
    """A column that was kept out of the model, and why."""

    column: str
    reason: str


class ModelCard(_Frozen):
    """All that a user may ask about the scores of one run."""

    version: str
    method: Literal["points", "model"]
    reason: str  # why this method, in one sentence
    trained_at: datetime | None = None
    horizon_days: int | None = (
        None  # a conversion counts within so many days of creation; None where dates are not known
    )
    first_lead: datetime | None = (
        None  # creation of the oldest and of the newest past lead; None where dates are not known
    )
    last_lead: datetime | None = None
    leads: int  # contacts with a known outcome, old enough for the horizon
    conversions: int
    weight_half_life_days: float | None = None  # a past lead counts half after so many days; None: all count alike
    base_rate: float | None = None
    chosen: str  # the candidate in use
    candidates: tuple[Metrics, ...] = ()  # on leads not seen, in five folds
    forward: tuple[Metrics, ...] = ()  # learned from the earlier 80 %, measured on the latest 20 %
    engagement: Metrics | None = (
        None  # of the engagement propensity on contacts not seen; None where a formula gives it
    )
    drift: tuple[Drift, ...] = ()  # of the latest 20 % against the earlier 80 %, the greatest first
    calibration: tuple[CalibrationBin, ...] = ()
    gains: tuple[GainPoint, ...] = ()
    features: tuple[FeatureSummary, ...] = ()
    excluded: tuple[ExcludedColumn, ...] = ()
    warnings: tuple[str, ...] = ()  # what a reader should know before betting on the scores
    seed: int | None = None
    versions: dict[str, str] = {}  # of this product and the libraries that learned


def counted(count: int) -> str:
    """A count as it may be told."""
    return f"{count:,}" if count == 0 or count >= SMALLEST_GROUP else f"fewer than {SMALLEST_GROUP}"

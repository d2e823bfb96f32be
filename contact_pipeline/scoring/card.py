"""The model card: what stands behind the scores, in a form that can be stored, shown and compared.

Belongs here: the shape of the card. Does not belong: how a model is trained (`training`) or a page is drawn
(`reporting`). A card holds aggregates only, never a person.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


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
    """Mean predicted and observed conversion of the leads in one bin."""

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
    horizon_days: int
    leads: int  # contacts with a known outcome
    conversions: int
    base_rate: float | None = None
    chosen: str  # the candidate in use
    candidates: tuple[Metrics, ...] = ()
    calibration: tuple[CalibrationBin, ...] = ()
    gains: tuple[GainPoint, ...] = ()
    features: tuple[FeatureSummary, ...] = ()
    excluded: tuple[ExcludedColumn, ...] = ()

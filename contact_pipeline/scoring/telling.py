"""What a model tells about itself: the card of a training, and its reasons in words.

Belongs here: filling the card. Does not belong: its shape (`card`) and the decisions it tells about (`candidates`).
"""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
import numpy.typing as npt

from contact_pipeline.scoring.candidates import Candidate, Trial, holds_signal, is_quiet, may_be_tuned
from contact_pipeline.scoring.card import Drift, FeatureSummary, ModelCard, counted
from contact_pipeline.scoring.drift import ALARM_FROM, SCORE
from contact_pipeline.scoring.examples import FOLDS, Examples
from contact_pipeline.scoring.metrics import calibration_bins, gains
from contact_pipeline.scoring.model import LearnedWeights, learned_effects
from contact_pipeline.scoring.past import PastLeads
from contact_pipeline.settings import ScoringSettings

FloatArray = npt.NDArray[np.float64]

_SUSPICIOUS_AUC = 0.95
_LIBRARIES = ("contact-pipeline", "xgboost", "numpy", "polars")
_CHOSEN_IN_WORDS: dict[Candidate, str] = {
    "regression": "Logistic regression",
    "blend": "The average of logistic regression and XGBoost",
    "xgboost": "XGBoost",
}


def plain_card(past: PastLeads, settings: ScoringSettings, chosen: Candidate) -> ModelCard:
    """What can be told of the past leads alone."""
    created = past.leads["created_at"]
    return ModelCard(
        version="",
        method="points" if chosen == "points" else "model",
        reason="",
        horizon_days=past.horizon_days,
        first_lead=created.min(),  # type: ignore[arg-type]  # a column of datetimes
        last_lead=created.max(),  # type: ignore[arg-type]
        leads=past.known,
        conversions=past.conversions,
        weight_half_life_days=settings.lead_half_life_days if created.null_count() < created.len() else None,
        base_rate=past.base_rate if past.known else None,
        chosen=chosen,
        warnings=past.warnings,
        seed=settings.seed,
        versions={name: version(name) for name in _LIBRARIES},
    )


def with_trials(
    card: ModelCard, past: PastLeads, trials: dict[Candidate, Trial], chosen: Candidate, drift: tuple[Drift, ...]
) -> ModelCard:
    """The card with the measures of all candidates."""
    served = trials[chosen]
    return card.model_copy(
        update={
            "candidates": tuple(trial.metrics for trial in trials.values()),
            "forward": tuple(trial.later for trial in trials.values() if trial.later),
            "calibration": calibration_bins(past.outcome, served.probability),
            "gains": gains(past.outcome, served.probability),
            "drift": drift,
            "warnings": (*card.warnings, *_warnings(served, past, drift)),
        }
    )


def importances(learned: LearnedWeights, examples: Examples, points: FloatArray) -> tuple[FeatureSummary, ...]:
    """Mean absolute effect of each column over past leads, greatest first. points: by column, not centred."""
    effects = learned_effects(learned, examples.encoded, points, examples.half_life_days).effects
    importance = np.abs(effects).mean(axis=0)
    return tuple(
        FeatureSummary(
            name=examples.columns[i].name,
            label=examples.columns[i].label,
            group=examples.columns[i].group,
            importance=float(importance[i]),
        )
        for i in np.argsort(-importance, kind="stable")
    )


def too_little(past: PastLeads, settings: ScoringSettings) -> str:
    """Why points are used where no model was tried."""
    lost = past.known - past.conversions
    return (
        f"Scores come from points: {counted(past.conversions)} conversions and {counted(lost)} leads that did not convert "
        f"are on record, and a model needs at least {max(settings.minimum_conversions, FOLDS)} of each."
    )


def no_model(trial: Trial) -> str:
    """Why points are used where models were tried."""
    if holds_signal(trial):
        return (
            f"Scores come from points: on held-out leads no model predicted better than they do "
            f"(AUC {trial.metrics.roc_auc:.2f})."
        )
    return (
        f"No signal: on held-out leads nothing in the data tells who converts (AUC {trial.metrics.roc_auc:.2f}, "
        f"lower bound {trial.auc_lower_bound:.2f}, .55 needed), so scores come from points."
    )


def model_reason(trial: Trial, past: PastLeads) -> str:
    """Why this candidate is used."""
    return (
        f"{_CHOSEN_IN_WORDS[trial.name]}, learned from {past.known:,} past leads with {past.conversions:,} conversions, "
        f"predicted held-out leads best among those that so much history allows."
    )


def _warnings(served: Trial, past: PastLeads, drift: tuple[Drift, ...]) -> list[str]:
    found = []
    if served.metrics.roc_auc > _SUSPICIOUS_AUC:
        found.append(
            f"An AUC of {served.metrics.roc_auc:.2f} is suspiciously good: look for a column that is filled in after the outcome."
        )
    if may_be_tuned(past.known, past.conversions) and not is_quiet(drift):
        found.append("The scores of the latest leads drift: XGBoost may not serve alone.")
    drifting = [one.column for one in drift if one.psi >= ALARM_FROM and one.column != SCORE]
    if drifting:
        found.append(f"The latest leads differ from the earlier ones in {', '.join(drifting)}.")
    return found

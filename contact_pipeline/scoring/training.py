"""From contacts with a known outcome to a lead model, or to points where history does not carry one.

Belongs here: the order of training, the final fit and its card. Does not belong: the parts (`selection`, `candidates`).
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from contact_pipeline.scoring import boosting, regression
from contact_pipeline.scoring.calibration import logit
from contact_pipeline.scoring.candidates import Candidate, History, Trial, choose, holds_signal, run_trials
from contact_pipeline.scoring.card import ExcludedColumn, FeatureSummary, ModelCard
from contact_pipeline.scoring.columns import encode
from contact_pipeline.scoring.features import ATTRIBUTES
from contact_pipeline.scoring.leakage import FOLDS, stratified_folds
from contact_pipeline.scoring.metrics import calibration_bins, gains
from contact_pipeline.scoring.model import LeadModel, LearnedWeights, learned_effects
from contact_pipeline.scoring.points import PointsTable, default_points
from contact_pipeline.scoring.selection import PastLeads, Selection, is_named, past_leads, select_columns
from contact_pipeline.settings import ScoringSettings

__all__ = ["LeadModel", "train"]

FloatArray = npt.NDArray[np.float64]

_REGRESSION_SHARE: dict[Candidate, float] = {"regression": 1.0, "blend": 0.5, "xgboost": 0.0}
_CHOSEN_IN_WORDS: dict[Candidate, str] = {
    "regression": "Logistic regression",
    "blend": "The average of logistic regression and XGBoost",
    "xgboost": "XGBoost",
}


def train(contacts: pl.DataFrame, settings: ScoringSettings, as_of: datetime) -> LeadModel:
    """Learn from the contacts whose outcome is known.

    contacts: one row each with contact_id, the canonical fields and custom_fields (JSON). The order of rows does not
    matter. Returns points where there is too little history or no signal in it; `card.reason` says why.
    """
    past = past_leads(contacts, settings, as_of)
    points = _points_table(settings)
    fewest = min(past.conversions, past.known - past.conversions)
    if fewest < max(settings.minimum_conversions, FOLDS):
        return _points_model(past, points, settings, _too_little(past, settings)).stamped(as_of)
    selection = select_columns(past, settings)
    if not selection.columns:
        reason = "No column of the past leads can be used: scores come from points."
        return _points_model(past, points, settings, reason, excluded=selection.excluded).stamped(as_of)
    return _learn(past, selection, points, settings).stamped(as_of)


def _learn(past: PastLeads, selection: Selection, points: PointsTable, settings: ScoringSettings) -> LeadModel:
    """Try all candidates and fit the one that earned its place, if any did."""
    names = tuple(column.name for column in selection.columns)
    given = points.apply(selection.frame, names).effects
    means = given.mean(axis=0)
    history = History(
        columns=selection.columns,
        encoded=encode(selection.columns, selection.frame),
        points=given - means,
        outcome=past.outcome,
        half_life_days=settings.decay_half_life_days,
        decay=past.decay,
        seed=settings.seed,
    )
    tried = run_trials(history, stratified_folds(past.outcome, settings.seed))
    chosen = choose(tried, past.outcome)
    if chosen == "points" or not holds_signal(tried[chosen]):
        reason = _no_model(tried[chosen])
        return _points_model(past, points, settings, reason, tried=tried, excluded=selection.excluded)
    learned = _final_fit(history, tried[chosen], means, past.conversions / past.known)
    card = _card(past, settings, tried, chosen, _model_reason(tried[chosen], past)).model_copy(
        update={"features": _importances(learned, history, given), "excluded": selection.excluded}
    )
    return LeadModel(
        card=card, points=points, half_life_days=settings.decay_half_life_days, decay=past.decay, learned=learned
    )


def _final_fit(history: History, trial: Trial, points_means: FloatArray, base_rate: float) -> LearnedWeights:
    """Fit the chosen candidate on all past leads; the regression is always there, its bootstraps give the confidence."""
    matrix = regression.design_matrix(history.columns, history.encoded, history.points, history.half_life_days)
    fit = regression.fit_regression(matrix, history.outcome, regression.signs(history.columns, decay=history.decay))
    share = _REGRESSION_SHARE[trial.name]
    grown = None
    if share < 1:
        grown = boosting.fit_boosting(
            history.columns, history.encoded, history.points, history.outcome, history.seed, decay=history.decay
        )
    return LearnedWeights(
        columns=history.columns,
        points_means=tuple(points_means.tolist()),
        regression=regression.with_bootstraps(fit, matrix, history.outcome, history.seed),
        boosting=grown,
        regression_share=share,
        platt=trial.platt,
        base_log_odds=logit(base_rate),
    )


def _points_model(
    past: PastLeads,
    points: PointsTable,
    settings: ScoringSettings,
    reason: str,
    tried: dict[Candidate, Trial] | None = None,
    excluded: tuple[ExcludedColumn, ...] = (),
) -> LeadModel:
    card = _card(past, settings, tried or {}, "points", reason).model_copy(update={"excluded": excluded})
    return LeadModel(card=card, points=points, half_life_days=settings.decay_half_life_days, decay=True)


def _card(
    past: PastLeads, settings: ScoringSettings, tried: dict[Candidate, Trial], chosen: Candidate, reason: str
) -> ModelCard:
    trial = tried.get(chosen)
    return ModelCard(
        version="",
        method="points" if chosen == "points" else "model",
        reason=reason,
        horizon_days=settings.horizon_days,
        leads=past.known,
        conversions=past.conversions,
        base_rate=past.conversions / past.known if past.known else None,
        chosen=chosen,
        candidates=tuple(t.metrics for t in tried.values()),
        calibration=calibration_bins(past.outcome, trial.probability) if trial else (),
        gains=gains(past.outcome, trial.probability) if trial else (),
    )


def _importances(learned: LearnedWeights, history: History, points: FloatArray) -> tuple[FeatureSummary, ...]:
    """Mean absolute effect of each column over past leads, greatest first."""
    effects = learned_effects(learned, history.encoded, points, history.half_life_days).effects
    importance = np.abs(effects).mean(axis=0)
    return tuple(
        FeatureSummary(
            name=history.columns[i].name,
            label=history.columns[i].label,
            group=history.columns[i].group,
            importance=float(importance[i]),
        )
        for i in np.argsort(-importance, kind="stable")
    )


def _points_table(settings: ScoringSettings) -> PointsTable:
    """The default table without the fields that a setting excludes."""
    labels = {attribute.name: attribute.label for attribute in ATTRIBUTES}
    table = default_points()
    return table.without(frozenset(f for f in table.fields if is_named(f, labels.get(f, f), settings.exclude)))


def _too_little(past: PastLeads, settings: ScoringSettings) -> str:
    lost = past.known - past.conversions
    return (
        f"Scores come from points: {past.conversions} conversions and {lost} leads that did not convert are on record, "
        f"and a model needs at least {max(settings.minimum_conversions, FOLDS)} of each."
    )


def _no_model(trial: Trial) -> str:
    if holds_signal(trial):
        return (
            f"Scores come from points: on held-out leads no model predicted better than they do "
            f"(AUC {trial.metrics.roc_auc:.2f})."
        )
    return (
        f"No signal: on held-out leads nothing in the data tells who converts (AUC {trial.metrics.roc_auc:.2f}, "
        f"lower bound {trial.auc_lower_bound:.2f}, .55 needed), so scores come from points."
    )


def _model_reason(trial: Trial, past: PastLeads) -> str:
    return (
        f"{_CHOSEN_IN_WORDS[trial.name]}, learned from {past.known} past leads with {past.conversions} conversions, "
        f"predicted held-out leads best among those that so much history allows."
    )

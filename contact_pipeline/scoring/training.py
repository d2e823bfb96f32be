"""From contacts with a known outcome to a lead model, or to points where history does not carry one.

Belongs here: the order of training and the final fit. Does not belong: the parts (`past`, `selection`, `candidates`) and what
is told about them (`telling`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from contact_pipeline.scoring import boosting, regression
from contact_pipeline.scoring.boosting import SMALL_ROUNDS, tuned_rounds
from contact_pipeline.scoring.calibration import Platt, fit_platt, logit
from contact_pipeline.scoring.candidates import (
    Candidate,
    Trial,
    choose,
    drift_of,
    holds_signal,
    may_be_tuned,
    run_trials,
)
from contact_pipeline.scoring.card import Drift, ExcludedColumn
from contact_pipeline.scoring.columns import encode
from contact_pipeline.scoring.examples import FOLDS, Examples
from contact_pipeline.scoring.model import LeadModel, LearnedWeights
from contact_pipeline.scoring.past import PastLeads, past_leads
from contact_pipeline.scoring.points import PointsTable, idle_rules, points_table
from contact_pipeline.scoring.responding import learn_responding
from contact_pipeline.scoring.selection import Selection, select_columns
from contact_pipeline.scoring.telling import importances, model_reason, no_model, plain_card, too_little, with_trials
from contact_pipeline.settings import ScoringSettings

__all__ = ["LeadModel", "train"]

FloatArray = npt.NDArray[np.float64]

_REGRESSION_SHARE: dict[Candidate, float] = {"regression": 1.0, "blend": 0.5, "xgboost": 0.0}


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of the candidates: examples, points by column before they were centred, number of trees, trials, drift."""

    examples: Examples
    points: FloatArray
    rounds: int
    trials: dict[Candidate, Trial]
    drift: tuple[Drift, ...]


def train(
    contacts: pl.DataFrame,
    settings: ScoringSettings,
    as_of: datetime,
    activities: pl.DataFrame | None = None,
    anybody: pl.DataFrame | None = None,
) -> LeadModel:
    """Learn from the contacts whose outcome is known.

    contacts: one row each with contact_id, the canonical fields, custom_fields (JSON) and, where known, `arrival`, the order
    in which they came. activities: contact_id, kind, at, times. anybody: contacts of any kind, who teach with their activities
    who responds; without them a formula tells. The order of rows does not matter. Returns points where there
    is too little history or no signal in it; `card.reason` says why.
    """
    done = None if activities is None or activities.is_empty() else activities
    model = _conversion_model(contacts, settings, as_of, done)
    found = None if anybody is None or done is None else learn_responding(anybody, settings, as_of, done)
    if found is None:
        return model.stamped(as_of)
    responding, measured = found
    card = model.card.model_copy(update={"engagement": measured})
    return model.model_copy(update={"card": card, "responding": responding}).stamped(as_of)


def _conversion_model(
    contacts: pl.DataFrame, settings: ScoringSettings, as_of: datetime, activities: pl.DataFrame | None
) -> LeadModel:
    past, points = past_leads(contacts, settings, as_of, activities), points_table(settings)
    past = replace(
        past, warnings=(*past.warnings, *idle_rules(points, contacts.filter(pl.col("converted").is_not_null())))
    )
    fewest = min(past.conversions, past.known - past.conversions)
    if fewest < max(settings.minimum_conversions, FOLDS):
        return _points_model(past, points, settings, too_little(past, settings))
    selection = select_columns(past, settings, activities)
    if not selection.columns:
        reason = "No column of the past leads can be used: scores come from points."
        return _points_model(past, points, settings, reason, excluded=selection.excluded)
    return _learn(past, selection, points, settings)


def _learn(past: PastLeads, selection: Selection, points: PointsTable, settings: ScoringSettings) -> LeadModel:
    """Try all candidates and fit the one that earned its place, if any did."""
    tried = _try(past, selection, points, settings)
    chosen = choose(tried.trials, past.known, past.conversions, tried.drift)
    trial = tried.trials[chosen]
    told = with_trials(plain_card(past, settings, chosen), past, tried.trials, chosen, tried.drift)
    told = told.model_copy(update={"excluded": selection.excluded, "warnings": (*told.warnings, *selection.warnings)})
    if chosen == "points" or not holds_signal(trial):
        card = told.model_copy(update={"chosen": "points", "method": "points", "reason": no_model(trial)})
        return LeadModel(card=card, points=points, half_life_days=settings.decay_half_life_days, decay=True)
    learned = _final_fit(tried, trial, logit(past.base_rate))
    features = importances(learned, tried.examples, tried.points)
    card = told.model_copy(update={"reason": model_reason(trial, past), "features": features})
    return LeadModel(
        card=card, points=points, half_life_days=settings.decay_half_life_days, decay=past.decay, learned=learned
    )


def _try(past: PastLeads, selection: Selection, points: PointsTable, settings: ScoringSettings) -> Tried:
    given = points.apply(selection.frame, tuple(column.name for column in selection.columns)).effects
    examples = Examples(
        columns=selection.columns,
        encoded=encode(selection.columns, selection.frame),
        points=given - given.mean(axis=0),
        outcome=past.outcome,
        weight=past.weight,
        lead=past.lead,
        place=past.place,
        half_life_days=settings.decay_half_life_days,
        seed=settings.seed,
    )
    rounds = tuned_rounds(examples) if may_be_tuned(past.known, past.conversions) else SMALL_ROUNDS
    trials = run_trials(examples, rounds)
    return Tried(examples, given, rounds, trials, drift_of(examples, trials))


def _final_fit(tried: Tried, trial: Trial, base_log_odds: float) -> LearnedWeights:
    """Fit the chosen candidate on all past leads; the regression is always there, its bootstraps give the confidence."""
    examples, share = tried.examples, _REGRESSION_SHARE[trial.name]
    fit = regression.fit_regression(examples)
    return LearnedWeights(
        columns=examples.columns,
        points_means=tuple(tried.points.mean(axis=0).tolist()),
        regression=regression.with_bootstraps(fit, examples),
        boosting=boosting.fit_boosting(examples, tried.rounds) if share < 1 else None,
        regression_share=share,
        platt=trial.platt,
        base_log_odds=base_log_odds,
        resampled_platts=_resampled_platts(trial, examples),
    )


def _resampled_platts(trial: Trial, examples: Examples) -> tuple[Platt, ...]:
    """How each resample of the leads would calibrate, relative to its own average lead."""
    platts = []
    for times in regression.resamples(examples).T:
        leads = examples.weight * times
        fit, base_rate = fit_platt(trial.margin, examples.outcome, leads), np.average(examples.outcome, weights=leads)
        platts.append(fit.model_copy(update={"intercept": fit.intercept - logit(float(base_rate))}))
    return tuple(platts)


def _points_model(
    past: PastLeads,
    points: PointsTable,
    settings: ScoringSettings,
    reason: str,
    excluded: tuple[ExcludedColumn, ...] = (),
) -> LeadModel:
    card = plain_card(past, settings, "points").model_copy(update={"reason": reason, "excluded": excluded})
    return LeadModel(card=card, points=points, half_life_days=settings.decay_half_life_days, decay=True)

"""The product learning from a part of a set of leads and judging another: one run of each protocol.

Belongs here: what one run does and returns. Does not belong: how often, on which set, and the tables (`lead_quality`).
A run is told where its set lies, so that it can happen in a process of its own.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.lead_peers import PEERS, xgboost_tuned
from benchmarks.lead_sets import LeadSet
from contact_pipeline.scoring.calibration import sigmoid
from contact_pipeline.scoring.categories import lead_score, model_confidence
from contact_pipeline.scoring.metrics import roc_auc
from contact_pipeline.scoring.model import LeadModel
from contact_pipeline.scoring.training import train
from contact_pipeline.settings import ScoringSettings

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]

AS_OF = datetime(2026, 11, 22)  # noqa: DTZ001  the CRM's times have no zone
PRODUCT = "contact_pipeline"
FOLDS = 5
_SETTINGS = ScoringSettings()
_NEVER = 10**9  # more conversions than there are
_TABLES = Path(__file__).parent / "marketer_points"
_HELD_OUT = 0.3
_FORWARD_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Judged:
    """Probabilities of the leads of `rows`, none of which the judge had learned from; `chosen` names the rung."""

    rows: IntArray
    probability: FloatArray
    chosen: str


@dataclass(frozen=True, slots=True)
class Sureness:
    """Leads called High, Medium or Low by a model of few leads, and whether the full-data model agrees on the category."""

    confidence: npt.NDArray[np.str_]
    agrees: BoolArray


def product(past: pl.DataFrame, new: pl.DataFrame, settings: ScoringSettings = _SETTINGS) -> tuple[FloatArray, str]:
    """Probabilities as the product gives them; of points only the order means something."""
    model = train(past, settings, AS_OF)
    log_odds = model.effects(new, AS_OF).log_odds
    return sigmoid(log_odds + (model.learned.base_log_odds if model.learned else 0.0)), model.card.chosen


def with_points(path: Path, *, alone: bool = False) -> ScoringSettings:
    """Settings with the points that a marketer might have written for the set at `path`; `alone` never learns."""
    table = _TABLES / f"{path.stem}.toml"
    given = tomllib.loads(table.read_text(encoding="utf-8"))["scoring"] if table.exists() else {}
    return ScoringSettings.model_validate(given | ({"minimum_conversions": _NEVER} if alone else {}))


def fold_run(path: Path, judge: str, repetition: int, fold: int) -> Judged:
    """One fold of a cross-validation, by the product with the points of the package or a peer."""
    leads = _opened(path)
    held = _stratified_folds(leads.outcome, repetition) == fold
    probability, chosen = _judged(leads, judge, ~held, held, _SETTINGS)
    return Judged(np.flatnonzero(held), probability, chosen)


def forward_run(path: Path, judge: str) -> Judged:
    """Learned from the earlier 80 %, judged on the rest."""
    leads = _opened(path)
    later = np.arange(len(leads.outcome)) >= int(_FORWARD_SHARE * len(leads.outcome))
    probability, chosen = _judged(leads, judge, ~later, later, with_points(path, alone=judge == "points"))
    return Judged(np.flatnonzero(later), probability, chosen)


def curve_run(path: Path, size: int, resample: int) -> tuple[float, float, str]:
    """ROC AUC on the held-out leads of the product and of its points, after so many labelled leads; and the rung."""
    leads = _opened(path)
    learning, held = _split(leads.outcome, resample)
    past, new = leads.contacts[learning[:size]], leads.contacts[held]
    probability, chosen = product(past, new, with_points(path))
    points, _ = product(past, new, with_points(path, alone=True))
    outcome = leads.outcome[held]
    return roc_auc(outcome, probability), roc_auc(outcome, points), chosen


def confidence_run(path: Path, size: int, resample: int) -> Sureness:
    """How sure a model of `size` leads is of the leads it has not seen, and how often the full data say the same."""
    leads = _opened(path)
    learning, held = _split(leads.outcome, 0)
    few = np.random.default_rng(resample).permutation(learning)[:size]
    new = leads.contacts[held]
    model = train(leads.contacts[few], _SETTINGS, AS_OF)
    found = model.effects(new, AS_OF)
    if found.shifts is None:
        return Sureness(np.full(len(held), "Low"), np.zeros(len(held), dtype=bool))
    confidence = np.array(model_confidence(found.log_odds, found.shifts, _SETTINGS))
    return Sureness(confidence, _places(found.log_odds) == _full_places(path))


def leak_run(path: Path) -> tuple[tuple[str, str], ...]:
    """What the product keeps out, and why, when the leaks are left in."""
    return tuple((e.column, e.reason) for e in train(_opened(path).leaking, _SETTINGS, AS_OF).card.excluded)


def whole_run(path: Path) -> tuple[LeadModel, int]:
    """The model of all leads of a set and how many of them it calls Hot by score."""
    leads = _opened(path)
    model = train(leads.contacts, _SETTINGS, AS_OF)
    places = _places(model.effects(leads.contacts, AS_OF).log_odds)
    return model, int((places == 2).sum())


@cache
def _opened(path: Path) -> LeadSet:
    return LeadSet.load(path)


@cache
def _full_places(path: Path) -> IntArray:
    """Categories of the held-out leads by the model of all others."""
    leads = _opened(path)
    learning, held = _split(leads.outcome, 0)
    model = train(leads.contacts[learning], _SETTINGS, AS_OF)
    return _places(model.effects(leads.contacts[held], AS_OF).log_odds)


def _judged(
    leads: LeadSet, judge: str, past: BoolArray, new: BoolArray, settings: ScoringSettings
) -> tuple[FloatArray, str]:
    if judge in (PRODUCT, "points"):
        return product(leads.contacts.filter(past), leads.contacts.filter(new), settings)
    peer = {**PEERS, "XGBoost tuned": xgboost_tuned}[judge]
    return peer(leads.raw.filter(past), leads.outcome[past], leads.raw.filter(new)), judge


def _stratified_folds(outcome: FloatArray, seed: int) -> IntArray:
    """Fold of each lead, both outcomes spread evenly."""
    generator, folds = np.random.default_rng(seed), np.empty(len(outcome), dtype=np.intp)
    for value in (0.0, 1.0):
        rows = generator.permutation(np.flatnonzero(outcome == value))
        folds[rows] = np.arange(len(rows)) % FOLDS
    return folds


def _split(outcome: FloatArray, seed: int) -> tuple[IntArray, IntArray]:
    """Rows to learn from in random order, and 30 % held out."""
    rows = np.random.default_rng(seed).permutation(len(outcome))
    held = int(_HELD_OUT * len(rows))
    return rows[held:], np.sort(rows[:held])


def _places(log_odds: FloatArray) -> IntArray:
    """0 Cold, 1 Warm, 2 Hot."""
    return np.searchsorted([_SETTINGS.warm_from, _SETTINGS.hot_from], lead_score(log_odds), side="right")

"""Who will act next: a model of its own for the engagement propensity, learned from dated activities.

Belongs here: its examples, its fit and the gate it must pass. Does not belong: the learners (`regression`, `boosting`) and the
formula that serves where activities cannot teach (`engagement`).

Every contact is looked at some months back: what it had done by then, and whether it did anything that shows interest within
the 30 days after. Only the profile and dated activities are known of a contact at that time, so nothing else is used.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from contact_pipeline.scoring import boosting, regression
from contact_pipeline.scoring.behaviour import ACTIVITY_ATTRIBUTES, SIGNS
from contact_pipeline.scoring.boosting import SMALL_ROUNDS
from contact_pipeline.scoring.calibration import fit_platt, logit, sigmoid
from contact_pipeline.scoring.candidates import SIGNAL_FROM_AUC
from contact_pipeline.scoring.card import Metrics
from contact_pipeline.scoring.columns import Column, encode, learn_column
from contact_pipeline.scoring.examples import FOLDS, Examples
from contact_pipeline.scoring.features import ATTRIBUTES, attribute_frame
from contact_pipeline.scoring.metrics import auc_lower_bound, measure
from contact_pipeline.scoring.model import LearnedWeights
from contact_pipeline.settings import ScoringSettings

FloatArray = npt.NDArray[np.float64]

RESPONSE_DAYS = 30

_LOOKS_BACK = (1, 2, 4)  # in response windows before the newest activity
_MOST_CONTACTS = 10_000
_FEWEST_OF_EACH = 30
_PROFILE = ("seniority", "department", "industry", "company_size", "country", "lead_source")


def learn_responding(
    contacts: pl.DataFrame, settings: ScoringSettings, as_of: datetime, activities: pl.DataFrame
) -> tuple[LearnedWeights, Metrics] | None:
    """A model of who acts within 30 days, with its measures on contacts it has not seen; None where it cannot be told."""
    clock = activities.filter(pl.col("at") <= as_of)["at"].max()
    if not isinstance(clock, datetime):
        return None
    looks = _looks(contacts, clock, settings, activities)
    outcome = looks["acts"].cast(pl.Float64).to_numpy()
    if min(outcome.sum(), len(outcome) - outcome.sum()) < _FEWEST_OF_EACH:
        return None
    frame = attribute_frame(looks, clock, settings.decay_half_life_days, activities=activities)
    lead = looks["lead"].to_numpy().astype(np.intp)
    columns = _columns(frame, outcome, lead, settings)
    return _fit(_examples(columns, frame, outcome, lead, settings)) if columns else None


def _looks(
    contacts: pl.DataFrame, clock: datetime, settings: ScoringSettings, activities: pl.DataFrame
) -> pl.DataFrame:
    """A row a contact and moment at which it was there already, with `acts`: does it show interest soon after?"""
    some = contacts.sort("contact_id")
    if some.height > _MOST_CONTACTS:
        some = some.sample(_MOST_CONTACTS, seed=settings.seed).sort("contact_id")
    moments = [clock - timedelta(days=RESPONSE_DAYS * windows) for windows in _LOOKS_BACK]
    moment = pl.DataFrame({"moment": pl.Series(moments, dtype=pl.Datetime("us"))})
    looks = some.with_columns(lead=pl.int_range(pl.len())).join(moment, how="cross")
    there = looks.filter((pl.col("created_at") <= pl.col("moment")).fill_null(value=True))
    signs = activities.filter(pl.col("kind").is_in(SIGNS)).select("contact_id", "at")
    soon = (pl.col("at") > pl.col("moment")) & (pl.col("at") <= pl.col("moment") + pl.duration(days=RESPONSE_DAYS))
    acting = there.select("contact_id", "moment").join(signs, on="contact_id").filter(soon)
    acting = acting.select("contact_id", "moment", acts=pl.lit(value=True)).unique()
    joined = there.join(acting, on=["contact_id", "moment"], how="left", maintain_order="left")
    return joined.with_columns(pl.col("acts").fill_null(value=False))


def _columns(
    frame: pl.DataFrame, outcome: FloatArray, lead: npt.NDArray[np.intp], settings: ScoringSettings
) -> tuple[Column, ...]:
    usable = [a for a in ATTRIBUTES if a in ACTIVITY_ATTRIBUTES or a.name in _PROFILE]
    learned = (
        learn_column(a, frame[a.name], outcome, settings.decay_half_life_days, decay=True, lead=lead) for a in usable
    )
    return tuple(column for column in learned if isinstance(column, Column))


def _examples(
    columns: tuple[Column, ...],
    frame: pl.DataFrame,
    outcome: FloatArray,
    lead: npt.NDArray[np.intp],
    settings: ScoringSettings,
) -> Examples:
    """All looks count alike, and there are no points for responding."""
    rows = np.arange(len(outcome))
    return Examples(
        columns=columns,
        encoded=encode(columns, frame),
        points=np.zeros((len(rows), len(columns))),
        outcome=outcome,
        weight=np.ones(len(rows)),
        lead=lead,
        place=rows,
        half_life_days=settings.decay_half_life_days,
        seed=settings.seed,
    )


def _fit(examples: Examples) -> tuple[LearnedWeights, Metrics] | None:
    """The even blend, calibrated on contacts it has not seen; None where that holds no signal."""
    folds, margin = examples.folds(), np.empty(len(examples.outcome))
    for fold in range(FOLDS):
        taught, held = examples.take(np.flatnonzero(folds != fold)), np.flatnonzero(folds == fold)
        margin[held] = _blended(taught, examples.take(held))
    platt = fit_platt(margin, examples.outcome)
    probability = sigmoid(platt.calibrate(margin))
    contacts = len(np.unique(examples.lead))
    if auc_lower_bound(examples.outcome, probability, leads=contacts) <= SIGNAL_FROM_AUC:
        return None
    learned = LearnedWeights(
        columns=examples.columns,
        points_means=(0.0,) * len(examples.columns),
        regression=regression.fit_regression(examples),
        boosting=boosting.fit_boosting(examples, SMALL_ROUNDS),
        regression_share=0.5,
        platt=platt,
        base_log_odds=logit(float(examples.outcome.mean())),
    )
    return learned, measure("engagement", examples.outcome, probability, examples.seed)


def _blended(taught: Examples, held: Examples) -> FloatArray:
    linear = regression.margin(regression.fit_regression(taught), held)
    return (linear + boosting.margin(boosting.fit_boosting(taught, SMALL_ROUNDS), held)) / 2

"""Settings of scoring: categories, points, actions, learning, and when all of it is done anew.

Belongs here: what a user may change about scores. Does not belong: what a rule may say (`scoring.policy`) and does.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, field_validator, model_validator

from contact_pipeline.scoring.naming import is_scorable
from contact_pipeline.scoring.policy import ActionRule, NeverHotRule, PointsRule
from contact_pipeline.settings.base import Frozen, Score


class LifeSettings(Frozen):
    """When the model behind the scores is learned anew, and when contacts are scored again."""

    retrain_after_outcomes: int = Field(default=50, ge=1)
    """Learn anew once this many outcomes are new, changed or gone since the last time. Where fewer than ten times as many
    are known, a tenth of the known ones is enough, but never fewer than 5; where more than a hundred times as many are known,
    a hundredth of them is needed. Any one is enough where the contacts that came last differ much from those that were
    learned from (population stability index of .25 or more)."""
    rescore_at: str = Field(default="05:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    """Time of day, UTC, at which all contacts are scored again while `contact-pipeline dev` runs: without news they cool."""
    stale_after_days: int = Field(default=7, ge=1)
    """An import scores the contacts it touched; where all were scored longer ago than this, it scores all again."""


class ScoringSettings(Frozen):
    """Thresholds of the categories and of the ladder from points to model."""

    hot_from: Score = 75
    """Lowest lead score that is Hot."""
    warm_from: Score = 40
    """Lowest lead score that is Warm; below it is Cold."""
    hysteresis: Score = 0
    """By how many points of score a contact that is Hot or Warm already may fall below the threshold and stay so: 3 to 5 keep
    contacts near a threshold from going to and fro."""
    hot_capacity: int | None = Field(default=None, ge=0)
    """How many contacts may be Hot at a time: those with the highest scores. The others are Warm, and their next action says
    "over capacity"."""
    bounced_fields: tuple[str, ...] = ("Lead Status", "Email Status", "Email Validity", "Email Verification Status")
    """Fields and custom headers that tell that mail to a contact comes back. A contact whose mail bounces is never Hot."""
    bounced_words: tuple[str, ...] = (
        "bounced",
        "hard bounce",
        "hard bounced",
        "cleaned",
        "invalid",
        "undeliverable",
    )
    """Words in these fields that say so; case is ignored."""
    never_hot: tuple[NeverHotRule, ...] = ()
    """Who else is never Hot."""
    points: tuple[PointsRule, ...] = ()
    """Rules of the points table. Those given for a field replace the rules of the package for that field."""
    points_without: tuple[str, ...] = ()
    """Inputs of scoring whose rules of the package do not count."""
    points_start: float | None = Field(default=None, gt=0, lt=100)
    """Lead score of a contact to whom no rule of the points table applies; without it that of the package, 27."""
    actions: tuple[ActionRule, ...] = ()
    """Lines of the next actions; they come before those of the package."""
    minimum_conversions: int = 10
    """A model is tried only with this many past leads that converted and as many that did not (never fewer than 5).
    With fewer, scores come from points."""
    horizon_days: int = Field(default=90, ge=1)
    """A lead converts within so many days of its creation or not at all. It counts where creation and conversion have dates;
    leads younger than that do not teach yet."""
    lead_half_life_days: float = Field(default=365, gt=0)
    """After how many days since its creation a past lead teaches half as much; without dates all teach alike."""
    decay_half_life_days: float = 30
    """After how many days without activity a visit, download, open or click counts half."""
    exclude: tuple[str, ...] = ()
    """Fields, labels or custom headers that scoring must not use."""
    confirmed: tuple[str, ...] = ()
    """Columns that a person has looked at and released, though they tell the outcome almost alone."""
    seed: int = 2026
    """Seed of everything random in training; the same data and seed give the same scores."""
    life: LifeSettings = LifeSettings()
    """When the model is learned anew and contacts are scored again."""

    @field_validator("points_without")
    @classmethod
    def _known_inputs(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not is_scorable(name):
                raise ValueError(f"{name!r} is no input of scoring; docs/points.md lists the inputs")
        return names

    @model_validator(mode="after")
    def _thresholds_in_order(self) -> Self:
        if self.hot_from - self.hysteresis < self.warm_from:
            raise ValueError("hot_from less hysteresis must not be below warm_from")
        return self

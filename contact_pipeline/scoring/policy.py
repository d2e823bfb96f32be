"""The lines that a marketer writes into tables: points, next actions, who is never Hot, the playbook.

Belongs here: what such a line may say, and an error where it cannot mean anything. Does not belong: applying a line
(`points`, `actions`, `overrides`, `reporting.playbook`) and the lines of the package (the `.toml` files beside those).
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contact_pipeline.scoring.naming import attribute_of, is_scorable

Words = Annotated[str, Field(min_length=1)]
Odds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class Condition(BaseModel):
    """What a contact's value of a field must be; all tests that are given must hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str = ""
    """Field that the line asks for: a CRM field by name or label, or a custom field by its header; case is ignored."""
    any_of: tuple[str, ...] = ()
    """Holds where the value is one of these words; case is ignored."""
    contains: tuple[str, ...] = ()
    """Holds where the value contains one of these parts; case is ignored."""
    at_least: Number | None = None
    """Holds where the number is this or more."""
    at_most: Number | None = None
    """Holds where the number is this or less."""
    missing: bool = False
    """Holds where the field is blank."""

    @property
    def tests_words(self) -> bool:
        """Does it look at words?"""
        return bool(self.any_of or self.contains)

    @property
    def tests_numbers(self) -> bool:
        """Does it look at a number?"""
        return self.at_least is not None or self.at_most is not None

    @property
    def tests_something(self) -> bool:
        """Is there any test of the field?"""
        return self.tests_words or self.tests_numbers or self.missing

    @model_validator(mode="after")
    def _can_hold(self) -> Self:
        if self.missing and (self.tests_words or self.tests_numbers):
            raise ValueError("a blank field has no value: give missing alone")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError("at_least is above at_most, so it never holds")
        return self


class PointsRule(Condition):
    """One line of the points table: what a contact for whom the condition holds gets.

    Of the rules of one field the first that holds counts. Give `odds` or `log_odds`, not both; with `odds_per_unit` or
    `per_unit` the points grow with the number, up to `odds` or `log_odds`.
    """

    field: str
    """Input of scoring that the rule is about: a name or label of [points.md](points.md), `activity.<kind>`, or a custom
    field by its header. Case is ignored."""
    odds: Odds | None = None
    """Times that the odds to convert rise: 2 doubles them, 0.5 halves them."""
    log_odds: Number | None = None
    """The same as a natural logarithm: 0.7 doubles the odds. Instead of `odds`."""
    words: Words
    """What the reasons of a contact say."""
    odds_per_unit: Odds | None = None
    """Times that the odds rise with each one of a number, a visit for example; `odds` is where it ends."""
    per_unit: Number | None = None
    """The same as a natural logarithm; `log_odds` is where it ends."""

    @property
    def worth(self) -> float:
        """Log-odds of a contact for whom the rule holds; with `step` the most it can come to."""
        return math.log(self.odds) if self.odds is not None else self.log_odds or 0.0

    @property
    def step(self) -> float | None:
        """Log-odds for each one of a number."""
        return math.log(self.odds_per_unit) if self.odds_per_unit is not None else self.per_unit

    @model_validator(mode="after")
    def _says_what_it_is_worth(self) -> Self:
        if (self.odds is None) == (self.log_odds is None):
            raise ValueError("say what the rule is worth: odds (2 doubles them) or log_odds, one of the two")
        if (self.odds_per_unit is not None and self.odds is None) or (
            self.per_unit is not None and self.log_odds is None
        ):
            raise ValueError("odds_per_unit ends at odds, per_unit at log_odds: give these two together")
        if self.step is not None and self.step * self.worth <= 0:
            raise ValueError("each one and the most must both raise the odds (above 1) or both lower them (below 1)")
        return self

    @model_validator(mode="after")
    def _fits_its_field(self) -> Self:
        if not is_scorable(self.field):
            raise ValueError(f"{self.field!r} is no input of scoring; docs/points.md lists the inputs")
        if not self.tests_something and self.step is None:
            raise ValueError("no condition: give any_of, contains, at_least, at_most, missing or odds_per_unit")
        counts = self.tests_numbers or self.step is not None
        attribute = attribute_of(self.field)
        if attribute is not None and attribute.words and counts:
            raise ValueError(f"{self.field} holds words: test it with any_of, contains or missing")
        if attribute is not None and not attribute.words and self.tests_words:
            raise ValueError(f"{self.field} is a number: test it with at_least, at_most, missing or odds_per_unit")
        return self


class LeadCondition(Condition):
    """What a scored contact must be."""

    category: Literal["Hot", "Warm", "Cold"] | None = None
    """Holds for contacts of this category."""
    engagement: Literal["high", "low"] | None = None
    """Holds for an engagement propensity of .5 or more (`high`), or below it."""

    @model_validator(mode="after")
    def _tests_a_field(self) -> Self:
        if bool(self.field) != self.tests_something:
            raise ValueError("field and its test (any_of, contains, at_least, at_most, missing) go together")
        return self


class ActionRule(LeadCondition):
    """One line of the next actions: what to do with a contact for whom all conditions hold.

    The first line that fits counts; lines in the settings come before those of the package. A line fits a contact who opted
    out only where it says `is = "opted_out"`.
    """

    confidence: Literal["High", "Medium", "Low"] | None = None
    """Holds for scores of this confidence."""
    lacks: Literal["phone", "job_title", "company"] | None = None
    """Holds where this is not known; `phone` where neither number is."""
    is_: Literal["opted_out", "customer", "bounced", "duplicate", "over_capacity"] | None = Field(
        default=None, alias="is"
    )
    """Holds for contacts in this state: each of them keeps a contact from being Hot."""
    action: Words
    """What to do next."""
    trigger: Words
    """Why: stands in brackets behind the action."""

    @property
    def words(self) -> str:
        """What the contact's row shows."""
        return f"{self.action} ({self.trigger})"


class Play(LeadCondition):
    """One line of the playbook: how to approach the leads of a segment.

    The first line that fits a lead counts; lines in the settings come before those of the package.
    """

    segment: Words
    """Name of the segment, as the playbook shows it."""
    category: Literal["Hot", "Warm", "Cold"]
    """Category of its leads."""
    channel: Words
    """How to reach them."""
    first_step: Words
    """What to do first."""
    cadence: Words
    """How often, over how long."""
    message: Words
    """Outline of the message. `{factor}` stands for what raises the scores of the segment most often."""


class NeverHotRule(Condition):
    """One line of who is never Hot, beside those who opted out, are customers, bounced or are flagged twins."""

    field: str
    """CRM field by name or label, or custom field by its header; case is ignored."""
    reason: Words
    """Why, in a few words: stands in the next action."""

    @model_validator(mode="after")
    def _tests_its_field(self) -> Self:
        if not self.tests_something:
            raise ValueError("no condition: give any_of, contains, at_least, at_most or missing")
        return self

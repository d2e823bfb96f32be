"""The recommended next action: a table of category, engagement and what is missing, each line naming its trigger.

Belongs here: reading the table (package data `actions.toml`) and applying it. Does not belong: the category.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from contact_pipeline.scoring.engagement import HIGH_FROM
from contact_pipeline.scoring.features import has_phone


class ActionRule(BaseModel):
    """One line of the table; all conditions given must hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: str
    trigger: str
    category: Literal["Hot", "Warm", "Cold"] | None = None
    engagement: Literal["high", "low"] | None = None
    lacks: Literal["phone", "job_title", "company"] | None = None
    is_: Literal["opted_out", "customer"] | None = Field(default=None, alias="is")

    def condition(self) -> pl.Expr:
        """Over contacts with lead_category and engagement_propensity."""
        tests = [pl.lit(True)]
        if self.category:
            tests.append(pl.col("lead_category") == self.category)
        if self.engagement:
            tests.append((pl.col("engagement_propensity") >= HIGH_FROM) == (self.engagement == "high"))
        if self.lacks:
            tests.append(has_phone().not_() if self.lacks == "phone" else pl.col(self.lacks).is_null())
        if self.is_:
            tests.append(pl.col("converted" if self.is_ == "customer" else "opted_out").fill_null(False))
        return pl.all_horizontal(tests)

    @property
    def words(self) -> str:
        """What the contact's row shows."""
        return f"{self.action} ({self.trigger})"


def action_table() -> tuple[ActionRule, ...]:
    """The table that comes with the package; its last lines leave no contact without an action."""
    text = files("contact_pipeline.scoring").joinpath("actions.toml").read_text(encoding="utf-8")
    return tuple(ActionRule.model_validate(line) for line in tomllib.loads(text)["actions"])


def recommended_action(table: tuple[ActionRule, ...]) -> pl.Expr:
    """Expression over contacts with lead_category and engagement_propensity; null where no line fits."""
    action = pl.lit(None, dtype=pl.String)
    for rule in reversed(table):
        action = pl.when(rule.condition()).then(pl.lit(rule.words)).otherwise(action)
    return action

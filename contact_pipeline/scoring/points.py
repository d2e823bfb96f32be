"""The points table: conditions a marketer can read, each worth log-odds.

Belongs here: reading the table and applying it. Does not belong: anything learned. The default table is package data
(`points.toml`); of the rules of one field the first that fits counts.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import BaseModel, ConfigDict

from contact_pipeline.scoring.features import CUSTOM_PREFIX

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


class Rule(BaseModel):
    """One line of the table: when the condition holds, the contact gets `log_odds`.

    Conditions: `any_of` words (case ignored), `contains` one of these parts, `at_least`, `at_most`, `missing`; all that are
    given must hold. With `per_unit` the points grow with the number, up to `log_odds`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str
    words: str
    log_odds: float
    any_of: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    missing: bool = False
    per_unit: float | None = None

    def condition(self) -> pl.Expr:
        """Whether the rule holds for a contact of an attribute frame; null counts as no."""
        value = pl.col(self.field)
        if self.missing:
            return value.is_null()
        tests = [value.is_not_null()]
        if self.any_of:
            tests.append(value.str.to_lowercase().is_in([word.lower() for word in self.any_of]))
        if self.contains:
            tests.append(value.str.to_lowercase().str.contains_any([part.lower() for part in self.contains]))
        if self.at_least is not None:
            tests.append(value >= self.at_least)
        if self.at_most is not None:
            tests.append(value <= self.at_most)
        return pl.all_horizontal(tests).fill_null(False)

    def worth(self) -> pl.Expr:
        """The log-odds of a contact for which the rule holds."""
        if self.per_unit is None:
            return pl.lit(self.log_odds)
        return (pl.col(self.field) * self.per_unit).clip(upper_bound=self.log_odds)


@dataclass(frozen=True, slots=True)
class Points:
    """Arrays of shape (contacts, fields): log-odds, and the state: 0 no rule, else the place of the rule in its field."""

    effects: FloatArray
    states: IntArray


class PointsTable(BaseModel):
    """All rules. `start` is the log-odds, relative to the average lead, of a contact to whom no rule applies."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: float
    rules: tuple[Rule, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields with rules, in the order of the table."""
        return tuple(dict.fromkeys(rule.field for rule in self.rules))

    @property
    def custom(self) -> tuple[str, ...]:
        """Custom fields with rules, without prefix."""
        return tuple(name.removeprefix(CUSTOM_PREFIX) for name in self.fields if name.startswith(CUSTOM_PREFIX))

    def rules_of(self, field: str) -> tuple[Rule, ...]:
        """Rules of one field, in order."""
        return tuple(rule for rule in self.rules if rule.field == field)

    def without(self, names: frozenset[str]) -> PointsTable:
        """The table without the rules of some fields."""
        return self.model_copy(update={"rules": tuple(rule for rule in self.rules if rule.field not in names)})

    def apply(self, frame: pl.DataFrame, fields: tuple[str, ...]) -> Points:
        """Points of every contact for the fields given; a field without rules is worth nothing."""
        effects = np.zeros((frame.height, len(fields)))
        states = np.zeros((frame.height, len(fields)), dtype=np.intp)
        for index, field in enumerate(fields):
            rules = self.rules_of(field)
            if rules:
                place, worth = _first_that_holds(rules)
                found = frame.select(place=place, worth=worth)
                states[:, index] = found["place"].to_numpy()
                effects[:, index] = found["worth"].to_numpy()
        return Points(effects, states)


def default_points() -> PointsTable:
    """The table that comes with the package."""
    text = files("contact_pipeline.scoring").joinpath("points.toml").read_text(encoding="utf-8")
    return PointsTable.model_validate(tomllib.loads(text))


def _first_that_holds(rules: tuple[Rule, ...]) -> tuple[pl.Expr, pl.Expr]:
    place, worth = pl.lit(0, dtype=pl.Int64), pl.lit(0.0)
    for index in range(len(rules), 0, -1):
        rule = rules[index - 1]
        place = pl.when(rule.condition()).then(pl.lit(index, dtype=pl.Int64)).otherwise(place)
        worth = pl.when(rule.condition()).then(rule.worth()).otherwise(worth)
    return place, worth

"""The points table: conditions a marketer can read, each worth log-odds.

Belongs here: the table in force, from the settings and from the table of the package (`points.toml`), and applying it. Does
not belong: what a rule may say (`policy`) and anything learned. Of the rules of one field the first that fits counts.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import BaseModel, ConfigDict

from contact_pipeline.scoring.calibration import logit
from contact_pipeline.scoring.conditions import headers_called, holds
from contact_pipeline.scoring.features import ATTRIBUTES, CUSTOM_PREFIX
from contact_pipeline.scoring.naming import attribute_name, is_named
from contact_pipeline.scoring.policy import PointsRule
from contact_pipeline.settings import ScoringSettings

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Points:
    """Arrays of shape (contacts, fields): log-odds, and the state: 0 no rule, else the place of the rule in its field."""

    effects: FloatArray
    states: IntArray


class PointsTable(BaseModel):
    """All rules. `start` is the log-odds, relative to the average lead, of a contact to whom no rule applies."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: float
    rules: tuple[PointsRule, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields with rules, in the order of the table."""
        return tuple(dict.fromkeys(rule.field for rule in self.rules))

    @property
    def custom(self) -> tuple[str, ...]:
        """Custom fields with rules, without prefix."""
        return tuple(name.removeprefix(CUSTOM_PREFIX) for name in self.fields if name.startswith(CUSTOM_PREFIX))

    def rules_of(self, field: str) -> tuple[PointsRule, ...]:
        """Rules of one field, in order; the header of a custom field counts in any case of letters."""
        return tuple(rule for rule in self.rules if rule.field.lower() == field.lower())

    def without(self, names: Iterable[str]) -> PointsTable:
        """The table without the rules of some fields."""
        left_out = frozenset(names)
        return self.model_copy(update={"rules": tuple(rule for rule in self.rules if rule.field not in left_out)})

    def apply(self, frame: pl.DataFrame, fields: tuple[str, ...]) -> Points:
        """Points of every contact for the fields given; a field without rules, or not in the frame, is worth nothing."""
        effects = np.zeros((frame.height, len(fields)))
        states = np.zeros((frame.height, len(fields)), dtype=np.intp)
        for index, field in enumerate(fields):
            rules = self.rules_of(field)
            if rules and field in frame.columns:
                place, worth = _first_that_holds(rules, field)
                found = frame.select(place=place, worth=worth)
                states[:, index] = found["place"].to_numpy()
                effects[:, index] = found["worth"].to_numpy()
        return Points(effects, states)


def points_table(settings: ScoringSettings) -> PointsTable:
    """The table in force: the rules of the settings, then those of the package for fields the settings give no rule for."""
    default = default_points()
    own = tuple(rule.model_copy(update={"field": attribute_name(rule.field)}) for rule in settings.points)
    left = default.without({rule.field for rule in own} | set(_named(default, settings.points_without)))
    start = default.start if settings.points_start is None else logit(settings.points_start / 100)
    table = PointsTable(start=start, rules=(*own, *left.rules))
    return table.without(_named(table, settings.exclude))


def idle_rules(table: PointsTable, past: pl.DataFrame) -> tuple[str, ...]:
    """A warning for each custom field with rules that no past lead has, where there are any: no model can use such rules."""
    if not table.custom or past.is_empty():
        return ()
    known = headers_called(past["custom_fields"], list(table.custom))
    return tuple(
        f"The points table has rules for {name}, a custom field that no contact with a known outcome has."
        for name in table.custom
        if not known[name]
    )


def default_points() -> PointsTable:
    """The table that comes with the package."""
    text = files("contact_pipeline.scoring").joinpath("points.toml").read_text(encoding="utf-8")
    return PointsTable.model_validate(tomllib.loads(text))


def _named(table: PointsTable, listed: tuple[str, ...]) -> list[str]:
    """Fields of the table that a setting lists, by name or label."""
    labels = {attribute.name: attribute.label for attribute in ATTRIBUTES}
    return [f for f in table.fields if is_named(f, labels.get(f, f), listed) or f in map(attribute_name, listed)]


def _first_that_holds(rules: tuple[PointsRule, ...], field: str) -> tuple[pl.Expr, pl.Expr]:
    place, worth = pl.lit(0, dtype=pl.Int64), pl.lit(0.0)
    for index in range(len(rules), 0, -1):
        rule = rules[index - 1]
        held = holds(rule, field, field)
        place = pl.when(held).then(pl.lit(index, dtype=pl.Int64)).otherwise(place)
        worth = pl.when(held).then(_worth(rule, field)).otherwise(worth)
    return place, worth


def _worth(rule: PointsRule, field: str) -> pl.Expr:
    """The log-odds of a contact for whom the rule holds."""
    if rule.step is None:
        return pl.lit(rule.worth)
    grown = pl.col(field).cast(pl.Float64, strict=False).fill_null(0.0) * rule.step
    return grown.clip(upper_bound=rule.worth) if rule.step > 0 else grown.clip(lower_bound=rule.worth)

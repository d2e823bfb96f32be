"""The playbook: how to approach the leads of a segment.

Belongs here: the plays in force, from the settings and from the package (`playbook.toml`), and which leads each is for. Does
not belong: what a play may say (`scoring.policy`) and the next action of a single lead, which scoring decides.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import polars as pl

from contact_pipeline.reporting.aggregates import CATEGORIES, may_be_approached
from contact_pipeline.scoring.card import SMALLEST_GROUP
from contact_pipeline.scoring.conditions import fits_lead, with_asked
from contact_pipeline.scoring.features import ATTRIBUTES
from contact_pipeline.scoring.naming import field_name
from contact_pipeline.scoring.policy import Play

FIRST_REASON = r"^\+ (.*?)(?:: [\d.]+ % of .*)?$"
_ABOUT_OUR_DATA = tuple(f"{one.label} " for one in ATTRIBUTES if one.group == "completeness")
_NO_FACTOR = "the strongest reason under 'Why'"


@dataclass(frozen=True, slots=True)
class Segment:
    """A play, how many leads it is for, and what raises their scores most often; None for fewer than SMALLEST_GROUP.

    Nobody is approached who opted out or is a customer.
    """

    play: Play
    leads: int
    factor: str | None

    @property
    def outline(self) -> str:
        """The outline for readers who may see no lead: a factor may be a word of somebody's custom field."""
        return self.play.message.replace("{factor}", "the factor")

    @property
    def message(self) -> str:
        """The outline with the factor in its place."""
        return self.play.message.replace("{factor}", self.factor or _NO_FACTOR)


@cache
def load_playbook(own: tuple[Play, ...] = ()) -> tuple[Play, ...]:
    """The plays in force by category, best first: those given, then those of the package."""
    text = files("contact_pipeline.reporting").joinpath("playbook.toml").read_text(encoding="utf-8")
    default = (Play.model_validate(entry) for entry in tomllib.loads(text)["play"])
    return tuple(sorted((*own, *default), key=lambda play: CATEGORIES.index(play.category)))


def asked_fields(plays: Sequence[Play]) -> frozenset[str]:
    """The columns of a lead that plays ask for besides what is counted of all."""
    return frozenset(field_name(play.field) or "custom_fields" for play in plays if play.field)


def segments_of(leads: pl.DataFrame, plays: Sequence[Play]) -> list[Segment]:
    """Each play with its leads. The first play that fits a lead counts; who opted out or is a customer is in none."""
    reason = pl.col("key_factors").str.split("; ").list.first().str.extract(FIRST_REASON, 1)
    placed = leads.select(place=plays_of(leads, plays), cause=reason).drop_nulls("place")
    counted = placed.group_by("place", "cause").len().sort("len", "cause", descending=[True, False])
    return segments_counted(plays, counted.iter_rows())


def segments_counted(plays: Sequence[Play], counted: Iterable[tuple[int, str | None, int]]) -> list[Segment]:
    """Each play with its leads. `counted`: index of the play, first cause that raises the score, leads; the most leads first."""
    leads: Counter[int] = Counter()
    factors: dict[int, str] = {}
    for place, cause, count in counted:
        leads[place] += count
        if cause and count >= SMALLEST_GROUP and can_be_opened_with(cause):
            factors.setdefault(place, cause)
    return [Segment(play, leads[index], factors.get(index)) for index, play in enumerate(plays)]


def can_be_opened_with(cause: str) -> bool:
    """Does a cause speak of the lead, rather than of how much we know of it?"""
    return not cause.startswith(_ABOUT_OUR_DATA)


def plays_of(leads: pl.DataFrame, plays: Sequence[Play]) -> pl.Series:
    """The index of the first play that fits each lead; null for who opted out or is a customer."""
    place = pl.lit(None, dtype=pl.Int64)
    for index in range(len(plays) - 1, -1, -1):
        place = pl.when(fits_lead(plays[index])).then(pl.lit(index, dtype=pl.Int64)).otherwise(place)
    asked = with_asked(leads, {play.field for play in plays})
    return asked.select(pl.when(may_be_approached()).then(place).alias("play")).to_series()


def first_steps(segments: Sequence[Segment]) -> dict[str, str]:
    """For each category the first step of its largest segment."""
    return {
        category: max((s for s in segments if s.play.category == category), key=lambda s: s.leads).play.first_step
        for category in CATEGORIES
    }

"""Why a contact has its score: the strongest factors in words, and the whole sum as JSON.

Belongs here: phrases, key factors, the breakdown. Does not belong: the effects themselves (`model`). A phrase quotes what
was observed among past leads, and only where at least five leads stand behind it; a direction that contradicts the observed
rate shows no rate. Factors are associations, not causes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from contact_pipeline.fields import FIELD_BY_NAME
from contact_pipeline.scoring.attribute import GROUPS, Attribute
from contact_pipeline.scoring.behaviour import FADING
from contact_pipeline.scoring.columns import Column
from contact_pipeline.scoring.features import COUNTS
from contact_pipeline.scoring.model import Effects, LeadModel
from contact_pipeline.scoring.points import PointsTable

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

_SHOWN = 3
_LEAST_EFFECT = 0.1
_FEWEST_LEADS = 5
_LISTED_FROM = 0.02
_OTHER = {"field": "other", "label": "All other columns together", "group": "other"}


def key_factors(model: LeadModel, found: Effects) -> pl.Series:
    """Up to three reasons up (+), then up to three down (-), joined by "; "; empty where nothing stands out.

    A reason is a source column, told in the words of what weighs most of all that is made from it.
    """
    if not found.effects.shape[1]:
        return pl.Series([""] * len(found.effects), dtype=pl.String)
    up, down, offsets = _phrases(model)
    sources, places = _sources(model.attributes), offsets + found.states
    parts = [*_strongest(found.effects, places, sources, up), *_strongest(-found.effects, places, sources, down)]
    named = {f"part{index}": part for index, part in enumerate(parts)}
    return pl.DataFrame(named).select(pl.concat_str(list(named), separator="; ", ignore_nulls=True)).to_series()


def score_breakdown(attributes: tuple[Attribute, ...], found: Effects) -> pl.Series:
    """JSON a contact: base, factors of at least .02 and the rest as one, sums by group; base + effects = log-odds."""
    sources = _sources(attributes)
    rounded = np.round(_sums(found.effects, sources), 4)
    listed = np.where(np.abs(rounded) >= _LISTED_FROM, rounded, 0.0)
    rest = np.round(found.effects.sum(axis=1) - listed.sum(axis=1), 6)
    frame = pl.DataFrame({"other": rest} | {f"c{i}": listed[:, i] for i in range(len(sources))})
    factors = [_factor_json(f"c{i}", source.described) for i, source in enumerate(sources)]
    factors.append(_factor_json("other", _OTHER))
    sums = {g: found.effects[:, [i for i, a in enumerate(attributes) if a.group == g]].sum(axis=1) for g in GROUPS}
    frame = frame.with_columns(pl.Series(g, np.round(s, 4)) for g, s in sums.items())
    used = [group for group in GROUPS if any(a.group == group for a in attributes)]
    groups = [pl.concat_str(pl.lit(f"{json.dumps(g)}: "), pl.col(g).cast(pl.String)) for g in used]
    breakdown = pl.concat_str(
        pl.lit(f'{{"base": {found.base:.7f}, "factors": ['),
        pl.concat_str(factors, separator=", ", ignore_nulls=True),
        pl.lit('], "groups": {'),
        pl.concat_str(groups, separator=", ") if groups else pl.lit(""),
        pl.lit("}}"),
    )
    return frame.select(breakdown).to_series()


def phrases(model: LeadModel) -> frozenset[str]:
    """Every reason that the model can give, with its sign."""
    up, down, _ = _phrases(model)
    return frozenset(phrase for phrase in (*up, *down) if phrase is not None)


@dataclass(frozen=True, slots=True)
class _Source:
    """A column of the contact and the places of the attributes made from it; `described` is how it is called."""

    described: dict[str, str]
    attributes: tuple[int, ...]


def _sources(attributes: tuple[Attribute, ...]) -> tuple[_Source, ...]:
    """In the order of their first attribute. A source of one attribute bears its name; each kind of activity is one."""
    places: dict[str, list[int]] = {}
    for index, attribute in enumerate(attributes):
        known = attribute.source_column in FIELD_BY_NAME
        places.setdefault(attribute.source_column if known else attribute.name, []).append(index)
    return tuple(_Source(_described(attributes[of[0]], len(of)), tuple(of)) for of in places.values())


def _sums(effects: FloatArray, sources: tuple[_Source, ...]) -> FloatArray:
    """Effects by source, shape (contacts, sources)."""
    return np.column_stack(
        [effects[:, source.attributes].sum(axis=1) for source in sources] or [np.zeros((len(effects), 0))]
    )


def _described(attribute: Attribute, of: int) -> dict[str, str]:
    if of == 1:
        return {"field": attribute.name, "label": attribute.label, "group": attribute.group}
    source = FIELD_BY_NAME[attribute.source_column]
    return {"field": source.name, "label": source.label, "group": attribute.group}


def _factor_json(column: str, described: dict[str, str]) -> pl.Expr:
    """Null where the factor is zero."""
    opening = json.dumps(described, ensure_ascii=False)[:-1] + ', "effect": '
    text = pl.concat_str(pl.lit(opening), pl.col(column).cast(pl.String), pl.lit("}"))
    return pl.when(pl.col(column) != 0).then(text)


def _strongest(
    effects: FloatArray, places: IntArray, sources: tuple[_Source, ...], phrases: pl.Series
) -> list[pl.Series]:
    """For each rank, the phrase of every contact's next greatest source; null where it is too small or has no phrase."""
    rows = np.arange(len(effects))
    speaking = np.where(np.asarray(phrases.is_not_null().to_numpy())[places], effects, -np.inf)
    weightiest = np.column_stack([np.asarray(s.attributes)[speaking[:, s.attributes].argmax(axis=1)] for s in sources])
    told = np.isfinite(np.take_along_axis(speaking, weightiest, axis=1))
    left = np.where(told, _sums(effects, sources), 0.0)
    parts = []
    for _ in range(min(_SHOWN, len(sources))):
        source = left.argmax(axis=1)
        words = phrases.gather(places[rows, weightiest[rows, source]].tolist())
        parts.append(pl.select(pl.when(pl.Series(left[rows, source] >= _LEAST_EFFECT)).then(words)).to_series())
        left[rows, source] = 0.0
    return parts


def _phrases(model: LeadModel) -> tuple[pl.Series, pl.Series, IntArray]:
    """Phrases up and down for every state of every attribute in one list each, and where each attribute starts."""
    pairs = _column_pairs(model.learned.columns, decay=model.decay) if model.learned else _points_pairs(model.points)
    per_attribute = [list(states) for states in pairs]
    offsets = np.cumsum([0, *(len(states) for states in per_attribute)])[:-1].astype(np.intp)
    flat = [pair for states in per_attribute for pair in states]
    up = pl.Series("up", [up for up, _ in flat], dtype=pl.String)
    down = pl.Series("down", [down for _, down in flat], dtype=pl.String)
    return up, down, offsets


Pair = tuple[str | None, str | None]


def _points_pairs(table: PointsTable) -> Iterable[list[Pair]]:
    """The words of the rule; state 0, no rule, says nothing."""
    for field in table.fields:
        yield [(None, None), *((f"+ {rule.words}", f"- {rule.words}") for rule in table.rules_of(field))]


def _column_pairs(columns: tuple[Column, ...], *, decay: bool) -> Iterable[list[Pair]]:
    for column in columns:
        average = sum(column.conversions) / sum(column.leads)
        decayed = decay and column.name in COUNTS + FADING
        yield [_state_pair(column, state, average, decayed=decayed) for state in range(column.states)]


def _state_pair(column: Column, state: int, average: float, *, decayed: bool) -> Pair:
    leads = column.leads[state]
    if leads < _FEWEST_LEADS:
        return None, None
    words = f"{column.label} {_state_words(column, state, decayed=decayed)}"
    rate = column.conversions[state] / leads
    observed = f": {_percent(rate)} of {leads} past leads converted, {_percent(average)} on average"
    differs = _percent(rate) != _percent(average)
    return (
        f"+ {words}{observed if differs and rate > average else ''}",
        f"- {words}{observed if differs and rate < average else ''}",
    )


def _state_words(column: Column, state: int, *, decayed: bool) -> str:
    if state == column.missing:
        return "not known"
    if column.words:
        return column.levels[state] if state < len(column.levels) else "with a rare value"
    return _rank_words(column, state) if decayed else _band_words(column, state)


def _rank_words(column: Column, band: int) -> str:
    """A decayed count is no number of visits any more; its place among past leads can still be pictured."""
    known = sum(column.leads[: column.missing])
    if band == 0:
        return f"(older ones count less) among the lowest {_percent(column.leads[0] / known)}"
    return f"(older ones count less) higher than for {_percent(sum(column.leads[:band]) / known)} of past leads"


def _band_words(column: Column, band: int) -> str:
    edges = column.edges
    if not edges:
        return "known"
    if band == 0:
        return f"under {_number(column, edges[0])}"
    if band == len(edges):
        return f"{_number(column, edges[-1])} or more"
    return f"{_number(column, edges[band - 1])} to under {_number(column, edges[band])}"


def _number(column: Column, value: float) -> str:
    """Three significant digits are enough for a reason, and whole days."""
    if column.direction < 0:
        return f"{value:,.0f}"
    if column.name in ("completeness", "growth_rate"):
        return _percent(value)
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _percent(fraction: float) -> str:
    """One decimal below 10 %, where it matters."""
    percent = 100 * fraction
    return f"{percent:.1f} %" if 0 < abs(percent) < 10 else f"{percent:.0f} %"

"""What is learned about one attribute, and contacts as codes and numbers under it.

Belongs here: levels, bands, transforms, observed rates; turning an attribute frame into arrays. Does not belong: weights.

Every value of an attribute falls into one state. Of words: a state for each kept level, then one for all other words, then
one for missing. Of numbers: a state for each band (quintiles of the past leads), then one for missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import BaseModel, ConfigDict

from contact_pipeline.scoring.attribute import Attribute, Group
from contact_pipeline.scoring.behaviour import ACTIVITY_PREFIX
from contact_pipeline.scoring.features import CUSTOM_PREFIX

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

_MOST_LEVELS = 300
_FEWEST_LEADS_A_LEVEL = 5
_LEAST_FILLED = 0.05
_LEAST_COVERED = 0.5
_MOSTLY = 0.95
_IDENTIFIER_SPREAD = 20
_FEWEST_IDENTIFIERS = 30
_IDENTIFIER_NAME = re.compile(r"\b(?i:id|uuid|key|number|no|nr|code|ref|reference)\b|(?:_id|[a-z](?:Id|ID))$")
_SKEWED = 4.0
_DATE = r"^\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"


class Column(BaseModel):
    """An attribute that the model uses. `leads` and `conversions` count the past leads in each state."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    label: str
    group: Group
    words: bool
    direction: int
    transform: Literal["none", "log", "half_life"] = "none"
    levels: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()
    mean: float = 0.0
    deviation: float = 1.0
    leads: tuple[int, ...] = ()
    conversions: tuple[int, ...] = ()

    @property
    def states(self) -> int:
        """How many states there are, missing included."""
        return len(self.levels) + 2 if self.words else len(self.edges) + 2

    @property
    def missing(self) -> int:
        """The state of a missing value."""
        return self.states - 1


@dataclass(frozen=True, slots=True)
class Encoded:
    """Contacts as arrays of shape (contacts, columns): states, and numbers (nan for words and for missing)."""

    states: IntArray
    numbers: FloatArray

    def take(self, rows: IntArray) -> Encoded:
        """Some of the contacts."""
        return Encoded(self.states[rows], self.numbers[rows])


def encode(columns: tuple[Column, ...], frame: pl.DataFrame) -> Encoded:
    """Arrays of an attribute frame for the columns given; words never seen in training fall into the other state."""
    states = np.empty((frame.height, len(columns)), dtype=np.intp)
    numbers = np.full((frame.height, len(columns)), np.nan)
    for index, column in enumerate(columns):
        series = frame[column.name]
        if column.words:
            states[:, index] = _word_states(column, series)
        else:
            values = _as_numbers(series)
            numbers[:, index] = values
            states[:, index] = _band_states(column, values)
    return Encoded(states, numbers)


def transformed(column: Column, numbers: FloatArray, half_life_days: float) -> FloatArray:
    """Numbers on a scale on which a straight line makes sense; nan stays nan."""
    if column.transform == "log":
        return np.sign(numbers) * np.log1p(np.abs(numbers))
    if column.transform == "half_life":
        return np.asarray(0.5 ** (numbers / half_life_days))
    return numbers


def learn_column(
    attribute: Attribute,
    series: pl.Series,
    outcome: FloatArray,
    half_life_days: float,
    *,
    decay: bool = True,
    lead: IntArray | None = None,
) -> Column | str:
    """The column for an attribute of the past leads, or the reason why it cannot be used.

    A String series under a number attribute is read as numbers. `lead` numbers the leads where one has several rows, the
    earliest first; it then counts as one. Without `decay` no direction is imposed.
    """
    if series.len() == 0 or 1 - series.null_count() / series.len() < _LEAST_FILLED:
        return "filled for less than 5 % of past leads"
    leads_of = np.arange(series.len()) if lead is None else lead
    fewest = int(np.ceil(_FEWEST_LEADS_A_LEVEL * len(leads_of) / len(np.unique(leads_of))))
    learn = _learn_words if attribute.words else _learn_numbers
    column = learn(attribute, series, fewest, half_life_days)
    if isinstance(column, str):
        return column
    states = encode((column,), series.to_frame(column.name)).states[:, 0]
    if len(np.unique(states)) < 2:
        return "the same for all past leads"
    share = _share_of_lead(attribute, leads_of)
    leads = np.bincount(states, weights=share, minlength=column.states)
    conversions = np.bincount(states, weights=outcome * share, minlength=column.states)
    counted = {"leads": _rounded(leads), "conversions": _rounded(conversions)}
    return column.model_copy(update={**counted, "direction": column.direction if decay else 0})


def _share_of_lead(attribute: Attribute, lead: IntArray) -> FloatArray:
    """What each row counts: what changes from look to look in equal parts, all else as at the first look."""
    if attribute.name.startswith(ACTIVITY_PREFIX):
        return np.asarray(1 / np.bincount(lead)[lead])
    share = np.zeros(len(lead))
    share[np.unique(lead, return_index=True)[1]] = 1.0
    return share


def _rounded(counts: npt.NDArray[Any]) -> tuple[int, ...]:
    return tuple(int(n) for n in np.round(counts))


def custom_attribute(name: str, values: pl.Series) -> Attribute:
    """A custom field as an attribute: a number where nearly all its filled values are, else words."""
    filled = values.drop_nulls()
    numbers = filled.cast(pl.Float64, strict=False)
    numeric = filled.len() > 0 and 1 - numbers.null_count() / filled.len() >= _MOSTLY and numbers.n_unique() > 2
    return Attribute(CUSTOM_PREFIX + name, name, "custom", words=not numeric)


def _looks_like_identifier(label: str, values: FloatArray) -> bool:
    """Whole numbers that hardly repeat, and lie close together as a counter does or are named like one."""
    if len(values) < _FEWEST_IDENTIFIERS or len(np.unique(values)) < _MOSTLY * len(values):
        return False
    whole = bool((values == np.floor(values)).all())
    return whole and (bool(np.ptp(values) < _IDENTIFIER_SPREAD * len(values)) or bool(_IDENTIFIER_NAME.search(label)))


def _learn_words(attribute: Attribute, series: pl.Series, fewest: int, _: float) -> Column | str:
    filled = series.drop_nulls()
    if filled.str.contains(_DATE).sum() >= _MOSTLY * filled.len():
        return "a calendar date"
    counts = filled.value_counts().rename({series.name: "level"})
    kept = counts.filter(pl.col("count") >= fewest).sort("count", "level", descending=[True, False]).head(_MOST_LEVELS)
    if float(kept["count"].sum()) < _LEAST_COVERED * filled.len():
        return "hardly a value repeats: an identifier or free text"
    return _column(attribute, levels=tuple(kept["level"]))


def _learn_numbers(attribute: Attribute, series: pl.Series, fewest: int, half_life_days: float) -> Column | str:
    values = _as_numbers(series)
    known = values[~np.isnan(values)]
    if len(known) < fewest:
        return "a number for hardly any past lead"
    if attribute.group == "custom" and _looks_like_identifier(attribute.label, known):
        return "an identifier"
    column = _column(attribute, edges=_band_edges(known), transform=_transform(attribute, known))
    scaled = transformed(column, known, half_life_days)
    return column.model_copy(update={"mean": float(scaled.mean()), "deviation": float(scaled.std()) or 1.0})


def _band_edges(known: FloatArray) -> tuple[float, ...]:
    """Quintiles above the lowest value; where nearly all share that value, the next one."""
    above = known[known > known.min()]
    quintiles = np.unique(np.quantile(known, (0.2, 0.4, 0.6, 0.8), method="inverted_cdf"))
    edges = quintiles[quintiles > known.min()]
    return tuple(edges.tolist()) if len(edges) or not len(above) else (float(above.min()),)


def _column(attribute: Attribute, **learned: object) -> Column:
    return Column.model_validate(
        {
            "name": attribute.name,
            "label": attribute.label,
            "group": attribute.group,
            "words": attribute.words,
            "direction": attribute.direction,
            **learned,
        }
    )


def _transform(attribute: Attribute, known: FloatArray) -> str:
    if attribute.direction < 0:
        return "half_life"
    quarter, middle, three_quarters = np.quantile(known, (0.25, 0.5, 0.75))
    skewed = known.max() - middle > _SKEWED * max(three_quarters - quarter, 1e-12) and known.min() >= 0
    return "log" if attribute.direction > 0 or skewed else "none"


def _as_numbers(series: pl.Series) -> FloatArray:
    """Float64 with nan for whatever is no finite number."""
    values = series.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy().astype(np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _word_states(column: Column, series: pl.Series) -> IntArray:
    codes = series.replace_strict(
        list(column.levels), list(range(len(column.levels))), default=len(column.levels), return_dtype=pl.Int64
    )
    return pl.select(pl.when(series.is_null()).then(column.missing).otherwise(codes)).to_series().to_numpy()


def _band_states(column: Column, values: FloatArray) -> IntArray:
    bands = np.searchsorted(np.asarray(column.edges), values, side="right")
    return np.where(np.isnan(values), column.missing, bands).astype(np.intp)

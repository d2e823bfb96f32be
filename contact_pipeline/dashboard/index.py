"""The leads of one snapshot as arrays: which fit a question, how many have each value, and in which order they stand.

Belongs here: finding, counting and ordering, exact for any question. Does not belong: texts and rows (`reader`, `rows`). An
array has one place a lead, in call order; `rows` are such places, ascending unless an order was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt

from contact_pipeline.dashboard.codes import CHANCE_UNIT, MOST_TENTHS, code_column
from contact_pipeline.dashboard.filters import Order
from contact_pipeline.dashboard.pseudonyms import may_name_people, pseudonym
from contact_pipeline.dashboard.query import LeadQuery, NotAsked
from contact_pipeline.reporting.aggregates import BIN_POINTS, CATEGORIES, CategorySummary, ScoreBin

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]
Numbers = npt.NDArray[np.integer]

CATEGORY: Final = "category"
SCORE: Final = "score"
_BINS: Final = 100 // BIN_POINTS
_TENTHS_A_BIN: Final = 10 * BIN_POINTS
_SCORES: Final = np.arange(MOST_TENTHS + 1) / 10  # every score there is, by its tenths


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A filter of the snapshot; values, labels and codes of the leads: code 0 is no value, the others as they are sorted.

    `in_address` is what the values are called in a question; `places` knows them under both.
    """

    name: str
    label: str
    order: Order
    values: Sequence[str]
    in_address: Sequence[str]
    labels: Sequence[str]
    places: Mapping[str, int]
    codes: Numbers
    totals: npt.NDArray[np.intp]  # of all leads

    def mask(self, values: Sequence[str]) -> Mask:
        """The leads with one of the values; a value that no lead has fits none."""
        wanted = np.zeros(len(self.values), dtype=np.bool_)
        wanted[[self.places[value] for value in values if value in self.places]] = True
        return wanted[self.codes]

    def called(self, value: str) -> str:
        """What a value that a question names is called in addresses; one that no lead has keeps its name."""
        return self.in_address[self.places[value]] if value in self.places else value

    def is_met(self, value: str, scope: Mask | None) -> bool:
        """Does any lead of the scope (None: any lead) have the value?"""
        return value in self.places and (scope is None or bool(scope[self.codes == self.places[value]].any()))

    def counts(self, rows: Rows) -> npt.NDArray[np.intp]:
        """How many of these leads have each code."""
        return self.totals if len(rows) == len(self.codes) else _count(self.codes.take(rows), len(self.values))


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The leads that fit a question: all of them, and those that would fit if one of its filters were left aside."""

    rows: Rows
    _without: Mapping[str, Rows]

    def without(self, name: str) -> Rows:
        """The leads that fit all but the filter `name` (SCORE: but the range of scores)."""
        return self._without.get(name, self.rows)


class LeadIndex:
    """Finds and counts the leads of a snapshot. Nothing in it changes, so threads may share it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
        """`key` is that of `pseudonyms`."""
        self.filters: dict[str, Coded] = {one.name: one for one in _read_filters(connection, key)}
        self.tenths = read_column(connection, "tenths")
        self._probability = read_column(connection, "probability")
        self.plays = read_column(connection, "play")
        self._bins = self._bin_of_category()

    @property
    def leads(self) -> int:
        """How many there are."""
        return len(self.tenths)

    def as_in_address(self, query: LeadQuery) -> LeadQuery:
        """The question with every value under the name that addresses have for it. Raises NotAsked for an unknown filter."""
        chosen = {
            name: tuple(dict.fromkeys(self._filter(name).called(value) for value in values))
            for name, values in query.chosen.items()
        }
        return replace(query, chosen=chosen)

    def scope(self, only: Mapping[str, tuple[str, ...]]) -> Mask | None:
        """The leads with an allowed value of each filter; None where all are. A filter that is gone allows none."""
        mask = None
        for name, values in only.items():
            own = self.filters[name].mask(values) if name in self.filters else np.zeros(self.leads, dtype=np.bool_)
            mask = own if mask is None else mask & own
        return mask

    def find(self, query: LeadQuery, within: Mask | None) -> Found:
        """The leads `within` (a scope, or a scope and a search; None: all) that fit. Raises NotAsked for an unknown filter."""
        masks = {name: self._filter(name).mask(values) for name, values in query.chosen.items()}
        if query.has_score_range:
            masks[SCORE] = self._score_mask(query.score_from, query.score_to)
        everything = [within] if within is not None else []
        without = {name: self._rows([*everything, *(masks[n] for n in masks if n != name)]) for name in masks}
        return Found(self._rows([*everything, *masks.values()]), without)

    def summaries(self, rows: Rows) -> list[CategorySummary]:
        """Hot, Warm and Cold among these leads, as `reporting.aggregates.summarise_categories`."""
        category, tenths, probability = self.filters[CATEGORY], self.tenths.take(rows), self._probability.take(rows)
        codes, is_approached = category.codes.take(rows), self.plays.take(rows) > 0
        scored = int(np.count_nonzero(tenths >= 0))
        chances = np.where(is_approached, probability, 0)
        return [_summary(name, scored, codes == category.places[name], tenths, chances) for name in CATEGORIES]

    def bins(self, rows: Rows) -> list[ScoreBin]:
        """The distribution of the scores of these leads."""
        counts = np.bincount(self._bins.take(rows), minlength=len(CATEGORIES) * _BINS + 1)
        by_bin = counts[:-1].reshape(_BINS, len(CATEGORIES)).tolist()
        return [ScoreBin(at * BIN_POINTS, (hot, warm, cold)) for at, (hot, warm, cold) in enumerate(by_bin)]

    def _filter(self, name: str) -> Coded:
        if name not in self.filters:
            raise NotAsked(f"There is no filter '{name}'.")
        return self.filters[name]

    def _rows(self, masks: Sequence[Mask]) -> Rows:
        if not masks:
            return np.arange(self.leads)
        return np.flatnonzero(np.logical_and.reduce(masks))

    def _score_mask(self, low: float | None, high: float | None) -> Mask:
        """Both ends included; who has no score is in no range."""
        first = 0 if low is None else np.searchsorted(_SCORES, low, side="left")
        end = len(_SCORES) if high is None else np.searchsorted(_SCORES, high, side="right")
        mask: Mask = (self.tenths >= first) & (self.tenths < end)
        return mask

    def _bin_of_category(self) -> npt.NDArray[np.uint8]:
        """Bin and category of each lead in one number; the last one where either is not known."""
        category, unknown = self.filters[CATEGORY], len(CATEGORIES) * _BINS
        place = np.full(len(category.values), unknown, dtype=np.int16)
        place[[category.places[name] for name in CATEGORIES]] = range(len(CATEGORIES))
        at = np.clip(self.tenths // _TENTHS_A_BIN, 0, _BINS - 1) * len(CATEGORIES) + place[category.codes]
        return np.where((self.tenths < 0) | (at > unknown), unknown, at).astype(np.uint8)


def read_column(connection: duckdb.DuckDBPyConnection, name: str) -> Numbers:
    """A column of the table `codes`."""
    column: Numbers = connection.execute(f"SELECT {name} FROM codes ORDER BY rank").fetchnumpy()[name]
    return column


def _read_filters(connection: duckdb.DuckDBPyConnection, key: bytes) -> list[Coded]:
    rows = connection.execute('SELECT place, name, label, "order" FROM filters ORDER BY place').fetchall()
    return [_coded(connection, key, place, name, label, Order(order)) for place, name, label, order in rows]


def _coded(connection: duckdb.DuckDBPyConnection, key: bytes, place: int, name: str, label: str, order: Order) -> Coded:
    listed = connection.execute(
        "SELECT value, label FROM filter_values WHERE place = ? ORDER BY code", [place]
    ).fetchall()
    values, labels = [value for value, _ in listed], [shown for _, shown in listed]
    in_address = [pseudonym(key, name, value) for value in values] if may_name_people(name) else values
    places = {called: code for names in (values, in_address) for code, called in enumerate(names)}
    codes = read_column(connection, code_column(place))
    return Coded(name, label, order, values, in_address, labels, places, codes, _count(codes, len(values)))


def _count(codes: Numbers, most: int) -> npt.NDArray[np.intp]:
    return np.bincount(codes, minlength=most)


def _summary(name: str, scored: int, mask: Mask, tenths: Numbers, probability: Numbers) -> CategorySummary:
    """`probability` is as in `codes`: counted in CHANCE_UNIT from 1 on, 0 where it is not known or does not count."""
    leads = int(np.count_nonzero(mask))
    own = tenths[mask]
    known = probability[mask & (probability > 0)].astype(np.int64) - 1
    wins = int(known.sum()) / CHANCE_UNIT if len(known) else None
    return CategorySummary(
        category=name,
        leads=leads,
        share=leads / scored if scored else 0.0,
        mean_score=int(own.sum(dtype=np.int64)) / 10 / leads if leads else None,
        mean_probability=wins / len(known) if wins is not None else None,
        expected_wins=wins,
    )

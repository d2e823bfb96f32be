"""Leads as small numbers: what makes counting a million of them a matter of milliseconds.

Belongs here: making the tables `filters`, `filter_values`, `actions` and `codes` of a snapshot from its leads. Does not
belong: the other tables (`snapshot`) and reading these (`index`). A code is the place of a value in the order of the values,
so that it sorts as well; 0 is no value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb
import polars as pl

from contact_pipeline.cleaning.vocabulary import country_names
from contact_pipeline.dashboard.filters import BUILT_IN, NO_VALUE, NO_VALUE_LABEL, Filter, custom_filters
from contact_pipeline.reporting.aggregates import company_size_band
from contact_pipeline.reporting.playbook import plays_of
from contact_pipeline.scoring.actions import action_and_trigger
from contact_pipeline.scoring.naming import field_name
from contact_pipeline.scoring.policy import ActionRule, Play

NO_SCORE = -1  # of `tenths`
CHANCE_UNIT, PROPENSITY_UNIT = 10**8, 10**6  # finer than scoring writes them
MOST_TENTHS = 1000

_CODE_TYPES = {"UTINYINT": 2**8 - 1, "USMALLINT": 2**16 - 1}
_VALUES = {"value": pl.String, "label": pl.String}

_LETTERS, _TYPED = "øłđı", "oldi"  # letters of their own, which no accent makes


def folded(text: str) -> str:
    """SQL for a text as it is compared and searched: without case and accents, ß as ss and ø as o, as people type them."""
    plain = f"translate(lower(strip_accents({text})), '{_LETTERS}', '{_TYPED}')"
    return f"replace(replace(replace({plain}, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe')"


# Numbers of a lead as whole ones; but for the score they count from 1 on, 0 where there is none.
_NUMBERS = {
    "tenths": (f"coalesce(round(lead_score * 10), {NO_SCORE})", "SMALLINT"),
    "change": (f"coalesce(round(score_change * 10) + {MOST_TENTHS + 1}, 0)", "USMALLINT"),
    "probability": (f"coalesce(round(conversion_probability * {CHANCE_UNIT}) + 1, 0)", "UINTEGER"),
    "propensity": (f"coalesce(round(engagement_propensity * {PROPENSITY_UNIT}) + 1, 0)", "UINTEGER"),
}
# What else the list can be sorted by, as places in the order of all values from 1 on, 0 for none; texts that differ in case
# and accents alone share a place.
_RANKED = {
    "name": folded("coalesce(full_name, email)"),
    "company": folded("company"),
    "job_title": folded("job_title"),
    "last_activity": "last_activity_at",
}


def code_column(place: int) -> str:
    """Column of `codes` with the codes of the filter in that place."""
    return f"filter_{place}"


def make_codes(
    connection: duckdb.DuckDBPyConnection, rules: tuple[ActionRule, ...], plays: Sequence[Play], most_values: int
) -> None:
    """Make the tables from `leads` and `custom_fields`. `codes` has one row a lead, in the order of the leads."""
    filters = [*BUILT_IN, *custom_filters(connection, most_values)]
    _make_actions(connection, rules)
    connection.execute('CREATE TABLE filters (place UTINYINT, name VARCHAR, label VARCHAR, "order" VARCHAR)')
    connection.execute("CREATE TABLE filter_values (place UTINYINT, code UINTEGER, value VARCHAR, label VARCHAR)")
    columns, joins = [f"{number}::{kind} AS {name}" for name, (number, kind) in _NUMBERS.items()], []
    for place, one in enumerate(filters):
        connection.execute("INSERT INTO filters VALUES (?, ?, ?, ?)", [place, one.name, one.label, one.order])
        kind = _code_type(_make_values(connection, place, one))
        joins.append(f"LEFT JOIN said_{place} ON said_{place}.text = {one.text}")
        columns.append(f"coalesce(said_{place}.code, 0)::{kind} AS {code_column(place)}")
    for name, value in _RANKED.items():
        _make_ranks(connection, name, value)
        joins.append(f"LEFT JOIN ranked_{name} ON ranked_{name}.value = {value}")
        columns.append(f"coalesce(ranked_{name}.code, 0)::UINTEGER AS {name}")
    _make_played(connection, plays)
    connection.execute(
        f"""CREATE TABLE codes AS SELECT rank, coalesce(played.play, 0)::USMALLINT AS play, {", ".join(columns)}
        FROM leads LEFT JOIN played USING (rank) {" ".join(joins)} ORDER BY rank"""
    )


def _make_actions(connection: duckdb.DuckDBPyConnection, rules: tuple[ActionRule, ...]) -> None:
    """What the next actions of the leads say: what to do, and what made it the next."""
    connection.execute('CREATE TABLE actions (text VARCHAR, action VARCHAR, "trigger" VARCHAR)')
    texts = connection.execute("SELECT DISTINCT recommended_action FROM leads WHERE recommended_action <> ''")
    for (text,) in texts.fetchall():
        connection.execute("INSERT INTO actions VALUES (?, ?, ?)", [text, *action_and_trigger(text, rules)])


def _make_values(connection: duckdb.DuckDBPyConnection, place: int, one: Filter) -> int:
    """Put the values of a filter on record and make the table `said_<place>` (text, code); gives the greatest code."""
    met = _values_met(connection, one)
    values = _in_order(connection, one, met["value"])
    names = country_names() if one.name == "country" else {}
    labels = [names.get(value, value) for value in values]
    listed = pl.DataFrame({"value": values, "label": labels}, schema=_VALUES).with_row_index("code", 1)
    with _registered(connection, "listed", listed), _registered(connection, "met", met):
        connection.execute(f"INSERT INTO filter_values SELECT {place}, code, value, label FROM listed")
        connection.execute(
            f"CREATE TEMP TABLE said_{place} AS SELECT met.text, listed.code FROM met JOIN listed USING (value)"
        )
    connection.execute("INSERT INTO filter_values VALUES (?, 0, ?, ?)", [place, NO_VALUE, NO_VALUE_LABEL])
    return listed.height


def _values_met(connection: duckdb.DuckDBPyConnection, one: Filter) -> pl.DataFrame:
    """Each text that leads have for a filter, and the value that it means."""
    said = (
        "actions" if one.name == "action" else f"(SELECT DISTINCT {one.text} AS text FROM leads WHERE {one.text} <> '')"
    )
    value = "action" if one.name == "action" else "text"
    met: pl.DataFrame = connection.sql(f"SELECT text, {value} AS value FROM {said}").pl()
    if one.name == "company_size":
        return met.with_columns(value=company_size_band(pl.col("text"))).drop_nulls()
    return met


def _in_order(connection: duckdb.DuckDBPyConnection, one: Filter, met: pl.Series) -> list[str]:
    if one.values:
        return list(one.values)
    with _registered(connection, "met", met.unique().to_frame("value")):
        rows = connection.execute(f"SELECT value FROM met ORDER BY {folded('value')}, value").fetchall()
    return [value for (value,) in rows]


def _make_ranks(connection: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    """The table `ranked_<name>` (value, code) of the values that leads have of an SQL expression."""
    connection.execute(
        f"""CREATE TEMP TABLE ranked_{name} AS SELECT value, row_number() OVER (ORDER BY value) AS code
        FROM (SELECT DISTINCT {value} AS value FROM leads) WHERE value IS NOT NULL"""
    )


def _make_played(connection: duckdb.DuckDBPyConnection, plays: Sequence[Play]) -> None:
    """The table `played` (rank, play): the place of each lead's play, from 1 on."""
    asked = {name for play in plays if (name := field_name(play.field))}
    columns = {"opted_out", "converted", "custom_fields", "lead_category", "engagement_propensity", *asked}
    leads = connection.sql(f"SELECT rank, {', '.join(sorted(columns))} FROM leads").pl()
    played = leads.select("rank", play=plays_of(leads, plays) + 1).drop_nulls()
    with _registered(connection, "met", played):
        connection.execute("CREATE TEMP TABLE played AS SELECT rank, play FROM met")


def _code_type(most: int) -> str:
    return next((kind for kind, room in _CODE_TYPES.items() if most <= room), "UINTEGER")


@contextmanager
def _registered(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> Iterator[None]:
    connection.register(name, frame)
    try:
        yield
    finally:
        connection.unregister(name)

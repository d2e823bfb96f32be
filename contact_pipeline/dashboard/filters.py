"""The filters of the dashboard: which there are, what each is called and in which order its values stand.

Belongs here: the filters that every CRM has, and which custom fields become one. Does not belong: the codes under which
values are stored (`codes`) and counting leads (`index`). An address, a phone number or an id is never a filter: it would
name somebody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import duckdb

from contact_pipeline.fields import FIELD_BY_NAME
from contact_pipeline.reporting.aggregates import CATEGORIES, SIZE_BANDS

CUSTOM_PREFIX: Final = "custom."
NO_VALUE: Final = ""
NO_VALUE_LABEL: Final = "No value"
MOST_CUSTOM: Final = 12
LEAST_FILLED: Final = 0.01  # of all leads
MOVED_UP, MOVED_DOWN, NEW, SAME = "Moved up", "Moved down", "New", "Same"

# An address; a phone number as it is written: with +, with a leading 0, or in three groups.
_PERSONAL = r"@|^\+[0-9 ()./-]{6,}$|^\(?0[0-9 ()./-]{5,}[0-9]$|^\(?[0-9]{3}\)?[ .-]{1,2}[0-9]{3}[ .-][0-9]{4}$"
_DATE = r"^[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}$"
_IS_ID = re.compile(r"(?:^|[^a-z])(?:id|uuid|guid)$", re.IGNORECASE)
_CANDIDATES = 40  # custom fields that are looked at, the fullest of all; there may be thousands


class Order(StrEnum):
    """How the values of a filter are listed: those of the most leads first, or in an order of their own, up or down."""

    BY_LEADS = "by leads"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter. `text` is SQL over a row of `leads` for the text that a value is made from, NULL where there is none.

    `values` are all that it may have, from the least on, where that is known beforehand.
    """

    name: str
    label: str
    text: str
    values: tuple[str, ...] = ()
    order: Order = Order.BY_LEADS


def _of_field(name: str) -> Filter:
    return Filter(name, FIELD_BY_NAME[name].label, name)


SIZES: Final = tuple(band for _, band in SIZE_BANDS)
BUILT_IN: Final = (
    Filter("category", "Category", "lead_category", tuple(reversed(CATEGORIES)), Order.DOWN),
    _of_field("industry"),
    Filter("company_size", FIELD_BY_NAME["company_size"].label, "company_size", SIZES, Order.UP),
    _of_field("country"),
    _of_field("lead_source"),
    Filter("owner", "Owner", "owner"),
    Filter("confidence", "Confidence", "confidence", ("Low", "Medium", "High"), Order.DOWN),
    Filter("action", "Next action", "recommended_action"),
    Filter("movement", "Movement", "movement", (MOVED_DOWN, SAME, NEW, MOVED_UP), Order.DOWN),
)


def custom_filters(connection: duckdb.DuckDBPyConnection, most_values: int) -> list[Filter]:
    """The custom fields that become filters, the fullest first and at most MOST_CUSTOM.

    Reads the tables `leads` and `custom_fields`. Such a field has 2 to `most_values` different values, is filled for 1 % of
    the leads, and does not tell each of them from all others.
    """
    leads: int = connection.execute("SELECT count(*) FROM leads").fetchall()[0][0]
    names = [name for name in _fullest(connection, leads) if not _IS_ID.search(name)]
    chosen = []
    for name, (filled, different) in zip(names, _in_short(connection, names), strict=True):
        # The number of different values is a guess as yet, good to a few percent.
        if filled >= max(2, leads * LEAST_FILLED) and different <= 2 * most_values:
            one = Filter(CUSTOM_PREFIX + name, name, custom_text(name))
            if _makes_a_filter(connection, one, filled, most_values):
                chosen.append((filled, one))
    return [one for _, one in sorted(chosen, key=lambda pair: (-pair[0], pair[1].name))[:MOST_CUSTOM]]


def custom_text(name: str) -> str:
    """SQL over a row of `leads` for the value of a custom field."""
    return f"json_extract_string(custom_fields, {_pointer(name)})"


def _fullest(connection: duckdb.DuckDBPyConnection, leads: int) -> list[str]:
    """Names by how many rows of imports filled them: no fewer than there are leads with a value."""
    rows = connection.execute(
        "SELECT name FROM custom_fields GROUP BY name HAVING sum(filled) >= ? ORDER BY sum(filled) DESC, name LIMIT ?",
        [leads * LEAST_FILLED, _CANDIDATES],
    ).fetchall()
    return [name for (name,) in rows]


def _in_short(connection: duckdb.DuckDBPyConnection, names: list[str]) -> list[tuple[int, int]]:
    """For each custom field how many leads have a value, and about how many different ones there are; in one scan."""
    if not names:
        return []
    counts = ", ".join(
        f"count(nullif(said[{at}], '')), approx_count_distinct(nullif(said[{at}], ''))"
        for at in range(1, len(names) + 1)
    )
    pointers = ", ".join(_pointer(name) for name in names)
    found = connection.execute(
        f"SELECT {counts} FROM (SELECT json_extract_string(custom_fields, [{pointers}]) AS said FROM leads)"
    ).fetchall()[0]
    return list(zip(found[::2], found[1::2], strict=True))


def _makes_a_filter(connection: duckdb.DuckDBPyConnection, one: Filter, filled: int, most_values: int) -> bool:
    different, is_personal = connection.execute(
        f"""SELECT count(*), bool_or(regexp_matches(said, ?) AND NOT regexp_matches(said, ?))
        FROM (SELECT DISTINCT {one.text} AS said FROM leads) WHERE said <> ''""",
        [_PERSONAL, _DATE],
    ).fetchall()[0]
    return 2 <= different <= min(most_values, filled - 1) and not is_personal


def _pointer(name: str) -> str:
    """A JSON pointer as an SQL text: it reaches a key of any characters."""
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    return "'" + pointer.replace("'", "''") + "'"

"""Which custom fields become filters: those that split the leads into a few groups and name nobody."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import duckdb
import pytest

from contact_pipeline.dashboard.filters import MOST_CUSTOM, custom_filters

LEADS = 200


def filters_of(columns: Mapping[str, Sequence[str | None]], most_values: int = 5) -> list[str]:
    """The filters of leads whose custom fields have these values in turn."""
    leads = [
        json.dumps({name: values[at % len(values)] for name, values in columns.items() if values[at % len(values)]})
        for at in range(LEADS)
    ]
    with duckdb.connect(":memory:") as connection:
        connection.execute("CREATE TABLE leads AS SELECT unnest(?::VARCHAR[]) AS custom_fields", [leads])
        connection.execute("CREATE TABLE custom_fields (name VARCHAR, filled BIGINT)")
        for name, values in columns.items():
            filled = sum(values[at % len(values)] is not None for at in range(LEADS))
            connection.execute("INSERT INTO custom_fields VALUES (?, ?)", [name, filled])
        return [one.name for one in custom_filters(connection, most_values)]


@pytest.mark.parametrize(
    ("values", "is_filter"),
    [
        (("a", "b"), True),
        (("a", "b", "c", "d", "e"), True),
        (("a", "b", "c", "d", "e", "f"), False),
        (("a",), False),
        (("a", None), False),
        (("a", "a", "b", *[None] * 197), True),
        (("a", *[None] * 199), False),
        (("a", "b", *[None] * 198), False),  # each tells its lead from all others
        (("ann@firm.example", "no"), False),
        (("+49 (30) 1234567", "no"), False),
        (("030 1234567", "no"), False),
        (("(555) 555-0100", "no"), False),
        (("2026-05-04", "04.05.2026"), True),
        (("1000000", "250000"), True),
        (("<script>", "'; DROP TABLE leads; --"), True),
    ],
)
def test_a_few_values_that_many_leads_share_make_a_filter(values: Sequence[str | None], is_filter: bool) -> None:
    assert filters_of({"Plan": values}) == (["custom.Plan"] if is_filter else [])


@pytest.mark.parametrize("header", ["ID", "Record ID", "record_id", "UUID"])
def test_an_id_is_no_filter_whatever_its_values(header: str) -> None:
    assert filters_of({header: ("a", "b")}) == []


@pytest.mark.parametrize("header", ["a/b~c", "it's", '"quoted"', "$.x[0]", "", "paid", "Ünïcode"])
def test_a_header_of_any_characters_can_be_one(header: str) -> None:
    assert filters_of({header: ("a", "b")}) == [f"custom.{header}"]


def test_the_fullest_come_first_and_there_are_not_too_many() -> None:
    columns = {f"Field {number:02}": ("a", "b", *[None] * number) for number in range(MOST_CUSTOM + 3)}
    assert filters_of(columns) == [f"custom.{name}" for name in list(columns)[:MOST_CUSTOM]]

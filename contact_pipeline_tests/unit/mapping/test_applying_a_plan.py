"""Raw cells become field columns and custom fields, and none is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from contact_pipeline.intake.tables import RowKind
from contact_pipeline.mapping.apply import apply_plan, unique_headers
from contact_pipeline.mapping.headers import plan_table
from contact_pipeline.mapping.plan import Action, ColumnPlan, TablePlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from contact_pipeline.intake.tables import TextTable

    TableMaker = Callable[..., TextTable]

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def _plan(headers: list[str], *fields: str | None) -> TablePlan:
    actions = [Action.CUSTOM if field is None else Action.MAP for field in fields]
    return TablePlan(
        tuple(
            ColumnPlan(at, header, action, field, 1.0, "test")
            for at, (header, action, field) in enumerate(zip(headers, actions, fields, strict=True))
        )
    )


@given(
    st.lists(_texts, min_size=3, max_size=3), st.lists(st.lists(st.none() | _texts, min_size=3, max_size=3), max_size=4)
)
@example(['a"b', "c\\", ""], [['say "hi"', "back\\slash", "line\nbreak"], [None, "\x01", "{}"]])
def test_custom_fields_give_back_exactly_the_filled_cells(
    table_of: TableMaker, headers: list[str], rows: list[list[str | None]]
) -> None:
    table = table_of(headers, *rows)
    frame = apply_plan(table, _plan(headers, None, None, None))
    trimmed = apply_plan(table, _plan(headers, "city", "region", "country")).select("city", "region", "country")
    for row, encoded in zip(trimmed.rows(), frame["custom_fields"], strict=True):
        filled = {name: cell for name, cell in zip(unique_headers(headers), row, strict=True) if cell is not None}
        assert (json.loads(encoded) if encoded is not None else {}) == filled


@given(_texts)
def test_trimming_takes_only_the_outer_white_space(table_of: TableMaker, text: str) -> None:
    inner = f"a{text}b"
    frame = apply_plan(table_of(["City"], [f"\u00a0\u200b {inner}\ufeff\t"]), _plan(["City"], "city"))
    assert frame["city"].to_list() == [inner]


def test_a_cell_of_white_space_is_blank(table_of: TableMaker) -> None:
    frame = apply_plan(table_of(["City", "X"], [" \u00a0\u200b", "\t"]), _plan(["City", "X"], "city", None))
    assert frame.row(0, named=True)["city"] is None
    assert frame.row(0, named=True)["custom_fields"] is None


def test_every_row_is_kept_in_order_and_only_data_rows_have_values(table_of: TableMaker) -> None:
    kinds = [RowKind.DATA, RowKind.TOTAL, RowKind.BROKEN, RowKind.DATA]
    table = table_of(
        ["Email", "X"], ["a@example.org", "1"], ["Total", "2"], [None, None], ["b@example.org", "3"], kinds=kinds
    )
    frame = apply_plan(table, plan_table(table, {}))
    assert frame["line"].to_list() == [2, 3, 4, 5]
    assert frame["kind"].to_list() == [str(kind) for kind in kinds]
    assert frame["email"].to_list() == ["a@example.org", None, None, "b@example.org"]
    assert frame["custom_fields"].to_list() == ['{"X":"1"}', None, None, '{"X":"3"}']


def test_street_lines_and_notes_are_joined_and_blanks_leave_no_trace(table_of: TableMaker) -> None:
    headers = ["Street 1", "Street 2", "Notes", "Comments"]
    table = table_of(headers, ["1 High St", "Flat 2", "tall", "kind"], ["2 Low St", None, None, "new"], [None] * 4)
    frame = apply_plan(table, _plan(headers, "street_address", "street_address", "notes", "notes"))
    assert frame["street_address"].to_list() == ["1 High St, Flat 2", "2 Low St", None]
    assert frame["notes"].to_list() == ["tall\nkind", "new", None]


def test_columns_of_one_field_fill_each_others_blanks(table_of: TableMaker) -> None:
    headers = ["Email", "E-mail"]
    frame = apply_plan(
        table_of(headers, ["a@example.org", None], [" ", "b@example.org"]), _plan(headers, "email", "email")
    )
    assert frame["email"].to_list() == ["a@example.org", "b@example.org"]


def test_one_column_that_opts_out_is_enough(table_of: TableMaker) -> None:
    headers = ["Do Not Email", "Opt Out"]
    table = table_of(headers, ["No", "Yes"], ["0", "FALSE"], ["yes", "no"], [None, None])
    frame = apply_plan(table, _plan(headers, "opted_out", "opted_out"))
    assert frame["opted_out"].to_list() == ["Yes", "0", "yes", None]


def test_the_column_of_the_last_change_is_both_source_date_and_custom_field(table_of: TableMaker) -> None:
    table = table_of(["Email", "Modified Time"], ["a@example.org", "2024-01-02"])
    row = apply_plan(table, plan_table(table, {})).row(0, named=True)
    assert row["source_date"] == "2024-01-02"
    assert json.loads(row["custom_fields"]) == {"Modified Time": "2024-01-02"}


def test_excluded_columns_are_nowhere_in_the_result(table_of: TableMaker) -> None:
    table = table_of(["Email", "Password"], ["a@example.org", "hunter2"])
    assert "hunter2" not in str(apply_plan(table, plan_table(table, {})).rows())


def test_all_columns_are_text_and_present_even_in_an_empty_table(table_of: TableMaker) -> None:
    table = table_of(["Email", "X"])
    schema = apply_plan(table, plan_table(table, {})).schema
    assert list(schema) == ["line", "kind", "problem", "raw", "email", "source_date", "custom_fields", "cleared"]
    assert all(schema[name] == pl.String for name in ["email", "source_date", "custom_fields"])
    assert schema["cleared"] == pl.List(pl.String)


def test_repeated_and_blank_headers_get_names_of_their_own() -> None:
    assert unique_headers(["Tag", "", "Tag", "Tag (2)", " Tag "]) == [
        "Tag",
        "Column 2",
        "Tag (2)",
        "Tag (2) (2)",
        "Tag (3)",
    ]


@given(st.lists(_texts, max_size=8))
def test_names_of_custom_fields_never_collide(headers: list[str]) -> None:
    assert len(set(unique_headers(headers))) == len(headers)

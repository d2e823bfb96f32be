"""The set-aside file and its way back: the same rows, cells and lines, whatever stands in them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact_pipeline.errors import FileRefused
from contact_pipeline.home import Home
from contact_pipeline.intake.reading import read_source
from contact_pipeline.intake.tables import RowKind, SourceFile, TextTable
from contact_pipeline.mapping.plan import Action, ColumnPlan, TablePlan
from contact_pipeline.settings import Limits
from contact_pipeline.validation.mended import LOST_LINE, NOT_MENDED, parent_of, parent_plans, restored
from contact_pipeline.validation.quarantine import IMPORT, LINE, RAW, REASONS, SHEET, SUGGESTION, quarantine
from contact_pipeline.validation.set_aside_file import set_aside_file, write_set_aside

PARENT = "contacts@0123456789ab"
HEADERS = ("Email", "Name", "Set-aside line", "")


def _plan(headers: tuple[str, ...] = HEADERS) -> TablePlan:
    return TablePlan(tuple(ColumnPlan(at, name, Action.CUSTOM, None, 1.0, "") for at, name in enumerate(headers)))


def _table(rows: list[tuple[str | None, ...]], name: str = "", headers: tuple[str, ...] = HEADERS) -> TextTable:
    size = len(rows)
    cells = {f"c{at}": [row[at] for row in rows] for at in range(len(headers))}
    types = dict.fromkeys(["kind", "problem", "raw", *cells], pl.String) | {"line": pl.Int64}
    frame = pl.DataFrame(
        {"line": range(2, size + 2), "kind": ["data"] * size, "problem": [None] * size, "raw": [None] * size, **cells},
        schema={"line": pl.Int64, **types},
    )
    return TextTable(name, headers, 1, frame.lazy(), "utf-8", ",")


def _judged(*tables: TextTable, suggestion: str | None = None) -> pl.DataFrame:
    """Every row of the tables fails."""
    issue = {"field": "email", "raw": "x", "reason": "is not an e-mail address", "suggestion": suggestion}
    records = [
        {"sheet": one.name, "failures": ["no e-mail address"], "issues": [issue]}
        for one in tables
        for _ in range(one.rows.height)
    ]
    return pl.DataFrame(records)


def _set_aside(home: Home, *tables: TextTable, suggestion: str | None = None) -> Path:
    rows = quarantine(SourceFile("f", tables), _judged(*tables, suggestion=suggestion), PARENT)
    path = write_set_aside(home, PARENT, rows)
    assert path is not None
    return path


_CELL = st.none() | st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]) | st.sampled_from("=+-@'\","), min_size=1
).map(str.strip).filter(bool)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(_CELL, _CELL, _CELL, _CELL).filter(any), min_size=1, max_size=4))
def test_what_is_set_aside_comes_back_cell_by_cell(home: Home, rows: list[tuple[str | None, ...]]) -> None:
    table = _table(rows)
    back = read_source(_set_aside(home, table), Limits())
    assert parent_of(back) == PARENT
    (again,) = restored(back, [("", _plan())]).tables
    assert again.headers == HEADERS
    assert again.rows.select("line", "kind", *again.cell_columns).equals(
        table.rows.select("line", "kind", *table.cell_columns)
    )


def test_the_file_tells_import_line_reasons_and_suggestion(home: Home) -> None:
    path = _set_aside(home, _table([("ann[at]acme", "Ann", None, None)]), suggestion="ann@acme.example")
    row = pl.read_csv(path).row(0, named=True)
    assert (row[IMPORT], row[LINE], row[REASONS]) == (PARENT, 2, "no e-mail address")
    assert row[SUGGESTION] == "Email (Primary): ann@acme.example"
    assert RAW not in row


def test_rows_of_several_tables_make_a_workbook_in_place_of_the_csv(home: Home) -> None:
    rows: list[tuple[str | None, ...]] = [("a", "b", "c", "d")]
    _set_aside(home, _table(rows, "North"))
    path = _set_aside(home, _table(rows, "North"), _table(rows, "South"))
    assert path.suffix == ".xlsx"
    assert set_aside_file(home, PARENT) == path
    assert write_set_aside(home, PARENT, {}) is None
    assert set_aside_file(home, PARENT) is None


def test_what_a_sheet_cannot_hold_goes_into_a_csv_uncut(home: Home) -> None:
    long = "x" * 40_000
    path = _set_aside(home, _table([(long, "b", "c", "d")], "North"), _table([("a", "b", "c", "d")], "South"))
    assert path.suffix == ".csv"
    assert pl.read_csv(path)["Email"][0] == long


def _mended(
    *rows: tuple[str | None, ...], headers: tuple[str, ...] = (IMPORT, SHEET, LINE, RAW, "Email")
) -> SourceFile:
    return SourceFile("mended.csv", (_table(list(rows), headers=headers),))


def test_a_row_that_lost_its_line_or_is_still_broken_fails_again() -> None:
    source = _mended(
        (PARENT, None, "7", None, "ann@acme.example"),
        (PARENT, None, "?", None, "bob@acme.example"),
        (PARENT, None, "9", "cy@acme.example,,,", None),
        (PARENT, None, "10.0", "dee@acme.example,,,", "dee@acme.example"),
    )
    (table,) = restored(source, [("", _plan(("Email",)))]).tables
    assert table.rows.select("line", "kind", "problem", "raw").rows() == [
        (7, RowKind.DATA, None, None),
        (3, RowKind.BROKEN, LOST_LINE, None),
        (9, RowKind.BROKEN, NOT_MENDED, "cy@acme.example,,,"),
        (10, RowKind.DATA, None, None),
    ]


def test_rows_put_on_one_sheet_find_their_own_again() -> None:
    source = _mended((PARENT, "North", "2", None, "a@acme.example"), (PARENT, "South", "2", None, "b@acme.example"))
    tables = restored(source, [("North", _plan(("Email",))), ("South", _plan(("Email", "Name")))]).tables
    assert [(one.name, one.headers, one.rows["c0"].to_list()) for one in tables] == [
        ("North", ("Email",), ["a@acme.example"]),
        ("South", ("Email", "Name"), ["b@acme.example"]),
    ]


def test_any_other_file_has_no_parent() -> None:
    assert parent_of(_mended(("a", "b"), headers=("Email", "Name"))) is None


@pytest.mark.parametrize(
    "source",
    [
        _mended((PARENT, None, "2", None, "a"), ("other@0123456789ab", None, "3", None, "b")),
        _mended((None, None, "2", None, "a")),
        _mended(("2", "no e-mail address", "a"), headers=(LINE, REASONS, "Email")),
    ],
    ids=["two imports", "no import", "the column is gone"],
)
def test_rows_that_do_not_tell_one_import_are_refused(source: SourceFile) -> None:
    with pytest.raises(FileRefused, match="set-aside rows"):
        parent_of(source)


def test_a_new_column_with_values_is_refused_and_one_without_is_not() -> None:
    headers = (IMPORT, SHEET, LINE, "Email", "Remark")
    plans = [("", _plan(("Email",)))]
    assert restored(_mended((PARENT, None, "2", "a", None), headers=headers), plans).tables
    with pytest.raises(FileRefused, match="'Remark'"):
        restored(_mended((PARENT, None, "2", "a", "new"), headers=headers), plans)


@pytest.mark.parametrize("name", [PARENT, "../../etc/passwd"])
def test_an_import_that_this_home_does_not_know_is_refused_by_name(home: Home, name: str) -> None:
    with pytest.raises(FileRefused, match="not in this home"):
        parent_plans(home, name)

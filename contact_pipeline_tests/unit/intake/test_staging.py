"""The raw file on disk gives back the tables that were put in."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from contact_pipeline.intake.staging import read_source, write_source
from contact_pipeline.intake.tables import SourceFile, TextTable


def _table(
    name: str, headers: tuple[str, ...], *rows: tuple[str | None, ...], kinds: list[str] | None = None
) -> TextTable:
    columns = {f"c{at}": [row[at] for row in rows] for at in range(len(headers))}
    frame = pl.DataFrame(
        {
            "line": list(range(2, len(rows) + 2)),
            "kind": kinds or ["data"] * len(rows),
            "problem": [None] * len(rows),
            "raw": [None] * len(rows),
            **columns,
        },
        schema={"line": pl.Int64, "kind": pl.String, "problem": pl.String, "raw": pl.String}
        | dict.fromkeys(columns, pl.String),
    )
    return TextTable(
        name=name, headers=headers, header_line=1, lazy_rows=frame.lazy(), encoding="cp1252", delimiter=";"
    )


@pytest.fixture
def source() -> SourceFile:
    tables = (
        _table("People", ("Email", "Name"), ("ann@acme.example", None), ("", "Bob"), kinds=["data", "blank"]),
        _table("Empty", ("A", "B", "C")),
        _table("More", ("Email", "", "Email"), ("a", "b\nc", "ü")),
    )
    return SourceFile("book.xlsx", tables, (("Notes", "no table in it"),))


def test_tables_of_different_width_come_back_as_they_were(tmp_path: Path, source: SourceFile) -> None:
    write_source(tmp_path / "raw.parquet", source, cell_bytes=100)
    back = read_source(tmp_path / "raw.parquet")
    assert (back.name, back.ignored_sheets) == (source.name, source.ignored_sheets)
    for came, went in zip(back.tables, source.tables, strict=True):
        assert_frame_equal(came.rows, went.rows)
        assert (came.name, came.headers, came.header_line, came.encoding, came.delimiter) == (
            went.name, went.headers, went.header_line, went.encoding, went.delimiter,
        )  # fmt: skip


def test_a_row_with_a_cell_over_the_limit_is_broken_and_keeps_its_text(tmp_path: Path) -> None:
    table = _table("", ("Email", "Note"), ("a@acme.example", "ü" * 5), ("b@acme.example", "ü" * 6), (None, None))
    write_source(tmp_path / "raw.parquet", SourceFile("list.csv", (table,)), cell_bytes=14)
    rows = read_source(tmp_path / "raw.parquet").tables[0].rows
    assert rows["kind"].to_list() == ["data", "data", "data"]
    write_source(tmp_path / "raw.parquet", SourceFile("list.csv", (table,)), cell_bytes=13)
    rows = read_source(tmp_path / "raw.parquet").tables[0].rows
    assert rows["kind"].to_list() == ["broken", "broken", "data"]
    assert rows["problem"].to_list() == ["a cell is longer than 13 bytes"] * 2 + [None]
    assert rows["c1"].to_list() == ["ü" * 5, "ü" * 6, None]

"""Delimited text files through the one door, as a user drops them."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact_pipeline.errors import FileRefused
from contact_pipeline.intake.reading import read_source
from contact_pipeline.intake.tables import RowKind, TextTable
from contact_pipeline.settings import Limits

HEADER = "First Name,Email,City"


def table_of(folder: Path, content: str | bytes, name: str = "list.csv", limits: Limits | None = None) -> TextTable:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    source = read_source(path, limits or Limits())
    assert len(source.tables) == 1
    return source.tables[0]


def cells(table: TextTable) -> list[tuple[str | None, ...]]:
    return table.data.select(table.cell_columns).rows()


def kinds(table: TextTable) -> list[str]:
    return table.rows["kind"].to_list()


def refused(folder: Path, content: str | bytes, name: str = "list.csv", limits: Limits | None = None) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        table_of(folder, content, name, limits)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


def test_every_value_stays_text_as_written(tmp_path: Path) -> None:
    table = table_of(tmp_path, f"{HEADER}\n007,NA,1E5\n Null ,nan,\n")
    assert cells(table) == [("007", "NA", "1E5"), (" Null ", "nan", None)]
    assert table.rows["line"].to_list() == [2, 3]
    assert table.rows.schema["line"] == pl.Int64


def test_a_row_of_another_width_is_broken_with_its_line_and_text_and_shifts_nothing(tmp_path: Path) -> None:
    table = table_of(tmp_path, f"{HEADER}\nAnn,a@x.org,Rome\nBob,b@x.org\nCy,c@x.org,Oslo,x\nDi,d@x.org,Bern\n")
    broken = table.rows.filter(pl.col("kind") == RowKind.BROKEN).select("line", "problem", "raw").rows()
    assert broken == [
        (3, "2 cells where the header has 3", "Bob,b@x.org"),
        (4, "4 cells where the header has 3", "Cy,c@x.org,Oslo,x"),
    ]
    assert cells(table) == [("Ann", "a@x.org", "Rome"), ("Di", "d@x.org", "Bern")]


def test_an_empty_extra_cell_breaks_a_row_unless_all_rows_have_it(tmp_path: Path) -> None:
    one = table_of(tmp_path, f"{HEADER}\nAnn,a@x.org,Rome\nBob,b@x.org,Oslo,\nCy,c@x.org,Bern\n")
    assert kinds(one) == ["data", "broken", "data"]
    every = table_of(tmp_path, f"{HEADER}\nAnn,a@x.org,Rome,\nBob,b@x.org,Oslo,\n")
    assert cells(every) == [("Ann", "a@x.org", "Rome"), ("Bob", "b@x.org", "Oslo")]


def test_two_stray_quotes_that_pair_up_swallow_no_row(tmp_path: Path) -> None:
    rows = ["Ann,a@x.org,Rome", '"Bob,b@x.org,Oslo', "Cy,c@x.org,Bern", '"Di,d@x.org,Bonn', "Ed,e@x.org,Lyon"]
    table = table_of(tmp_path, "\n".join([HEADER, *rows]) + "\n")
    assert kinds(table) == ["data", "broken", "data", "broken", "data"]
    assert table.rows["raw"].to_list() == [None, rows[1], None, rows[3], None]


def test_stray_quotes_that_form_a_valid_cell_over_full_rows_are_unmasked(tmp_path: Path) -> None:
    rows = ['Ann,"a@x.org,Rome', "Bob,b@x.org,Oslo", 'Cy,c@x.org",Bern']
    table = table_of(tmp_path, "\n".join([HEADER, *rows, "Di,d@x.org,Bonn"]) + "\n")
    assert kinds(table) == ["broken", "broken", "broken", "data"]
    assert table.rows["raw"].to_list() == [*rows, None]


def test_line_breaks_inside_quotes_are_kept_and_lines_are_counted_physically(tmp_path: Path) -> None:
    table = table_of(tmp_path, f'{HEADER}\n"Ann\r\nMaria",a@x.org,"Via 1,\nRome"\nBob,b@x.org,Oslo\n')
    assert cells(table)[0] == ("Ann\r\nMaria", "a@x.org", "Via 1,\nRome")
    assert table.rows["line"].to_list() == [2, 5]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "~", "\x1f", "||", "::"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    lines = ["First Name,Email,City", "Ann,a@x.org,Rome", "Bob,b@x.org,Oslo"]
    table = table_of(tmp_path, "\n".join(lines).replace(",", delimiter))
    assert table.delimiter == delimiter
    assert cells(table) == [("Ann", "a@x.org", "Rome"), ("Bob", "b@x.org", "Oslo")]


def test_quoted_delimiters_in_every_row_do_not_mislead_the_choice(tmp_path: Path) -> None:
    rows = "".join(f'"Doe; J{i}","j{i}@x.org","1;5"\n' for i in range(20))
    assert table_of(tmp_path, f"{HEADER}\n{rows}").delimiter == ","


def test_a_sep_line_is_obeyed_and_is_not_the_header(tmp_path: Path) -> None:
    table = table_of(tmp_path, "sep=;\nName;Email\nAnn;a@x.org\n")
    assert (table.headers, table.header_line, table.rows["line"].to_list()) == (("Name", "Email"), 2, [3])


def test_the_header_is_found_below_title_rows(tmp_path: Path) -> None:
    table = table_of(tmp_path, f"Contact export\nGenerated,2024-05-01\n\n{HEADER}\nAnn,a@x.org,Rome\n")
    assert (table.headers, table.header_line) == (("First Name", "Email", "City"), 4)


def test_what_is_not_data_is_a_row_of_its_kind(tmp_path: Path) -> None:
    body = "Ann,a@x.org,Rome\n\n,,\nFirst Name,Email,City\nBob,b@x.org,Oslo\nTotal,2,\n\n2 rows by boss@x.org\n# end\n"
    table = table_of(tmp_path, f"{HEADER}\n{body}")
    expected = ["data", "blank", "blank", "repeated_header", "data", "total", "blank", "note", "note"]
    assert kinds(table) == expected


def test_a_lone_cell_above_more_data_is_broken_not_a_note(tmp_path: Path) -> None:
    table = table_of(tmp_path, f"{HEADER}\nAnn,a@x.org,Rome\n\nlost\nBob,b@x.org,Oslo\n")
    assert kinds(table) == ["data", "blank", "broken", "data"]


def test_a_person_called_total_is_data(tmp_path: Path) -> None:
    assert kinds(table_of(tmp_path, f"{HEADER}\nTotal,total@x.org,Rome\nBob,b@x.org,Oslo\n")) == ["data", "data"]


def test_a_cell_past_the_limit_fails_its_row_only(tmp_path: Path) -> None:
    table = table_of(tmp_path, f"{HEADER}\nAnn,a@x.org,{'x' * 70_000}\nBob,b@x.org,Oslo\n")
    assert kinds(table) == ["broken", "data"]
    assert "too long" in table.rows["problem"][0]
    assert len(table.rows["raw"][0]) > 70_000


@pytest.mark.parametrize(
    ("content", "reason", "word"),
    [
        (b"", "empty", "empty"),
        (b" \n\n", "empty", "empty"),
        (f"{HEADER}\n".encode(), "header_only", "no data rows"),
        (f"{HEADER}\n\n ,,\n".encode(), "header_only", "no data rows"),
        (b"Ann,a@x.org,Rome\nBob,b@x.org,Oslo\n", "no_header_row", "no header row"),
        (b"1,2,3\n4,5,6\n", "no_header_row", "no header row"),
        (b"First Name,Email,City\nAnn;a@x.org;Rome\nBob;b@x.org;Oslo\n", "not_a_table", "delimiter"),
        (b"%PDF-1.7\n", "pdf", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "image", "image"),
        (b"\x1f\x8b\x08" + bytes(30), "archive", "gzip"),
        (b"PK\x03\x04" + bytes(40), "archive", "zip"),
        (b"<!DOCTYPE html><html>Email, Name</html>", "html", "HTML"),
        (b"SQLite format 3\x00" + bytes(90), "database", "database"),
        (bytes(8) + b"DUCK" + bytes(90), "database", "DuckDB"),
        (b"PAR1" + bytes(90), "binary", "Parquet"),
        (b"BEGIN:VCARD\nN:Abbott;Ann\nEND:VCARD\n", "not_a_table", "vCard"),
        (b"INSERT INTO contacts (a, b) VALUES ('x', 'y');\n", "not_a_table", "not a table"),
        (b"From: a@x.org\nTo: b@x.org, c@x.org\nSubject: list\n\nHi\n", "not_a_table", "not a table"),
        (b'[{"email": "a@x.org"}]', "not_a_table", "JSON"),
        (bytes(range(256)) * 8, "binary", "binary"),
    ],
)
def test_what_is_no_table_is_refused_by_name(tmp_path: Path, content: bytes, reason: str, word: str) -> None:
    error = refused(tmp_path, content)
    assert error.reason == reason
    assert word in str(error)


def test_limits_on_size_rows_and_columns_are_kept(tmp_path: Path) -> None:
    text = f"{HEADER}\nAnn,a@x.org,Rome\nBob,b@x.org,Oslo\n"
    assert refused(tmp_path, text, limits=Limits(file_bytes=20)).reason == "too_large"
    assert refused(tmp_path, text, limits=Limits(rows=1)).reason == "too_many_rows"
    assert refused(tmp_path, text, limits=Limits(columns=2)).reason == "too_many_columns"


def test_only_a_regular_file_is_opened_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text(f"{HEADER}\nAnn,a@x.org,Rome\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    for name, word in (("link", "link"), ("folder", "folder"), ("pipe", "regular file"), ("none", "gone")):
        with pytest.raises(FileRefused, match=word):
            read_source(tmp_path / f"{name}.csv", Limits())


def test_a_file_name_cannot_forge_a_line_of_the_message(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as caught:
        read_source(tmp_path / "none.csv", Limits(), name="x\n\x1b[31mok\u202e.csv")
    assert str(caught.value).isprintable()


_CELL = st.text(st.sampled_from(list("ab1 \t,;\"\n\r'\\é|\x00\u2028")), max_size=6)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(_CELL, min_size=3, max_size=3), min_size=1, max_size=8))
def test_whatever_is_written_by_the_rules_is_read_back_whole(tmp_path: Path, rows: list[list[str]]) -> None:
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    safe = '"Zoe","z@x.org","Rome"'
    table = table_of(tmp_path, "\n".join([HEADER, *quoted, safe, safe, safe]) + "\n")
    expected = Counter([*(tuple(cell or None for cell in row) for row in rows), *[("Zoe", "z@x.org", "Rome")] * 3])
    data = Counter(cells(table))
    assert data <= expected
    assert table.rows.height >= len(rows) + 3
    if not any(set(cell) & set("\r\n") for row in rows for cell in row):
        assert table.rows.height == len(rows) + 3
        told = table.rows.filter(pl.col("kind") != RowKind.DATA).height
        assert (expected - data).total() == told


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=6))
def test_damage_never_raises_and_never_loses_a_line(tmp_path: Path, changes: list[tuple[int, int]]) -> None:
    text = "\n".join([HEADER, *(f"Ann{i},a{i}@x.org,Rome" for i in range(20))]).encode()
    damaged = bytearray(text)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    try:
        table = table_of(tmp_path, bytes(damaged))
    except FileRefused:
        return
    lines = table.rows["line"].to_list()
    assert lines == sorted(set(lines))
    if b'"' not in damaged and b"'" not in damaged and table.encoding == "utf-8":
        ends = bytes(damaged).replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\x1a").count(b"\n")
        assert table.header_line + len(lines) in (ends, ends + 1)

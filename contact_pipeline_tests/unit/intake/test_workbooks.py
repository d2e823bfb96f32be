"""Workbooks through the one door: what is read, what is passed over, what is refused."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from contact_pipeline.errors import FileRefused
from contact_pipeline.intake.reading import read_source
from contact_pipeline.intake.tables import SourceFile, TextTable
from contact_pipeline.settings import Limits

HEADER = ("Email", "Name", "City")
ROWS = (HEADER, ("a@x.org", "Ann", "Rome"), ("b@x.org", "Bob", "Oslo"))


def workbook(**sheets: Sequence[Sequence[Any]]) -> bytes:
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for index, row in enumerate(rows):
            sheet.write_row(index, 0, row)
        if name.startswith("Hidden"):
            sheet.hide()
    book.close()
    return target.getvalue()


def read(folder: Path, data: bytes, name: str = "book.xlsx", limits: Limits | None = None) -> SourceFile:
    (folder / name).write_bytes(data)
    return read_source(folder / name, limits or Limits())


def cells(table: TextTable) -> list[tuple[str | None, ...]]:
    return table.data.select(table.cell_columns).rows()


def rezipped(data: bytes, change: Callable[[str, bytes], bytes | None], **added: bytes) -> bytes:
    """The workbook with its parts changed (None drops one) and others added."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if (part := change(name, old.read(name))) is not None:
                new.writestr(name, part)
        for name, part in added.items():
            new.writestr(name, part)
    return target.getvalue()


def in_sheet(old: bytes, new: bytes) -> Callable[[str, bytes], bytes]:
    return lambda name, part: part.replace(old, new) if name == "xl/worksheets/sheet1.xml" else part


def test_dates_come_as_iso_text_and_whole_numbers_without_a_fraction(tmp_path: Path) -> None:
    row = ("a@x.org", dt.datetime(2024, 2, 3), dt.datetime(2024, 2, 3, 9, 30), 442079460000, 2.5, True, "007")  # noqa: DTZ001
    source = read(tmp_path, workbook(People=[("Email", "Day", "Time", "Phone", "Rate", "Flag", "Code"), row]))
    expected = ("a@x.org", "2024-02-03", "2024-02-03 09:30:00", "442079460000", "2.5", "true", "007")
    assert cells(source.tables[0]) == [expected]


def test_text_after_thousands_of_numbers_is_kept(tmp_path: Path) -> None:
    rows = [("Email", "Mixed"), *((f"a{i}@x.org", i) for i in range(1500)), ("z@x.org", "text")]
    assert cells(read(tmp_path, workbook(People=rows)).tables[0])[-1] == ("z@x.org", "text")


def test_a_table_below_a_title_keeps_its_sheet_rows(tmp_path: Path) -> None:
    table = read(tmp_path, workbook(People=[("Contact export",), (), *ROWS])).tables[0]
    assert (table.name, table.headers, table.header_line) == ("People", HEADER, 3)
    assert table.rows["line"].to_list() == [4, 5]
    assert table.encoding is None


def test_each_visible_sheet_with_a_table_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    data = workbook(One=ROWS, Hidden=ROWS, Two=ROWS, Blank=[], Bare=[HEADER])
    source = read(tmp_path, data)
    assert [table.name for table in source.tables] == ["One", "Two"]
    assert dict(source.ignored_sheets) == {"Hidden": "hidden", "Blank": "empty", "Bare": "a header but no data rows"}


def test_the_content_decides_not_the_name(tmp_path: Path) -> None:
    assert cells(read(tmp_path, workbook(People=ROWS), "book.csv").tables[0]) == list(ROWS[1:])
    assert cells(read(tmp_path, b"Email,Name,City\na@x.org,Ann,Rome\n", "list.xlsx").tables[0]) == [ROWS[1]]


def test_a_cell_past_the_limit_fails_its_row_only(tmp_path: Path) -> None:
    rows = (HEADER, ("a@x.org", "A" * 900, "Rome"), ROWS[2])
    table = read(tmp_path, workbook(People=rows), limits=Limits(cell_bytes=500)).tables[0]
    assert table.rows["kind"].to_list() == ["broken", "data"]
    assert "too long" in table.rows["problem"][0]


def _doctype(name: str, part: bytes) -> bytes:
    return part.replace(b"<sst", b'<!DOCTYPE sst [<!ENTITY e "x">]><sst') if name == "xl/sharedStrings.xml" else part


def _claims_billions(name: str, part: bytes) -> bytes:
    return part.replace(b"uniqueCount=", b'uniqueCount="4000000000" was=') if name.endswith("Strings.xml") else part


GOOD = workbook(People=ROWS)
UNSAFE = {
    "doctype": (rezipped(GOOD, _doctype), "doctype", "DOCTYPE"),
    "macro": (rezipped(GOOD, lambda _, p: p, **{"xl/vbaProject.bin": b"x"}), "macro_workbook", "macro"),
    "far cell": (rezipped(GOOD, in_sheet(b'r="C3"', b'r="XFD1048576"')), "too_large", "too large"),
    "off the grid": (rezipped(GOOD, in_sheet(b'r="C3"', b'r="ZZZZ9"')), "corrupt_workbook", "damaged"),
    "cut sheet": (rezipped(GOOD, lambda n, p: p[:-40] if "sheet1" in n else p), "corrupt_workbook", "damaged"),
    "no sheet": (rezipped(GOOD, lambda n, p: None if "sheet1" in n else p), "corrupt_workbook", "damaged"),
    "claimed strings": (rezipped(GOOD, _claims_billions), "corrupt_workbook", "damaged"),
    "half a file": (GOOD[: len(GOOD) // 2], "corrupt_workbook", "damaged"),
    "deep": (
        rezipped(GOOD, in_sheet(b"<sheetData>", b"<sheetData>" + b"<a>" * 999 + b"</a>" * 999)),
        "corrupt_workbook",
        "damaged",
    ),
    "noise": (bytes(range(7, 256)) * 9, "corrupt_workbook", "workbook"),
    "empty": (workbook(People=[]), "empty", "empty"),
    "hidden only": (workbook(Blank=[], Hidden=ROWS), "empty", "hidden"),
    "unknown encoding": (rezipped(GOOD, in_sheet(b"UTF-8", b"UTF-F-8")), "corrupt_workbook", "damaged"),
    "encoding of two bytes": (rezipped(GOOD, in_sheet(b"UTF-8", b"Shift-JIS")), "corrupt_workbook", "damaged"),
    "header only": (workbook(People=[HEADER]), "header_only", "no data rows"),
}


@pytest.mark.parametrize("case", UNSAFE)
def test_an_unsafe_or_damaged_workbook_is_refused_by_name(tmp_path: Path, case: str) -> None:
    data, reason, word = UNSAFE[case]
    with pytest.raises(FileRefused, match=word) as caught:
        read(tmp_path, data)
    assert caught.value.reason == reason


def test_what_a_part_really_expands_to_counts_not_what_it_claims(tmp_path: Path) -> None:
    bomb = rezipped(GOOD, lambda _, part: part, **{"xl/media/image1.xml": b"<a>" + b" " * 5_000_000 + b"</a>"})
    with pytest.raises(FileRefused) as caught:
        read(tmp_path, bomb, limits=Limits(workbook_inflated_bytes=2_000_000))
    assert caught.value.reason == "too_large"


def test_a_flipped_byte_in_a_sheet_is_found_by_its_checksum(tmp_path: Path) -> None:
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(GOOD)) as old, zipfile.ZipFile(target, "w") as stored:
        for name in old.namelist():
            stored.writestr(name, old.read(name))
    with pytest.raises(FileRefused, match="damaged"):
        read(tmp_path, target.getvalue().replace(b">Ann<", b">Xnn<"))


def test_a_parser_that_takes_too_long_or_dies_is_a_refusal_not_a_crash(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as slow:
        read(tmp_path, GOOD, limits=Limits(parser_seconds=0))
    assert slow.value.reason == "too_large"
    with pytest.raises(FileRefused) as starved:
        read(
            tmp_path,
            workbook(People=[HEADER, *([("a@x.org", "A" * 300, "B" * 300)] * 2000)]),
            limits=Limits(parser_memory_bytes=1),
        )
    assert starved.value.reason == "corrupt_workbook"


def test_the_parser_is_told_no_secret_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "told.txt"
    spy = f"import os\nopen({str(told)!r}, 'w').write(' '.join(os.environ))\n"  # loaded by every Python that starts
    (tmp_path / "sitecustomize.py").write_text(spy, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("HOOK_SECRET", "s3cret")
    assert cells(read(tmp_path, workbook(People=ROWS)).tables[0])
    assert "PYTHONPATH" in told.read_text(encoding="utf-8")
    assert "HOOK_SECRET" not in told.read_text(encoding="utf-8")


def test_the_parser_takes_no_program_from_the_folder_that_it_is_called_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("json", "fastexcel"):
        (tmp_path / f"{module}.py").write_text("raise SystemExit(f'{__file__} ran')\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert cells(read(tmp_path, workbook(People=ROWS)).tables[0])

"""Is a workbook safe to hand to the parser? Looked at in our own process, before any of it is parsed.

Belongs here: the limits on what a workbook expands to, and what it may not hold (DOCTYPE, macros, a password). Does not
belong: reading cells (`workbook_child`). The parser allocates by what a file claims, skips checksums and accepts XML that
is not well formed; so all of that is checked here.
"""

from __future__ import annotations

import re
import xml.parsers.expat as expat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import pairwise

from contact_pipeline.errors import FileRefused
from contact_pipeline.intake.refusals import refusal
from contact_pipeline.intake.sheet_marks import SheetMarks, by_sheet_name, marks_of
from contact_pipeline.settings import Limits

_MOST_PARTS = 2000
_CHUNK = 1 << 20
_LAST_COLUMN, _LAST_ROW = 16_384, 1_048_576
_LONGEST_EXCEL_CELL = 32_767
_MOST_NESTED = 256

_REFERENCE = re.compile(rb"""\sr=["']([A-Za-z]*)(\d+)["']""")
_STRING_COUNT = re.compile(rb"""<(?:\w+:)?sst\b[^>]*?\b(?:uniqueCount)=["'](\d+)["']""")
_STRING_START = re.compile(rb"<(?:\w+:)?si[\s>/]")
_STRING_USE = re.compile(rb"""t=["']s["'][^>]*>\s*<(?:\w+:)?v>(\d+)<""")
_TAG = re.compile(rb"<(/?)[A-Za-z_][^<>]*?(/?)>")
_SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml$|content\.xml$", re.IGNORECASE)
_DIRECTORY = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
_STRINGS_PART = re.compile(r"xl/sharedStrings\.xml$", re.IGNORECASE)

_SAVE_AGAIN = "Open it in a spreadsheet program and save it again as XLSX."


def check_zip_workbook(data: bytes, limits: Limits, name: str) -> dict[str, SheetMarks]:
    """The marks of each sheet by its name, on the way.

    Raises FileRefused: corrupt_workbook, macro_workbook, doctype, too_large, unsupported_workbook."""
    with _zip_errors(name):
        archive = zipfile.ZipFile(BytesIO(data))
    _check_entries(archive, name)
    return _check_parts(archive, limits, name)


def check_ole_workbook(data: bytes, name: str) -> None:
    """Raises FileRefused: password_protected, macro_workbook, not_a_table (a Word or Outlook file)."""

    def holds(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if holds("EncryptedPackage") or holds("EncryptionInfo"):
        raise refusal(name, "password_protected", "is protected by a password. Save it without one.")
    if holds("_VBA_PROJECT"):
        raise _macros(name)
    if holds("WordDocument") or holds("PowerPoint Document") or holds("__nameid_version1.0"):
        raise refusal(
            name, "not_a_table", "is an old Office document, not a table. Export the contacts as CSV or XLSX."
        )


@contextmanager
def _zip_errors(name: str) -> Iterator[None]:
    """What zipfile says of a broken container, in our words."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
        raise _damaged(name, "its zip container is broken") from error
    except RuntimeError as error:  # an encrypted entry
        raise refusal(name, "password_protected", "is protected by a password. Save it without one.") from error


def _check_entries(archive: zipfile.ZipFile, name: str) -> None:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > _MOST_PARTS:
        raise refusal(name, "too_large", f"is too large: it has {len(entries):,} parts. {_SAVE_AGAIN}")
    if any(a.header_offset + a.compress_size > b.header_offset for a, b in pairwise(sorted(entries, key=_offset))):
        raise refusal(name, "too_large", f"is too large: its parts share their bytes. {_SAVE_AGAIN}")
    if any(count > 1 for count in Counter(names).values()):
        raise _damaged(name, "it holds two parts of one name")
    if any(n.lower().endswith("vbaproject.bin") for n in names):
        raise _macros(name)
    if any(n.lower().startswith("xl/") and n.lower().endswith("workbook.bin") for n in names):
        raise refusal(name, "unsupported_workbook", f"is a binary workbook (XLSB), which is not read. {_SAVE_AGAIN}")
    if not any(n.lower() in ("xl/workbook.xml", "content.xml") for n in names):
        raise _damaged(name, "its list of sheets is missing")


def _offset(entry: zipfile.ZipInfo) -> int:
    return entry.header_offset


def _check_parts(archive: zipfile.ZipFile, limits: Limits, name: str) -> dict[str, SheetMarks]:
    left = limits.workbook_inflated_bytes
    long_strings: dict[int, int] = {}
    sheets: dict[str, SheetMarks] = {}
    directory: dict[str, bytes] = {}
    for entry in sorted(archive.infolist(), key=lambda e: not _STRINGS_PART.search(e.filename)):
        part = _inflate(archive, entry, left, name)
        left -= len(part)
        if not part or not entry.filename.lower().endswith((".xml", ".rels")):
            continue
        _check_xml(part, name)
        if _STRINGS_PART.search(entry.filename):
            long_strings = _check_strings(part, name)
        elif _SHEET_PART.search(entry.filename):
            sheets[entry.filename] = marks_of(part)
            _check_grid(part, limits, name)
            _check_uses(part, long_strings, limits, name)
        elif entry.filename.lower() in _DIRECTORY:
            directory[entry.filename.lower()] = part
    if not sheets:
        raise _damaged(name, "it has no sheet")
    return by_sheet_name(sheets, *(directory.get(part, b"") for part in _DIRECTORY))


def _inflate(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int, name: str) -> bytes:
    """A part as it really expands; what its header claims is not believed. The checksum is verified on the way."""
    pieces, size = [], 0
    with _zip_errors(name), archive.open(entry) as stream:
        while piece := stream.read(_CHUNK):
            size += len(piece)
            if size > left:
                raise refusal(name, "too_large", "is too large when unpacked. Split it, or export it as CSV.")
            pieces.append(piece)
    if size != entry.file_size:
        raise _damaged(name, "a part is not as long as it says")
    return b"".join(pieces)


def _check_xml(part: bytes, name: str) -> None:
    """Well formed, not nested without end, and without a document type (entities expand and fetch)."""
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise refusal(name, "doctype", f"holds XML with a DOCTYPE, which could fetch or expand anything. {_SAVE_AGAIN}")

    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(part, True)
    except expat.ExpatError as error:
        raise _damaged(name, f"its XML is not well formed ({expat.ErrorString(error.code)})") from error
    except (LookupError, ValueError) as error:  # the declaration names an encoding that nobody or only Python knows
        raise _damaged(name, "its XML is in an encoding that cannot be read") from error
    if part.count(b"<") > _MOST_NESTED and _depth(part[:_CHUNK]) > _MOST_NESTED:
        raise _damaged(name, "its XML is nested without end")


def _depth(xml: bytes) -> int:
    depth = deepest = 0
    for match in _TAG.finditer(xml):
        depth += -1 if match[1] else 0 if match[2] else 1
        deepest = max(deepest, depth)
    return deepest


def _check_grid(sheet: bytes, limits: Limits, name: str) -> None:
    """The parser allocates the whole rectangle between the outermost cells, however few there are."""
    columns: set[bytes] = set()
    first_row, last_row = _LAST_ROW, 0
    for match in re.finditer(_REFERENCE, sheet):
        columns.add(match[1].upper())
        row = int(match[2][:10])
        first_row, last_row = min(first_row, row), max(last_row, row)
    numbers = [_column_number(letters) for letters in columns if letters] or [1]
    if last_row > _LAST_ROW or max(numbers) > _LAST_COLUMN:
        raise _damaged(name, "a cell lies beyond the last row or column")
    cells = max(0, last_row - first_row + 1) * (max(numbers) - min(numbers) + 1)
    if cells > limits.workbook_cells:
        raise refusal(name, "too_large", f"is too large: a sheet spans {cells:,} cells. Delete stray cells far out.")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters[:6]:
        number = number * 26 + letter - 64
    return number


def _check_strings(part: bytes, name: str) -> dict[int, int]:
    """Sizes of the shared strings that are longer than any cell may be, by index."""
    starts = [match.start() for match in _STRING_START.finditer(part)]
    ends = [*starts[1:], len(part)]
    if (claimed := _STRING_COUNT.findall(part[:4096])) and max(map(int, claimed)) > max(10_000, 100 * len(starts)):
        raise _damaged(name, f"it claims {max(map(int, claimed)):,} texts and holds {len(starts):,}")
    sizes = (end - start for start, end in zip(starts, ends[: len(starts)], strict=True))
    return {index: size for index, size in enumerate(sizes) if size > _LONGEST_EXCEL_CELL}


def _check_uses(sheet: bytes, long_strings: dict[int, int], limits: Limits, name: str) -> None:
    """A long text kept once and shown in many cells expands in the table, not in the file."""
    if not long_strings:
        return
    uses = Counter(int(index) for index in _STRING_USE.findall(sheet))
    if sum(size * uses[index] for index, size in long_strings.items()) > limits.workbook_inflated_bytes:
        raise refusal(name, "too_large", "is too large: one long text is repeated in very many cells.")


def _damaged(name: str, why: str) -> FileRefused:
    return refusal(name, "corrupt_workbook", f"is a damaged workbook: {why}. {_SAVE_AGAIN}")


def _macros(name: str) -> FileRefused:
    return refusal(name, "macro_workbook", "holds a macro, and a macro workbook is not taken. Save it as XLSX.")

"""What a sheet says of its cells beside their values: which are merged, which are links, which hold no value but an error.

Belongs here: finding these marks in the XML of a workbook that is known to be safe, and what they mean for the header.
Does not belong: whether the workbook is safe (`workbook_guard`) and its values (`workbook_child`).
"""

from __future__ import annotations

import re
import xml.parsers.expat as expat
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from posixpath import basename

from contact_pipeline.intake.header_row import Cells

_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?\bref=["']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})["']""")
_LINK = re.compile(rb"""<(?:\w+:)?hyperlink\s[^>]*?\bref=["'][A-Z]{1,3}(\d{1,7})""")
# A cell that the parser leaves blank: an error (#N/A), or a number that is none or that no date can be.
_ERROR = re.compile(
    rb"""<(?:\w+:)?c\s([^>]*\bt=["']e["'][^>]*)>(?:<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>))?<(?:\w+:)?v>([^<]{1,40})<"""
)
_NO_NUMBER = re.compile(rb"""<(?:\w+:)?c\s([^>]*)><(?:\w+:)?v>(NaN|INF|-INF|-?[\d.]+E\+?\d{2,3})<""", re.IGNORECASE)
_PLACE = re.compile(rb"""\br=["']([A-Z]{1,3})([1-9]\d{0,6})["']""")
_DEEPEST_HEADER = 10  # rows; a cell merged over more is a note beside the table


@dataclass(frozen=True, slots=True)
class Merged:
    """A block of merged cells; rows from 1, columns from 0, both ends within."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class SheetMarks:
    """Marks of one sheet: merged blocks, the rows (from 1) that hold a link, and the cells that hold what is no value.

    `no_values` has the row (from 1), the column (from 0) and the text as it stands in the file.
    """

    merged: tuple[Merged, ...] = ()
    linked_rows: frozenset[int] = frozenset()
    no_values: tuple[tuple[int, int, str], ...] = ()

    def among(self, columns: Sequence[int]) -> SheetMarks:
        """The same marks where only these columns of the sheet are kept: blocks count them from 0."""
        kept = []
        for one in self.merged:
            left, right = bisect_left(columns, one.left), bisect_right(columns, one.right) - 1
            if left <= right:
                kept.append(replace(one, left=left, right=right))
        places = {place: index for index, place in enumerate(columns)}
        no_values = tuple((row, places[place], text) for row, place, text in self.no_values if place in places)
        return replace(self, merged=tuple(kept), no_values=no_values)


def marks_of(sheet: bytes) -> SheetMarks:
    """The marks in the XML of a sheet."""
    merged = tuple(Merged(int(b), column(a), int(d), column(c)) for a, b, c, d in _MERGED.findall(sheet))
    return SheetMarks(merged, frozenset(map(int, _LINK.findall(sheet))), tuple(_no_values(sheet)))


def _no_values(sheet: bytes) -> Iterator[tuple[int, int, str]]:
    for pattern in (_ERROR, _NO_NUMBER):
        for attributes, text in pattern.findall(sheet):
            if place := _PLACE.search(attributes):
                yield int(place[2]), column(place[1]), text.decode("ascii", "backslashreplace")


def column(letters: bytes) -> int:
    """Number of a column from 0."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def by_sheet_name(marks: Mapping[str, SheetMarks], workbook: bytes, relations: bytes) -> dict[str, SheetMarks]:
    """Marks by the name of the sheet instead of its part; `workbook` and `relations` are the parts that tell."""
    targets = {one["Id"]: basename(one["Target"]) for one in _elements(relations, "Relationship")}
    by_part = {basename(part): found for part, found in marks.items()}
    return {one["name"]: by_part.get(targets.get(one["id"], ""), SheetMarks()) for one in _elements(workbook, "sheet")}


def _elements(part: bytes, name: str) -> list[dict[str, str]]:
    """The attributes of all elements of a name; prefixes of namespaces are left out. "" for the ones that are needed."""
    found: list[dict[str, str]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == name:
            plain = {key.rpartition(":")[2]: value for key, value in attributes.items()}
            found.append({"Id": "", "id": "", "Target": "", "name": ""} | plain)

    if part:
        parser = expat.ParserCreate()
        parser.StartElementHandler = start
        parser.Parse(part, True)
    return found


def is_linked_data(header: int, marks: SheetMarks) -> bool:
    """Whether what looks like a header (row from 0) is the first of a list of links."""
    return {header + 1, header + 2} <= marks.linked_rows


def last_header_row(header: int, marks: SheetMarks) -> int:
    """The last row (from 0) of a header whose cells are merged downwards from row `header`."""
    deep = [one.bottom for one in marks.merged if one.top == header + 1 < one.bottom <= one.top + _DEEPEST_HEADER]
    return max(deep, default=header + 1) - 1


def stacked_headers(rows: Sequence[Cells], first: int, last: int, marks: SheetMarks) -> list[str]:
    """The texts of a header over several rows: those above each other joined, a merged one shared by its columns."""
    grid = [[cell or "" for cell in row] for row in rows[first : last + 1]]
    for one in marks.merged:
        if first < one.top <= last + 1:
            for place in range(one.left, min(one.right, len(grid[0]) - 1) + 1):
                grid[one.top - 1 - first][place] = grid[one.top - 1 - first][one.left]
    return [" ".join(dict.fromkeys(cell for cell in texts if cell)) for texts in zip(*grid, strict=True)]

"""How many real headers the mapper maps right: `python -m benchmarks.header_mapping [HEADERS.csv ...]`.

Belongs here: recall, precision and the wrong maps, with all that is known, with a tool's family unknown, and with no
spelling known. Does not belong: the mapper. A header list is mapped as a header-only file of its tool would be.
Without arguments: the lists of ../shared/data/headers and two rounds of lists in contact_pipeline_tests/data, each written
before the mapper was tried on it. At the first try the mapper had, of the first round (34 tools), recall 89.1 %, precision
99.0 % and one wrong map onto identity or consent; of the second (12 tools), after the rules learned from the first, 92.1 %,
99.0 % and one.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from click.testing import CliRunner

from contact_pipeline.cli import main as main_command
from contact_pipeline.mapping import examination
from contact_pipeline.mapping import headers as mapper
from contact_pipeline.mapping.normalise import normalise_header
from contact_pipeline.mapping.spellings import known_header

_REPOSITORY = Path(__file__).parents[1]
GIVEN = _REPOSITORY.parent / "shared" / "data" / "headers" / "headers_dev.csv"
UNSEEN = _REPOSITORY / "contact_pipeline_tests" / "data" / "headers_unseen.csv"
UNSEEN_SECOND = UNSEEN.with_name("headers_unseen_second.csv")
IDENTITY = frozenset({"email", "phone", "company", "opted_out", "converted"})
_NOT_MAPPABLE = "IGNORE"


@dataclass(frozen=True, slots=True)
class Header:
    """One header of a tool, its field (or IGNORE) and the fields that are not wrong either."""

    text: str
    field: str
    alternatives: frozenset[str]

    @property
    def is_mappable(self) -> bool:
        """Whether it has a field at all."""
        return self.field != _NOT_MAPPABLE


@dataclass(frozen=True, slots=True)
class Miss:
    """A header that did not become what it is; `mapped` is None where it was left alone."""

    tool: str
    header: Header
    mapped: str | None
    reason: str


@dataclass(slots=True)
class Figures:
    """Counts over many header lists."""

    mappable: int = 0
    right: int = 0
    mapped: int = 0
    wrong: list[Miss] = field(default_factory=list)
    missed: list[Miss] = field(default_factory=list)

    @property
    def wrong_identity(self) -> list[Miss]:
        """Wrong maps onto a field that makes or breaks a person."""
        return [miss for miss in self.wrong if miss.mapped in IDENTITY]

    def __str__(self) -> str:
        recall = self.right / max(1, self.mappable)
        precision = 1 - len(self.wrong) / max(1, self.mapped)
        return (
            f"recall {recall:.1%} of {self.mappable:,} mappable, precision {precision:.1%} of {self.mapped:,} mapped, "
            f"wrong onto identity or consent {len(self.wrong_identity)}"
        )


def read_lists(path: Path) -> dict[str, list[Header]]:
    """Header lists by tool, from a file with source_tool, header, canonical_field, acceptable_alternatives."""
    lists: dict[str, list[Header]] = defaultdict(list)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            others = frozenset(row["acceptable_alternatives"].split("|")) - {""}
            lists[row["source_tool"]].append(Header(row["header"], row["canonical_field"], others))
    return dict(lists)


def inspected(lists: dict[str, list[Header]]) -> list[list[dict[str, Any]]]:
    """What `inspect --json` tells of the columns of each list, as a CSV file with nothing but these headers."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number:04}.csv" for number in range(len(lists))]
        for path, headers in zip(paths, lists.values(), strict=True):
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerow(header.text for header in headers)
        arguments = ["inspect", "--json", *map(str, paths)]
        said = CliRunner().invoke(main_command, arguments, env={"CONTACT_PIPELINE_HOME": f"{folder}/home"})
    if not said.stdout:
        raise RuntimeError(said.output) from said.exception
    return [[column for table in review["tables"] for column in table["columns"]] for review in json.loads(said.stdout)]


def measure(lists: dict[str, list[Header]]) -> Figures:
    """Inspect each list as one header-only file and count. A header the list itself leaves open counts for neither side."""
    figures = Figures()
    for (tool, headers), columns in zip(lists.items(), inspected(lists), strict=True):
        for header, column in zip(headers, columns, strict=True):
            _count(figures, tool, header, column["field"], column["reason"])
    return figures


def _count(figures: Figures, tool: str, header: Header, mapped: str | None, reason: str) -> None:
    allowed = {header.field, *header.alternatives} - {_NOT_MAPPABLE}
    is_right = mapped in allowed
    may_be_left = _NOT_MAPPABLE in header.alternatives and mapped is None
    figures.mapped += mapped is not None
    if header.is_mappable and not may_be_left:
        figures.mappable += 1
        figures.right += is_right
    if mapped is not None and not is_right:
        figures.wrong.append(Miss(tool, header, mapped, reason))
    elif header.is_mappable and not is_right and not may_be_left:
        figures.missed.append(Miss(tool, header, mapped, reason))


def measure_held_out(lists: dict[str, list[Header]]) -> Figures:
    """Map each family of tools with its own spellings and signatures forgotten: those that no other family has."""
    total = Figures()
    families = Counter(plain for tools in _families(lists).values() for plain in _plain_headers(tools))
    for tools in _families(lists).values():
        own = {plain for plain in _plain_headers(tools) if families[plain] == 1}
        with forgetting(own):
            part = measure(tools)
        total.mappable += part.mappable
        total.right += part.right
        total.mapped += part.mapped
        total.wrong += part.wrong
        total.missed += part.missed
    return total


@contextmanager
def forgetting(plain_headers: set[str] | None) -> Iterator[None]:
    """The mapper without some spellings (None: without any) and without any signature of a tool."""

    def known(plain: str) -> object:
        return None if plain_headers is None or plain in plain_headers else known_header(plain)

    with patch.object(examination, "known_header", known), patch.object(mapper, "recognise_tool", lambda _: None):
        yield


def _families(lists: dict[str, list[Header]]) -> dict[str, dict[str, list[Header]]]:
    """Lists of one maker and product, in whatever language or version."""
    families: dict[str, dict[str, list[Header]]] = defaultdict(dict)
    for tool, headers in lists.items():
        families[tool.split("(")[0].split()[0]][tool] = headers
    return families


def _plain_headers(tools: dict[str, list[Header]]) -> set[str]:
    return {normalise_header(header.text) for headers in tools.values() for header in headers}


def _show(title: str, figures: Figures, *, details: bool) -> None:
    print(f"{title}: {figures}")
    for miss in figures.wrong if details else ():
        mark = "!!" if miss.mapped in IDENTITY else "  "
        print(f"  {mark} {miss.tool}: {miss.header.text!r} is {miss.header.field}, mapped onto {miss.mapped}")
    for miss in figures.missed if details and "--missed" in sys.argv else ():
        print(f"   - {miss.tool}: {miss.header.text!r} is {miss.header.field}: {miss.reason}")


def main(paths: list[Path]) -> None:
    """Print the figures for each file of header lists."""
    for path in paths:
        if not path.exists():
            print(f"{path.name}: not here, skipped")
            continue
        lists = read_lists(path)
        print(f"{path.name}: {len(lists)} tools, {sum(map(len, lists.values())):,} headers")
        _show("all known", measure(lists), details=True)
        _show("family held out", measure_held_out(lists), details=True)
        with forgetting(None):
            _show("no spelling known", measure(lists), details=False)


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:] if not name.startswith("--")] or [GIVEN, UNSEEN, UNSEEN_SECOND])

"""What comparing a sample of an import with its file found.

Belongs here: the shape of the finding, in JSON and in words. Does not belong: comparing (`sample_check`). It names places,
never what stands there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple


class Place(NamedTuple):
    """A cell of the source; `field` is the label of the CRM field, or the header of a custom one."""

    sheet: str
    line: int
    field: str

    def in_words(self) -> str:
        """Where to look; a sheet is named as the user named it."""
        return f"{f'sheet {self.sheet!r}, ' if self.sheet else ''}line {self.line}, {self.field}"


@dataclass(frozen=True, slots=True)
class SampleCheck:
    """How many rows and filled cells were compared; cells that differ counted by field, the first of them by place."""

    rows: int
    cells: int
    differing: Mapping[str, int] = field(default_factory=dict)
    places: tuple[Place, ...] = ()

    @property
    def passed(self) -> bool:
        """Did everything agree?"""
        return not self.differing

    def as_json(self) -> dict[str, Any]:
        """What is stored with the import and shown by `imports --json`."""
        return {**asdict(self), "places": [place._asdict() for place in self.places]}

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> SampleCheck:
        """The check that `as_json` gave."""
        return cls(
            stored["rows"], stored["cells"], stored["differing"], tuple(Place(**one) for one in stored["places"])
        )

    def in_words(self) -> str:
        """What was found, without anybody's data."""
        if not self.rows:
            return "no rows to compare"
        compared = f"{self.rows:,} rows, {self.cells:,} cells compared with the file"
        if self.passed:
            return f"{compared}, all as they should be"
        fields = ", ".join(f"{count:,} of {name}" for name, count in self.differing.items())
        return f"{compared}; not as they should be: {fields}"

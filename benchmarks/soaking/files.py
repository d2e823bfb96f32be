"""The files of a soak: good ones about people who overlap, activities, mended rows, and bad ones of many kinds.

Belongs here: their bytes, and what must become of each. Does not belong: how they come into the drop folder (`arrivals`) and
what did become of them (`judgement`). The same seed makes the same files, but for those that answer to what the product did.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import polars as pl
import xlsxwriter

from benchmarks.mutations import mutation
from benchmarks.synthetic import write_contacts_csv

Outcome = Literal["imported", "refused", "either"]

PEOPLE = 2_000
_ROWS = (5, 300)
_SEED_OF_PEOPLE = 7  # one for all soaks, so that each person has one address whatever the file
_OPTIONAL = (
    "Phone", "Mobile Phone", "Industry", "State", "Postal Code", "Street Address", "Website", "Lead Source",
    "Company Size", "Annual Revenue", "Notes",
)  # fmt: skip
_STAGES = ("Lead", "Marketing Qualified Lead", "Sales Qualified Lead", "Opportunity")
_MOST_BROKEN = 0.15  # of the rows of a file: above a fifth the product asks whether its mapping is wrong
_KINDS_OF_ACTIVITY = ("Page View", "Email Opened", "Email Clicked", "Webinar Attended")
_UNKNOWN = "nobody{number}@unknown.example"
_OLE_WITH_PASSWORD = (
    bytes.fromhex("d0cf11e0a1b11ae1")
    + bytes(504)
    + "EncryptionInfo".encode("utf-16-le")
    + bytes(1_000)
    + "EncryptedPackage".encode("utf-16-le")
    + bytes(2_000)
)


@dataclass(frozen=True, slots=True)
class SoakFile:
    """A file to drop: `rows` below its header and how many of them must fail, where that is known; who is in it.

    `stays` says that it is never undone: others refer to its people or its rows.
    """

    name: str
    data: bytes
    kind: str
    outcome: Outcome
    rows: int | None = None
    failed: int | None = None
    emails: frozenset[str] = frozenset()
    stays: bool = True


class FileMaker:
    """Makes one file after the other; all names and contents follow from the seed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self._number = 0

    def contacts(self, *, stays: bool = True) -> SoakFile:
        """Some of the people, some of the columns, some values changed, some rows broken; as CSV or workbook."""
        dice = self.dice
        table = self._changed(_people(dice.randrange(PEOPLE), dice.randint(*_ROWS)))
        broken = dice.randrange(int(table.height * _MOST_BROKEN) + 1) if stays and dice.random() < 0.4 else 0
        whole = table.with_columns(
            pl.when(pl.int_range(pl.len()) >= broken).then("Email").otherwise(pl.lit("")).alias("Email")
        )
        rows = [whole.columns, *whole.iter_rows()]
        suffix, data = self._written(rows)
        emails = frozenset(whole["Email"].str.to_lowercase()) - {""}
        return SoakFile(self._name("list", suffix), data, "contacts", "imported", table.height, broken, emails, stays)

    def activities(self, people: Sequence[str]) -> SoakFile:
        """What some people did, and some whom nobody knows; `people` are addresses that are in the CRM."""
        dice = self.dice
        known, unknown = dice.choices(people, k=dice.randint(5, 80)), dice.choice((0, 0, 1, 3))
        who = [*known, *(_UNKNOWN.format(number=self._number * 10 + one) for one in range(unknown))]
        lines = [(email, dice.choice(_KINDS_OF_ACTIVITY), self._moment(), "/pricing", "1") for email in who]
        data = _csv([("Email", "Activity Type", "Activity Date", "Asset", "Count"), *lines])
        return SoakFile(self._name("activity", ".csv"), data, "activities", "imported", len(lines), unknown)

    def mended(self, set_aside: Path) -> SoakFile:
        """The rows that the product set aside, each with an address now."""
        with set_aside.open(encoding="utf-8-sig", newline="") as stream:
            header, *rows = csv.reader(stream)
        at = header.index("Email")
        emails = [f"mended{self._number}.{line}@mended.example" for line in range(len(rows))]
        for row, email in zip(rows, emails, strict=True):
            row[at] = email
        data = _csv([header, *rows])
        return SoakFile(self._name("mended", ".csv"), data, "mended", "imported", len(rows), 0, frozenset(emails))

    def damaged(self) -> SoakFile:
        """A sound file with its bytes flipped, cut and swapped: it may still be of use."""
        seed = mutation(self.dice.randrange(10_000))
        return SoakFile(self._name("damaged", Path(seed.name).suffix), seed.data, "damaged", "either")

    def bad(self) -> SoakFile:
        """What can only be refused."""
        dice = self.dice
        kind, suffix, data = dice.choice(
            (
                ("empty", ".csv", b""),
                ("header only", ".csv", b"Email,First Name,Company\n"),
                ("no e-mail column", ".csv", _csv([("Name", "Town"), *(("Ann", "Bath"), ("Bo", "Ulm")) * 20])),
                ("picture", ".csv", b"\x89PNG\r\n\x1a\n" + dice.randbytes(5_000)),
                ("no workbook", ".xlsx", dice.randbytes(5_000)),
                ("password", ".xlsx", _OLE_WITH_PASSWORD),
            )
        )
        return SoakFile(self._name("bad", suffix), data, kind, "refused")

    def again(self, file: SoakFile) -> SoakFile:
        """The same bytes under another name."""
        return SoakFile(
            self._name("copy", Path(file.name).suffix), file.data, "known bytes", file.outcome, stays=file.stays
        )

    def _changed(self, table: pl.DataFrame) -> pl.DataFrame:
        """Newer titles and stages of some, and fewer columns: so it matters which import came last."""
        dice = self.dice
        missing = dice.sample(_OPTIONAL, dice.randrange(len(_OPTIONAL) // 2))
        promoted = pl.int_range(pl.len()) % dice.randint(2, 5) == 0
        return table.drop(missing).with_columns(
            pl.when(promoted).then(pl.lit(f"Head of Team {self._number}")).otherwise("Job Title").alias("Job Title"),
            pl.when(promoted).then(pl.lit(dice.choice(_STAGES))).otherwise("Lifecycle Stage").alias("Lifecycle Stage"),
        )

    def _moment(self) -> str:
        dice = self.dice
        return f"2026-0{dice.randint(1, 9)}-{dice.randint(10, 28)} {dice.randint(10, 23)}:{dice.randint(10, 59)}"

    def _written(self, rows: Sequence[Sequence[str]]) -> tuple[str, bytes]:
        return self.dice.choice(
            (
                lambda: (".csv", _csv(rows)),
                lambda: (".csv", _csv(rows, delimiter=";")),
                lambda: (".csv", b"\xef\xbb\xbf" + _csv(rows)),
                lambda: (".xlsx", _workbook(rows)),
            )
        )()

    def _name(self, stem: str, suffix: str) -> str:
        """One name in four has come before, as in exports of every day."""
        self._number += 1
        return f"{stem}{self._number if self.dice.random() < 0.75 else self._number % 5}{suffix}"


def _people(first: int, count: int) -> pl.DataFrame:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        write_contacts_csv(path, count, _SEED_OF_PEOPLE, first_person=first)
        return pl.read_csv(path, infer_schema=False).fill_null("")


def _csv(rows: Iterable[Sequence[str]], delimiter: str = ",") -> bytes:
    target = io.StringIO()
    csv.writer(target, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return target.getvalue().encode()


def _workbook(rows: Iterable[Sequence[str]]) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for index, row in enumerate(rows):
            sheet.write_row(index, 0, row)
    return target.getvalue()

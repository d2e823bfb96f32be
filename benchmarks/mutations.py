"""Damaged files, thousands of them: none may raise anything but a refusal, and every record is accounted for.

Belongs here: the seed files, the damage (byte flips, cuts, swaps, repeats), and the check of what comes of it. Does not
belong: files bad on purpose (`corpus`). Run as `python -m benchmarks.mutations [count] [--first N]`; mutation N is the
same for ever, so a failure is looked at again with `count` 1 and `--first N`.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import random
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
import xlsxwriter

from contact_pipeline import stages
from contact_pipeline.errors import FileRefused
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import receive
from contact_pipeline.settings import Settings
from contact_pipeline.trial import try_import

COUNT = 10_000
_AT_ONCE = 2
_FOLDED_ONE_IN = 25  # of the mutations go on into a CRM, whose own ledger is checked; it takes four times as long

_MADE_ON = datetime.fromisoformat("2026-01-01")
_HEADER = ["First Name", "Last Name", "Email", "Phone", "Company", "City", "Created Date", "Notes"]
_PEOPLE = [
    ["Ann", "Abbott", "ann.abbott@example.com", "+44 20 7946 0000", "Acme Ltd", "London", "2024-01-05", "wants a demo"],
    ["José", "Muñoz", "j.munoz@example.es", "+34 912 345 678", "Café Sol", "Málaga", "2024-02-11", "llamar, mañana"],
    ["Zoë", "Müller", "z.mueller@example.de", "+49 30 1234567", "Groß & Söhne", "Köln", "2024-03-02", 'sagt "später"'],
    ["François", "Côté", "f.cote@example.ca", "+1 416 555 0134", "Forêt", "Montréal", "2024-03-30", "à rappeler"],
    ["O'Brien", "Pat", "p.obrien@example.ie", "+353 1 234 5678", "Burn; Sons", "Dublin", "2024-04-18", "a|b\tc"],
    ["Søren", "Kjær", "s.kjaer@example.dk", "+45 32 12 34 56", "Nordic", "Ålborg", "2024-05-21", "line one\nline two"],
]
_ROWS = [[*person[:2], f"{n}.{person[2]}", *person[3:]] for n in range(5) for person in _PEOPLE]


@dataclass(frozen=True, slots=True)
class Seed:
    """A sound file that gets damaged."""

    name: str
    data: bytes


def seeds() -> list[Seed]:
    """Twenty sound files: encodings, delimiters, quoting styles, line ends, furniture around the table, workbooks."""
    table = [_HEADER, *_ROWS]
    plain = _csv(table)
    flat = [[cell.replace("\n", " ").replace("\t", " ") for cell in row] for row in table]
    return [
        Seed("utf8.csv", plain.encode()),
        Seed("utf8_bom.csv", plain.encode("utf-8-sig")),
        Seed("crlf.csv", plain.replace("\n", "\r\n").encode()),
        Seed("cr.csv", _csv(flat).replace("\n", "\r").encode()),
        Seed("cp1252_semicolon.csv", _csv(table, ";").encode("cp1252")),
        Seed("mac_roman.csv", plain.encode("mac_roman")),
        Seed("utf16_tab.txt", _csv(flat, "\t").encode("utf-16")),
        Seed("utf16_no_mark.csv", plain.encode("utf-16-le")),
        Seed("utf32.csv", plain.encode("utf-32")),
        Seed("pipe.csv", _csv(flat, "|").encode()),
        Seed("all_quoted.csv", _csv(table, always=True).encode()),
        Seed("backslash.csv", "\n".join(",".join(_escaped(cell) for cell in row) for row in flat).encode()),
        Seed("apostrophes.csv", _csv(flat, always=True, quote="'").encode()),
        Seed("double_pipe.csv", "\n".join("||".join(row) for row in flat).encode()),
        Seed("titles_and_totals.csv", f"Export of contacts\n2024-06-01\n\n{plain}\nTotal,30,,,,,,\n".encode()),
        Seed("sep_line.csv", f"sep=;\r\n{_csv(flat, ';')}".encode()),
        Seed("emails_only.csv", "\n".join(row[2] for row in table).encode()),
        Seed("shared_strings.xlsx", _workbook(table, in_memory=False)),
        Seed("two_sheets.xlsx", _workbook(table, in_memory=False, sheets=2)),
        Seed("inline_strings.xlsx", _workbook(table, in_memory=True)),
    ]


def _csv(table: list[list[str]], delimiter: str = ",", *, always: bool = False, quote: str = '"') -> str:
    special = {delimiter, quote, "\n"}

    def written(cell: str) -> str:
        return quote + cell.replace(quote, quote * 2) + quote if always or special & set(cell) else cell

    return "".join(delimiter.join(map(written, row)) + "\n" for row in table)


def _escaped(cell: str) -> str:
    return '"' + cell.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _workbook(table: list[list[str]], *, in_memory: bool, sheets: int = 1) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"constant_memory": in_memory, "in_memory": True}) as book:
        book.set_properties({"created": _MADE_ON})  # not the second in which it is made
        for _ in range(sheets):
            sheet = book.add_worksheet()
            for index, row in enumerate(table):
                sheet.write_row(index, 0, row)
    return target.getvalue()


def mutation(number: int) -> Seed:
    """The damaged file of that number: one seed with one to eight damages, inside a part where it is a workbook."""
    dice = random.Random(number)
    all_seeds = _all_seeds()
    seed = all_seeds[number % len(all_seeds)]
    if seed.name.endswith(".xlsx") and dice.random() < 0.7:
        return Seed(seed.name, _damaged_inside(seed.data, dice))
    return Seed(seed.name, _damaged(seed.data, dice))


_SEEDS: list[Seed] = []


def _all_seeds() -> list[Seed]:
    if not _SEEDS:
        _SEEDS.extend(seeds())
    return _SEEDS


def _damaged(data: bytes, dice: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(dice.randint(1, 8)):
        dice.choice(_DAMAGES)(damaged, dice)
    return bytes(damaged)


def _damaged_inside(data: bytes, dice: random.Random) -> bytes:
    """The workbook zipped anew, so that its checksums hold, with damage inside one of its parts."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    victim = dice.choice(sorted(parts))
    parts[victim] = _damaged(parts[victim], dice)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return target.getvalue()


def _flip(data: bytearray, dice: random.Random) -> None:
    if data:
        data[dice.randrange(len(data))] = dice.choice((*b"\"',;\t\n\r\\@\x00\xff\xe9", dice.randrange(256)))


def _cut(data: bytearray, dice: random.Random) -> None:
    start, length = _stretch(data, dice)
    del data[start : start + length]


def _cut_end(data: bytearray, dice: random.Random) -> None:
    del data[dice.randrange(len(data) + 1) :]


def _swap(data: bytearray, dice: random.Random) -> None:
    first, length = _stretch(data, dice)
    second = dice.randrange(len(data) + 1)
    moved = bytes(data[first : first + length])
    del data[first : first + length]
    data[second:second] = moved


def _repeat(data: bytearray, dice: random.Random) -> None:
    start, length = _stretch(data, dice)
    data[start:start] = data[start : start + length]


def _stretch(data: bytearray, dice: random.Random) -> tuple[int, int]:
    return dice.randrange(len(data) + 1), dice.choice((1, 2, 5, 30, 200))


_DAMAGES: tuple[Callable[[bytearray, random.Random], None], ...] = (
    *(_flip,) * 5, *(_cut,) * 2, *(_swap,) * 2, _repeat, _cut_end,
)  # fmt: skip


def outcome(number: int) -> str:
    """What came of a mutation, as `outcome_of` says."""
    return outcome_of(mutation(number), fold=number % _FOLDED_ONE_IN == 0)


def outcome_of(seed: Seed, *, fold: bool) -> str:
    """What came of a file: "imported", "refused: " with the reason, or "FAULT" with what went wrong.

    Where `fold` is set it goes into an empty CRM too, as in a dry run.
    """
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / seed.name
            path.write_bytes(seed.data)
            home = Home(Path(folder) / "home", Settings())
            return _folded(home, path) if fold else _validated(home, path)
    except FileRefused as refusal:
        return f"refused: {refusal.reason}" if "\n" not in str(refusal) else f"FAULT two lines in {refusal!r}"
    except BaseException as error:  # noqa: BLE001  a panic of a native library is no Exception
        return f"FAULT {type(error).__name__}: {error}"[:300]


def _folded(home: Home, path: Path) -> str:
    """The whole way of a dry run; the product checks its ledger itself."""
    ledger = try_import(home, path, home.settings.options_for(path.name)).ledger
    return "imported" if ledger is not None else "FAULT an empty CRM knows the bytes"


def _validated(home: Home, path: Path) -> str:
    """Read, map, clean and validate; each record of the tables taken is valid, failing or no data, and in its place."""
    receipt = receive(home, path, home.settings.options_for(path.name))
    source = stages.stage_raw_file(home, receipt)
    mapped, _ = stages.stage_mapped_contacts(home, receipt)
    judged = stages.stage_validated_contacts(home, receipt).collect()
    taken = [table.rows for table in source.tables if table.name in {one.table.name for one in mapped}]
    failing = pl.col("failures").list.len() > 0
    no_data = ~pl.col("kind").is_in(["data", "broken"])
    states = judged.select(pl.sum_horizontal(pl.col("is_valid"), failing, no_data)).to_series()
    if not (states == 1).all():
        return "FAULT a record has no state, or two"
    lines = pl.concat(rows.select("line") for rows in taken)["line"]
    return "imported" if lines.equals(judged["line"]) else "FAULT records are lost or moved"


def run(numbers: range) -> Iterator[tuple[int, str]]:
    """The outcome of each mutation, in a pool of processes, as they come."""
    with multiprocessing.get_context("spawn").Pool(_AT_ONCE, maxtasksperchild=2_000) as pool:
        yield from pool.imap_unordered(_numbered, numbers, chunksize=10)


def _numbered(number: int) -> tuple[int, str]:
    return number, outcome(number)


def main() -> None:
    """Print how many came out in which way, and each fault. Exit status 1 where there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=COUNT)
    parser.add_argument("--first", type=int, default=0)
    arguments = parser.parse_args()
    started = time.monotonic()
    outcomes: Counter[str] = Counter()
    for number, what in run(range(arguments.first, arguments.first + arguments.count)):
        outcomes[what.split(" ")[0] if what.startswith("FAULT") else what] += 1
        if what.startswith("FAULT"):
            print(f"mutation {number} ({mutation(number).name}): {what}", flush=True)
    print(f"{outcomes.total():,} mutations of {len(_all_seeds())} files in {time.monotonic() - started:.0f} s:")
    for what, count in outcomes.most_common():
        print(f"  {count:7,}  {what}")
    raise SystemExit(1 if outcomes["FAULT"] else 0)


if __name__ == "__main__":
    main()

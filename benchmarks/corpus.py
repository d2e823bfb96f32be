"""How many strangers' files come out as they should: bad files on purpose, and real ones from public projects.

Belongs here: judging outcomes against what is expected of each file. Does not belong: the files, which lie outside the
repository (`python -m benchmarks.corpus [FOLDER]`, default ../shared/data), and reading them.
Each file goes the way of a dry run (read, map, clean, validate, fold, ledger) in a process of its own.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import shutil
import socket
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from benchmarks.isolated import Told, preload, run_all
from contact_pipeline.errors import FileRefused
from contact_pipeline.home import Home
from contact_pipeline.intake.reading import read_source
from contact_pipeline.intake.tables import RowKind, SourceFile
from contact_pipeline.settings import Limits, Settings
from contact_pipeline.trial import try_import

_SOUND = "csv/control_good_20_rows.csv"
DEADLINE_SECONDS = 60
MOST_MB = 1000
MOST_SECONDS_TO_REFUSE = 5

_ALSO_REFUSED = re.compile(
    r"also fine: rejected|reject(?:ing)? (?:\w+ ){0,3}?is fine too|or rejected naming", re.IGNORECASE
)
_ALSO_COUNTS = re.compile(r"'imported (\d+) rows, quarantined (\d+)'")
_ALSO_IMPORTED = re.compile(
    r"also fine: imported|may also be repaired and imported|importing either .* is tolerable", re.IGNORECASE
)
# Where the design asks for another outcome than the list does.
_DESIGN_SAYS = {
    "public/frictionless_package-invalid.zip": "an archive is refused as one, not for what may be in it",
}
# Their truth is what cleaning leaves of error cells and of dates that are none; reading keeps these as they are written.
_TRUTH_IS_CLEANED = {"xlsx__error_cells.xlsx.json", "xlsx__date_serials_out_of_range.xlsx.json"}
# Where the manifest of the real files is wrong about a fact: what is so.
_FACTS = {
    "csvkit/test_header_newline.csv": {"delimiter": ","},
    "frictionless/multiline-headers.xlsx": {"header_row": "5"},  # row 6 is the one row of data
}
_SAME_ENCODING = {"latin-1": {"cp1252", "utf-8"}, "utf-16": {"utf-16-le", "utf-16-be"}}


@dataclass(frozen=True, slots=True)
class Case:
    """A file and what should come of it.

    `counts` are the outcomes that are right: rows imported (created, updated, unchanged, skipped) and rows that failed,
    which may be not_data instead. `refusal` says whether a refusal is right; it has to hold the word `names`.
    """

    file: str
    counts: frozenset[tuple[int, int]]
    refusal: bool
    names: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a file: the words of a refusal, or the counts of the ledger. `altered` is a row not in the file."""

    refusal: str | None = None
    rows: dict[str, int] = field(default_factory=dict)
    altered: str | None = None


def bad_file_cases(folder: Path) -> list[Case]:
    """The cases of badfiles/EXPECTED.csv that are files, in its order."""
    with (folder / "EXPECTED.csv").open(encoding="utf-8", newline="") as stream:
        return [_case(line) for line in csv.DictReader(stream) if (folder / line["file"]).is_file()]


def recipe_cases(folder: Path) -> list[Case]:
    """The cases of badfiles/EXPECTED.csv that are recipes for one file to be read: odd names, and what is no file."""
    with (folder / "EXPECTED.csv").open(encoding="utf-8", newline="") as stream:
        lines = [line for line in csv.DictReader(stream) if line["file"].startswith("fs/")]
    return [_case(one) for one in lines if one["file"] in _RECIPES or one["note"].startswith("file name: ")]


def outcome_of_recipe(argument: tuple[Path, str]) -> Outcome:
    """Make what the recipe says, from a sound file, and import it. Another user's eyes are used where root's see all."""
    sound, file = argument
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / _ESCAPED_NAMES.get(file, file.removeprefix("fs/").replace("/", "_"))
        _RECIPES.get(file, shutil.copyfile)(sound, path)
        try:
            return outcome_of(path)
        finally:
            os.seteuid(os.getuid())


def _unreadable(sound: Path, path: Path) -> None:
    """A file that may not be read; root gives up its rights for the time being."""
    shutil.copyfile(sound, path)
    path.chmod(0)
    if os.geteuid() == 0:
        path.parent.chmod(0o755)
        os.seteuid(_NOBODY)


def _socket(_: Path, path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def _hard_link(sound: Path, path: Path) -> None:
    other = Path(shutil.copyfile(sound, path.with_suffix(".first")))
    path.hardlink_to(other)


def _link(target: str) -> Callable[[Path, Path], object]:
    return lambda _, path: path.symlink_to(target)


_NOBODY = 65534
_RECIPES: dict[str, Callable[[Path, Path], object]] = {
    "fs/symlink_to_etc_passwd.csv": _link("/etc/passwd"),
    "fs/symlink_dangling.csv": _link("nowhere"),
    "fs/symlink_loop.csv": _link("symlink_loop.csv"),
    "fs/symlink_to_dev_zero.csv": _link("/dev/zero"),
    "fs/symlink_to_directory.csv": _link("."),
    "fs/fifo.csv": lambda _, path: os.mkfifo(path),
    "fs/unix_socket.csv": _socket,
    "fs/directory_named_x.csv": lambda _, path: path.mkdir(),
    "fs/unreadable_mode_000.csv": _unreadable,
    "fs/hardlink_second_name.csv": _hard_link,
    "fs/vanishes_before_open.csv": lambda _, path: path,
}
_ESCAPED_NAMES = {
    r"fs/new\nline.csv": "new\nline.csv",
    r"fs/\x1b[31mred.csv": "\x1b[31mred.csv",
    r"fs/\u202efdp.csv": "\u202efdp.csv",
    r"fs/caf\xe9_not_utf8.csv": os.fsdecode(b"caf\xe9_not_utf8.csv"),
}


def _case(line: dict[str, str]) -> Case:
    """A line of the list. A file that the drop folder would leave alone may be named to `run`: then it is read."""
    expected, note = line["expected"], line["note"]
    left_alone = expected.startswith("ignored")
    imported = int(line["true_rows"] if left_alone else line["rows_imported"] or 0)
    failed = int(line["rows_quarantined"] or 0)
    counts = {(int(a), int(b)) for a, b in _ALSO_COUNTS.findall(note)}
    if not expected.startswith("rejected"):
        counts.add((imported, failed))
    if _ALSO_IMPORTED.search(note):
        counts.add((imported + failed, 0))
    refusal = expected.startswith("rejected") or bool(_ALSO_REFUSED.search(note))
    names = "" if line["file"] in _DESIGN_SAYS else line["message_must_name"]
    return Case(line["file"], frozenset(counts), refusal, names)


def outcome_of(path: Path, truth: Path | None = None) -> Outcome:
    """Import a file in a dry run over an empty home, and hold its rows against the true ones where they are known."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder), Settings())
        try:
            ledger = try_import(home, path, home.settings.options_for(path.name)).ledger
        except FileRefused as refusal:
            return Outcome(refusal=str(refusal))
    if ledger is None:
        raise AssertionError("an empty CRM knows no bytes")
    altered = _altered(read_source(path, Limits()), truth) if truth and truth.exists() else None
    return Outcome(rows=ledger.rows, altered=altered)


def _altered(source: SourceFile, truth: Path) -> str | None:
    """The line of a data row that the truth does not hold: silent damage."""
    known = json.loads(truth.read_text(encoding="utf-8"))
    if not known.get("rows") or truth.name in _TRUTH_IS_CLEANED:
        return None
    true = {tuple(cell or "" for cell in row) for row in known["rows"]}
    for table in (one for one in source.tables if len(one.headers) == len(known["header"])):
        for line, *cells in table.data.select("line", pl.col(table.cell_columns).fill_null("")).iter_rows():
            if tuple(cells) not in true:
                return f"line {line} of '{table.name}'"
    return None


def verdict(case: Case, outcome: Outcome) -> str | None:
    """What is wrong with an outcome, None where it is right."""
    if outcome.refusal is not None:
        right = case.refusal and (case.names.lower() in outcome.refusal.lower() or bool(case.counts))
        return None if right else f"refused: {outcome.refusal}"
    if outcome.altered:
        return f"not as in the file: {outcome.altered}"
    rows = outcome.rows
    imported = rows["created"] + rows["updated"] + rows["unchanged"] + rows["skipped"]
    right = any(imported == a and rows["failed"] <= b <= rows["failed"] + rows["not_data"] for a, b in case.counts)
    return None if right else f"imported: {rows}"


def resources_verdict(told: Told[Outcome]) -> str | None:
    """What is wrong with the time or memory that a file took."""
    if told.death:
        return told.death
    if told.peak_mb > MOST_MB:
        return f"took {told.peak_mb:,.0f} MB"
    refused = told.result is not None and told.result.refusal is not None
    return f"refused after {told.seconds:.1f} s" if refused and told.seconds > MOST_SECONDS_TO_REFUSE else None


def real_file_verdict(line: dict[str, str], folder: Path) -> str | None:
    """What is wrong with the reading of a real file: its header row, data rows, delimiter or encoding."""
    rows, header = int(line["expected_data_rows"] or 0), int(line["header_row"] or 0)
    try:
        source = read_source(folder / line["file"], Limits())
    except FileRefused as refusal:
        return None if rows == 0 or header == 0 else f"refused: {refusal}"
    table = source.tables[0]
    found = table.rows["kind"].is_in([RowKind.DATA, RowKind.BROKEN]).sum()
    encodings = _SAME_ENCODING.get(line["encoding"], {line["encoding"].split(" ")[0]})
    checks = {
        f"header row {table.header_line}": table.header_line == header,
        f"{found} rows": found == rows,
        f"delimiter {table.delimiter}": not table.delimiter
        or table.delimiter == line["delimiter"].replace("TAB", "\t"),
        f"encoding {table.encoding}": not table.encoding or table.encoding in encodings,
    }
    return ", ".join(name for name, right in checks.items() if not right) or None


def real_file_lines(folder: Path) -> list[dict[str, str]]:
    """The lines of import_files/manifest.csv whose file is there."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as stream:
        return [
            line | _FACTS.get(line["file"], {}) for line in csv.DictReader(stream) if (folder / line["file"]).is_file()
        ]


def _bad_file(argument: tuple[Path, str]) -> Outcome:
    root, file = argument
    return outcome_of(root / file, root / "truth" / (file.replace("/", "__") + ".json"))


def _judged(cases: Sequence[Case], told: Iterable[Told[Outcome]]) -> Iterator[tuple[Case, Told[Outcome], str | None]]:
    for case, one in zip(cases, told, strict=True):
        wrong = resources_verdict(one) or (verdict(case, one.result) if one.result else None)
        yield case, one, wrong


def _all_judged(root: Path, only: str) -> Iterator[tuple[Case, Told[Outcome], str | None]]:
    files = [case for case in bad_file_cases(root) if only in case.file]
    yield from _judged(files, run_all(_bad_file, [(root, c.file) for c in files], at_once=2, deadline=DEADLINE_SECONDS))
    recipes = [case for case in recipe_cases(root) if only in case.file]
    arguments = [(root / _SOUND, case.file) for case in recipes]
    yield from _judged(recipes, run_all(outcome_of_recipe, arguments, at_once=2, deadline=DEADLINE_SECONDS))


def _print_bad_files(root: Path, only: str) -> None:
    by_folder: dict[str, list[tuple[Case, Told[Outcome], str | None]]] = defaultdict(list)
    for judged in _all_judged(root, only):
        by_folder[judged[0].file.split("/")[0]].append(judged)
    for folder, group in by_folder.items():
        misses = [(case, told, wrong) for case, told, wrong in group if wrong]
        slowest, largest = max(told.seconds for _, told, _ in group), max(told.peak_mb for _, told, _ in group)
        print(
            f"{folder:10} {len(group) - len(misses):4} of {len(group):4} right;"
            f" at most {slowest:.1f} s and {largest:,.0f} MB a file"
        )
        for case, told, wrong in misses:
            print(f"    {case.file} ({told.seconds:.1f} s, {told.peak_mb:,.0f} MB): {wrong}")


def _print_real_files(root: Path, only: str) -> None:
    lines = [line for line in real_file_lines(root) if only in line["file"]]
    misses = {line["file"]: wrong for line in lines if (wrong := real_file_verdict(line, root))}
    print(f"real files {len(lines) - len(misses):4} of {len(lines):4} right")
    for file, wrong in misses.items():
        print(f"    {file}: {wrong}")


def main() -> None:
    """Print how many are right in each folder, and each miss with why, time and peak memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--only", default="", help="a part of the names of the files to judge")
    arguments = parser.parse_args()
    preload(["contact_pipeline.trial"])
    _print_bad_files(arguments.folder / "badfiles", arguments.only)
    _print_real_files(arguments.folder / "import_files", arguments.only)


if __name__ == "__main__":
    main()

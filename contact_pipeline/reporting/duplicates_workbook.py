"""The files of the duplicate report: a workbook to decide in, and a CSV with every match.

Belongs here: their columns, order and looks, and the words that explain the choices. Does not belong: finding the matches
(`matching.duplicates`) and reading the decisions (`matching.decisions`). Both files have the same columns, and both may
come back.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from contact_pipeline.atomic import atomic_path
from contact_pipeline.home import Home
from contact_pipeline.matching.decisions import HEADERS, Decision
from contact_pipeline.matching.duplicates import HELD
from contact_pipeline.matching.signs import Rule
from contact_pipeline.reporting.contact_csv import write_csv
from contact_pipeline.reporting.sheets import Column, Formats, Style, column, write_table
from contact_pipeline.safe_text import WORKBOOK_OPTIONS

if TYPE_CHECKING:
    from xlsxwriter import Workbook

_WORKBOOK, _CSV = "duplicates.xlsx", "duplicates.csv"
_WHAT_IT_DOES: dict[str, str] = {
    Decision.UPDATE: "The row and its match are one person: the row is folded into the contact of its match, also where it "
    "was held, or where the policy of the import is skip or create.",
    Decision.CREATE: "The row becomes a contact of its own; with the same e-mail it is flagged as a duplicate.",
    Decision.SKIP: "The row is left out.",
    Decision.KEEP_APART: "They are two people: the row has a contact of its own, and a pair with different e-mails is not "
    "listed again.",
}
_BLANK = "It goes as the column 'What happens' says."
_HOW_TO_RETURN = (
    "Fill in the column 'Decision', leave all other columns as they are, save, and drop the file in the drop folder, or name "
    "it to 'contact-pipeline run'. Decisions are obeyed and remembered for later imports; the latest on a pair counts."
)


def duplicates_workbook(home: Home, import_id: str) -> Path | None:
    """The workbook of the duplicate report of an import; None where nothing was found."""
    path = home.reports / import_id / _WORKBOOK
    return path if path.exists() else None


def write_duplicates(folder: Path, matches: pl.DataFrame, *, most: int) -> None:
    """Write both files in place of what was there, the workbook with the first `most` matches; no file without a match.

    `matches` is what `find_duplicates` gives. What needs a look comes first: rows held, then matches by other signs than
    the e-mail, then the rest.
    """
    if matches.is_empty():
        for name in (_WORKBOOK, _CSV):
            (folder / name).unlink(missing_ok=True)
        return
    ordered = _needing_a_look_first(matches.with_columns(decision=pl.lit(None, pl.String)))
    write_csv(folder / _CSV, ordered.select(pl.col(name).alias(header) for name, header in HEADERS.items()))
    _write_workbook(folder / _WORKBOOK, ordered.head(most), matches.height)


def _needing_a_look_first(matches: pl.DataFrame) -> pl.DataFrame:
    is_open = pl.col("rule").is_in([Rule.EMAIL, Rule.DECIDED]).not_() & ~pl.col("outcome").str.starts_with("as decided")
    rank = pl.when(pl.col("outcome") == HELD).then(0).when(is_open).then(1).otherwise(2)
    return matches.sort(rank, maintain_order=True)


def _write_workbook(path: Path, shown: pl.DataFrame, found: int) -> None:
    from xlsxwriter import Workbook  # slow to import, and most imports have no duplicates

    with atomic_path(path) as draft, Workbook(str(draft), WORKBOOK_OPTIONS) as book:
        formats = Formats(book)
        _write_matches(book, formats, shown)
        write_table(book.add_worksheet("How to decide"), formats, _explanation(shown.height, found))
        book.set_properties({"title": "Duplicates"})


def _write_matches(book: Workbook, formats: Formats, shown: pl.DataFrame) -> None:
    """The matches side by side, what differs marked, with a list to choose the decision from."""
    from xlsxwriter.utility import xl_col_to_name

    sheet = book.add_worksheet("Duplicates")
    write_table(sheet, formats, [_column(name, shown[name]) for name in HEADERS], frozen_columns=1)
    names, last = list(HEADERS), shown.height
    for place, name in enumerate(names):
        if name.startswith("row_"):
            cells = (xl_col_to_name(at, col_abs=True) + "2" for at in (place, place + 1))
            differs = '=AND({0}<>"",{1}<>"",{0}<>{1})'.format(*cells)
            rule: dict[str, Any] = {"type": "formula", "criteria": differs, "format": formats["differs"]}
            sheet.conditional_format(1, place, last, place + 1, rule)
    words = [str(decision) for decision in Decision]
    choices: dict[str, Any] = {
        "validate": "list",
        "source": words,
        "error_title": "Decision",
        "error_message": "Choose update, create, skip or keep apart, or leave the cell blank.",
    }
    sheet.data_validation(1, 0, last, 0, choices)


def _column(name: str, values: pl.Series) -> Column:
    is_decision = name == "decision"
    return column(HEADERS[name], values, width=14 if is_decision else None)


def _explanation(shown: int, found: int) -> list[Column]:
    words = {**_WHAT_IT_DOES, "(blank)": _BLANK, "How to send it back": _HOW_TO_RETURN}
    if found > shown:
        words["More matches"] = f"This workbook holds the first {shown:,} of {found:,} matches; {_CSV} holds them all."
    return [
        column("Choice", pl.Series([str(word) for word in words]), width=22),
        column("What it does", pl.Series(list(words.values())), Style.WRAPPED, width=100),
    ]

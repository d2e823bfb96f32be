"""Text from strangers, made harmless for the program that opens it.

Belongs here: guarding CSV cells against being run as formulas, and what a workbook cell cannot hold. Does not belong:
HTML, which the template engine escapes.
"""

from __future__ import annotations

import polars as pl

# Excel, LibreOffice and Google Sheets run a CSV cell that starts so, also after blanks. Apostrophes in front count too:
# otherwise a cell that came with one would lose it on the way back.
_RUNS_AS_FORMULA = r"^('*\s*[=+\-@\t\r])"
_GUARDED = r"^'('*\s*[=+\-@\t\r])"

# For xlsxwriter: text stays text, nothing in a stranger's cell becomes a formula or a link; and rows are not kept in memory.
WORKBOOK_OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}

CELL_CHARACTERS = 32_767  # what a workbook cell holds, in UTF-16 units


def runs_as_formula(text: pl.Expr) -> pl.Expr:
    """Whether a spreadsheet would run the text."""
    return text.str.contains(_RUNS_AS_FORMULA)


def guard_formula(text: pl.Expr) -> pl.Expr:
    """A ' before text that a spreadsheet would run; the rest as it is."""
    return text.str.replace(_RUNS_AS_FORMULA, "'$1")


def unguard_formula(text: pl.Expr) -> pl.Expr:
    """The inverse of `guard_formula`, for cells that come back."""
    return text.str.replace(_GUARDED, "$1")


def overlong_cells(frame: pl.DataFrame) -> int:
    """Number of text cells that a workbook has to cut."""
    units = pl.col(pl.String).str.len_chars() + pl.col(pl.String).str.count_matches(r"[\x{10000}-\x{10FFFF}]")
    counts = frame.select((units > CELL_CHARACTERS).sum())
    return sum(counts.row(0)) if counts.width else 0

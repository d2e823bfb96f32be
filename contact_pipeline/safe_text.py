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


def guarded_formula(text: str) -> str:
    """`guard_formula` of a single text."""
    return str(pl.select(guard_formula(pl.lit(text))).item())


def guarded_formula_sql(column: str) -> str:
    """`guard_formula` in SQL; `column` is SQL for a text. DuckDB is told what white space is besides that of ASCII."""
    pattern = _RUNS_AS_FORMULA.replace(r"\s", r"[\s\pZ\x{0b}\x{85}]").replace("'", "''")
    with_guard = r"'''\1'"
    is_plain = (
        f"({column} >= 'A' AND {column} < chr(127)) OR ({column} >= '0' AND {column} < ':')"  # most are: cheap to see
    )
    return f"CASE WHEN {is_plain} THEN {column} ELSE regexp_replace({column}, '{pattern}', {with_guard}) END"


def unguard_formula(text: pl.Expr) -> pl.Expr:
    """The inverse of `guard_formula`, for cells that come back."""
    return text.str.replace(_GUARDED, "$1")


def overlong_cells(frame: pl.DataFrame) -> int:
    """Number of text cells that a workbook has to cut."""
    units = pl.col(pl.String).str.len_chars() + pl.col(pl.String).str.count_matches(r"[\x{10000}-\x{10FFFF}]")
    counts = frame.select((units > CELL_CHARACTERS).sum())
    return sum(counts.row(0)) if counts.width else 0

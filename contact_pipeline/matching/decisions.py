"""What people decided about a row and what it met.

Belongs here: who a decision is about, the columns of the duplicate report, and reading it when it comes back filled in.
Does not belong: finding what is in the report (`duplicates`), writing its files (`reporting.duplicates_workbook`), keeping
decisions (`crm.decisions`) and obeying them (`links`). A decision is about two sides, each an e-mail and a person, so that
it holds for later files too.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Final

import polars as pl

from contact_pipeline.cleaning.issues import ISSUES_TYPE
from contact_pipeline.intake.returned import own_cells, places
from contact_pipeline.intake.tables import RowKind, SourceFile, TextTable


class Decision(StrEnum):
    """What a person may decide about a row and what it met."""

    UPDATE = "update"
    CREATE = "create"
    SKIP = "skip"
    KEEP_APART = "keep apart"


# The report, column by column: name in a frame -> header in the file.
HEADERS: Final[dict[str, str]] = {
    "decision": "Decision",
    "outcome": "What happens",
    "rule": "Rule",
    "also": "Also matches",
    "found": "Found",
    "row_name": "Row name",
    "match_name": "Match name",
    "row_email": "Row e-mail",
    "match_email": "Match e-mail",
    "row_company": "Row company",
    "match_company": "Match company",
    "row_phone": "Row phone",
    "match_phone": "Match phone",
    "row_crm_id": "Row CRM ID",
    "match_crm_id": "Match CRM ID",
    "row_linkedin": "Row LinkedIn",
    "match_linkedin": "Match LinkedIn",
    "sheet": "Row sheet",
    "line": "Row line",
    "match_file": "Match file",
    "match_sheet": "Match sheet",
    "match_line": "Match line",
    "contact_id": "Match contact ID",
    "of_import": "Row import",
}
# What is read of a report: its columns -> what they are called in a decision.
_READ = {
    "of_import": "of_import",
    "rule": "rule",
    "row_email": "email",
    "row_name": "row_name",
    "match_email": "met_email",
    "match_name": "met_name",
    "decision": "decision",
}
_SIGNS = frozenset(HEADERS[name] for name in ("decision", "row_email", "match_email"))
# A cell that we fill in every row, and what it looks like.
_NEVER_BLANK = {"of_import": "@[0-9a-f]{12}$", "email": "@", "met_email": "@"}


def name_of(row: str) -> str:
    """SQL for the whole name of a record, `row` being the alias of its table; NULL where it has none."""
    return f"coalesce({row}.full_name, nullif(concat_ws(' ', {row}.first_name, {row}.last_name), ''))"


def person_of(name_sql: str) -> str:
    """SQL for the person behind a name, `name_sql` being SQL for the name: no case, accents or spare white space.

    '' where there is no name: never NULL.
    """
    return rf"trim(regexp_replace(strip_accents(lower(coalesce({name_sql}, ''))), '[\s\pZ]+', ' ', 'g'))"


def is_decisions(table: TextTable) -> bool:
    """Is this a duplicate report of ours, filled in or not?"""
    return set(places(table)) >= _SIGNS


def decisions_only(source: SourceFile) -> SourceFile | None:
    """The duplicate reports in a file; None where it holds none. What else stands in that workbook explains them."""
    ours = tuple(table for table in source.tables if is_decisions(table))
    return replace(source, tables=ours) if ours else None


def read_decisions(source: SourceFile) -> pl.DataFrame:
    """One row for every record of the duplicate reports in a file, in source order; `source` holds at least one.

    Columns: sheet, ordinal (Int64, over all), line, kind, problem, raw, of_import, rule, email, row_name, met_email,
    met_name, decision (a word of Decision; null where the cell is blank or says something else), failures (List(String)),
    issues (none), is_valid (a data row without failures, decided or not).
    """
    rows = pl.concat(_of_table(table) for table in source.tables if is_decisions(table))
    numbered = rows.with_row_index("ordinal").cast({"ordinal": pl.Int64})
    return numbered.select("sheet", "ordinal", pl.exclude("sheet", "ordinal"))


def _of_table(table: TextTable) -> pl.DataFrame:
    cells = [own_cells(table, HEADERS[column]).alias(name) for column, name in _READ.items()]
    rows = table.rows.select(pl.lit(table.name).alias("sheet"), "line", "kind", "problem", "raw").with_columns(cells)
    missing = [HEADERS[column] for column in _READ if HEADERS[column] not in places(table)]
    word = pl.col("decision").str.to_lowercase().str.replace_all(r"[\s_-]+", " ")
    words = [str(decision) for decision in Decision]
    judged = rows.with_columns(failures=_failures(missing, word.is_in(words)))
    return judged.with_columns(
        decision=pl.when(word.is_in(words)).then(word),
        issues=pl.lit([], ISSUES_TYPE),
        is_valid=(pl.col("kind") == RowKind.DATA) & (pl.col("failures").list.len() == 0),
    ).select(pl.exclude("failures", "issues", "is_valid"), "failures", "issues", "is_valid")


def _failures(missing: list[str], is_known: pl.Expr) -> pl.Expr:
    """All that is wrong with a row, in words."""
    is_data = pl.col("kind") == RowKind.DATA
    gone = [pl.lit(f"the column '{header}' is gone: keep all columns of the report") for header in missing]
    header_of = {name: HEADERS[column] for column, name in _READ.items()}
    changed = [
        pl.when(~pl.col(name).str.contains(pattern).fill_null(value=False)).then(
            pl.lit(f"the cell under '{header_of[name]}' was changed")
        )
        for name, pattern in _NEVER_BLANK.items()
        if header_of[name] not in missing
    ]
    unknown = pl.when(pl.col("decision").is_not_null() & ~is_known).then(
        pl.format("the decision is none of update, create, skip, keep apart: {}", "decision")
    )
    broken = pl.when(pl.col("kind") == RowKind.BROKEN).then(
        pl.format("broken row: {}", pl.col("problem").fill_null("cannot be read"))
    )
    of_data = pl.concat_list(*gone, *changed, unknown).list.drop_nulls()
    return pl.when(is_data).then(of_data).otherwise(pl.concat_list(broken).list.drop_nulls())

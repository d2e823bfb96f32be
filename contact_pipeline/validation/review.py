"""The source review: what is in a table, what becomes of each column, and what is wrong with it, by kind and line.

Belongs here: counting. Does not belong: finding what is wrong (`cleaning`), laying it out (`display`, `defs.metadata`), nor
anything slow to import, for `inspect` answers within a second. A review holds counts, headers and line numbers, never a
value.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from contact_pipeline.cleaning.emails import is_disposable, is_free_mail, is_role_address
from contact_pipeline.fields import FIELD_BY_NAME
from contact_pipeline.intake.profiling import ColumnProfile, profile_columns
from contact_pipeline.intake.tables import RowKind, TextTable
from contact_pipeline.mapping.activities import WHAT, WHEN
from contact_pipeline.mapping.outcomes import HEADERS as OUTCOME_HEADERS
from contact_pipeline.mapping.plan import ColumnPlan, TablePlan

NO_ADDRESS: Final = "no e-mail address"
NO_DATE: Final = "no date"

_LINES_NAMED = 5
_NAME_FIELDS = frozenset({"first_name", "last_name"})
_ESSENTIAL = ("first_name", "last_name", "email", "company")


def review_table(table: TextTable, plan: TablePlan, cleaned: pl.LazyFrame) -> dict[str, Any]:
    """The review of one table; `cleaned` is what cleaning made of its rows, in their order, of which only what is needed is read.

    Keys: sheet, tool (that wrote it, as far as its headers tell), signature (of this kind of table), warnings (what has
    changed about it), encoding, delimiter, header_row, rows (records below the header), not_data (kind -> records),
    failing (rows that would be set aside), missing (labels of essential fields without a column), excluded (columns not
    taken in and their filled cells), addresses (role, free_mail, disposable -> rows), problems ({field, header, reason,
    rows, failing, lines}, most rows first; lines are the first few) and columns ({header, action, field, confidence,
    reason, alternatives, type, filled, distinct, issues}).
    """
    fails = _fails(plan)
    kinds = table.kinds()
    return {
        "sheet": table.name,
        "tool": plan.tool,
        "signature": plan.signature,
        "warnings": list(plan.warnings),
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "header_row": table.header_line,
        "rows": sum(kinds.values()),
        "not_data": {kind: n for kind, n in kinds.items() if kind not in {RowKind.DATA, RowKind.BROKEN}},
        "failing": cleaned.select(fails.sum()).collect().item(),
        "missing": missing_essentials(plan),
        "excluded": [{"header": c.header, "filled": table.cells(f"c{c.index}").count()} for c in plan.excluded],
        "addresses": _addresses(cleaned),
        "problems": find_problems(cleaned, plan),
        "columns": _columns(table, plan),
    }


def missing_essentials(plan: TablePlan) -> list[str]:
    """Labels of first name, last name, e-mail and company where no column gives them; a full name gives both names.

    A list of activities, and a workbook of ours with outcomes, need none of them.
    """
    if WHAT in plan.fields or [column.header for column in plan.columns] == list(OUTCOME_HEADERS):
        return []
    given = set(plan.fields) | (_NAME_FIELDS if "full_name" in plan.fields else set())
    return [FIELD_BY_NAME[name].label for name in _ESSENTIAL if name not in given]


def find_problems(cleaned: pl.LazyFrame, plan: TablePlan) -> list[dict[str, Any]]:
    """Problems by field and kind, most rows first: those of cells, rows without an address, broken rows."""
    cells = cleaned.select("line", "issues", failing=_fails(plan)).filter(pl.col("issues").list.len() > 0)
    needed = _needed(plan)
    of_cells = (
        cells.explode("issues", empty_as_null=True)
        .unnest("issues")
        .select("line", pl.col("failing") & pl.col("field").is_in(list(needed)), "field", "reason")
    )
    without = [
        _without(cleaned, field).select("line", failing=True, field=pl.lit(field), reason=pl.lit(reason))
        for field, reason in needed.items()
    ]
    broken = cleaned.filter(pl.col("kind") == RowKind.BROKEN)
    found = pl.concat(
        [
            of_cells,
            *without,
            broken.select(
                "line",
                failing=True,
                field=pl.lit(None, pl.String),
                reason=pl.format("broken row: {}", pl.col("problem").fill_null("cannot be read")),
            ),
        ],
        how="vertical_relaxed",
    )
    counted = (
        found.collect()
        .group_by("field", "reason", maintain_order=True)
        .agg(rows=pl.len(), failing=pl.col("failing").sum(), lines=pl.col("line").head(_LINES_NAMED))
    )
    ordered = counted.sort("rows", "reason", descending=[True, False], maintain_order=True)
    return [{**problem, "header": _header(plan, problem["field"])} for problem in ordered.iter_rows(named=True)]


def _needed(plan: TablePlan) -> dict[str, str]:
    """The fields that no row may lack, each with what is said where it is blank; none in a table without addresses."""
    if not {"email", "secondary_email"} & set(plan.fields):
        return {}
    return {"email": NO_ADDRESS, **({WHEN: NO_DATE} if WHEN in plan.fields else {})}


def _fails(plan: TablePlan) -> pl.Expr:
    """Rows that would be set aside whatever the CRM holds."""
    lacks = pl.any_horizontal(pl.lit(False), *(pl.col(field).is_null() for field in _needed(plan)))
    return (pl.col("kind") == RowKind.BROKEN) | ((pl.col("kind") == RowKind.DATA) & lacks)


def _without(cleaned: pl.LazyFrame, field: str) -> pl.LazyFrame:
    """The rows of data whose cell for a field is blank, not one that cannot be used."""
    told = pl.col("issues").list.eval(pl.element().struct.field("field") == field).list.any()
    return cleaned.filter((pl.col("kind") == RowKind.DATA) & pl.col(field).is_null() & ~told)


def _header(plan: TablePlan, field: str | None) -> str | None:
    """The column that a field was read from; None where it came from none of its own."""
    column = plan.column_of(field) if field else None
    return column.header if column else None


def _addresses(cleaned: pl.LazyFrame) -> dict[str, int]:
    email = pl.col("email")
    flags = {"role": is_role_address(email), "free_mail": is_free_mail(email), "disposable": is_disposable(email)}
    return cleaned.select(flag.sum().alias(name) for name, flag in flags.items()).collect().row(0, named=True)


def _columns(table: TextTable, plan: TablePlan) -> list[dict[str, Any]]:
    return [_column(one, profile) for one, profile in zip(plan.columns, profile_columns(table), strict=True)]


def _column(plan: ColumnPlan, profile: ColumnProfile) -> dict[str, Any]:
    return {
        "header": plan.header,
        "action": plan.action.value,
        "field": plan.field,
        "confidence": plan.confidence,
        "reason": plan.reason,
        "alternatives": list(plan.alternatives),
        "type": profile.type,
        "filled": profile.filled,
        "distinct": profile.distinct,
        "issues": list(profile.issues),
    }

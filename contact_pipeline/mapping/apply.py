"""Carries out a mapping: raw cells of a table become columns named after fields.

Belongs here: picking, joining and coalescing cells, units of headers, custom fields as JSON, whatever tells of an opt-out.
Does not belong: deciding (`headers`), labels of rows (`sorting`) and cleaning values (`cleaning`): what comes out is still
the source's text, trimmed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import polars as pl

from contact_pipeline.cleaning.choices import read_opt_outs
from contact_pipeline.cleaning.opt_outs import says_opt_out
from contact_pipeline.intake.tables import RowKind, TextTable
from contact_pipeline.mapping.clearing import cleared_fields, mark_of, tokens_apart
from contact_pipeline.mapping.consent import grants, holds_status, opt_outs_in
from contact_pipeline.mapping.plan import Action, ColumnPlan, TablePlan
from contact_pipeline.mapping.sorting import sort_by_labels
from contact_pipeline.safe_text import unguard_formula

# White space of all kinds, and characters that are invisible at the edges of a cell.
_OUTER = " \t\r\n\v\f\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\u200b\u200c\u200d\u2060\ufeff\u0085\u2028\u2029"
_ESCAPED_IN_JSON = r'["\\\x00-\x1f]'
_ENDS_AS_NUMBER = r"\d$"
_JOINED: dict[str, str] = {"street_address": ", ", "notes": "\n", "happened_at": " "}
_KEPT = frozenset({Action.CUSTOM, Action.ASK})


def apply_plan(table: TextTable, plan: TablePlan, clear_token: str = "") -> pl.DataFrame:
    """One row for every row of the table, in its order.

    Columns: line, kind, problem, raw as in the table; one String column a mapped field (null for rows that are no data);
    source_date (text of the column that dates the record, or null); custom_fields (JSON object of the non-blank custom
    cells by header, or null where there is none); cleared (List(String), the fields whose cell is `clear_token`). A cell
    that is the token gives no value; a custom field has a JSON null for it.
    """
    cells, plan = sort_by_labels(_as_meant(_trimmed(table, plan), plan), plan)
    cells, held = tokens_apart(cells, (f"c{column.index}" for column in plan.columns), clear_token)
    fields = {field: (columns, _field(field, columns)) for field, columns in _mapped(plan).items()}
    fields |= _opt_outs(cells, table.name, plan)
    kept = [column for column in plan.columns if column.action in _KEPT]
    return cells.select(
        "line",
        "kind",
        "problem",
        "raw",
        *(value for _, value in fields.values()),
        _source_date(plan),
        _custom_fields(cells, kept, unique_headers(table.headers), held),
        cleared_fields(fields, held),
    )


def custom_types(plans: Iterable[TablePlan]) -> dict[str, str]:
    """Name of each custom field -> its type; text where tables of one file differ."""
    types: dict[str, str] = {}
    for plan in plans:
        names = unique_headers([column.header for column in plan.columns])
        for column, name in zip(plan.columns, names, strict=True):
            if column.action in _KEPT:
                types[name] = column.type if types.get(name, column.type) == column.type else "text"
    return types


def unique_headers(headers: Sequence[str]) -> list[str]:
    """Headers trimmed, blank ones numbered by position ("Column 5"), repeated ones counted (" (2)")."""
    taken: set[str] = set()
    unique: list[str] = []
    for position, header in enumerate(headers, start=1):
        wanted = header.strip(_OUTER) or f"Column {position}"
        name, count = wanted, 1
        while name in taken:
            count += 1
            name = f"{wanted} ({count})"
        taken.add(name)
        unique.append(name)
    return unique


def _trimmed(table: TextTable, plan: TablePlan) -> pl.DataFrame:
    """The cells that the plan names, without outer white space and without the guard our own CSV files put before a formula.

    Null where nothing is left, and in rows that are no data. In steps, for what an expression names twice is computed twice.
    """
    named = {index for column in plan.columns for index in (column.index, column.label_index) if index is not None}
    cells = [f"c{index}" for index in sorted(named)]
    rows = table.lazy_rows.select("line", "kind", "problem", "raw", *cells).collect()
    guarded = [name for name in cells if rows[name].str.starts_with("'").any()]  # the others need no regular expression
    bare = rows.with_columns(unguard_formula(pl.col(guarded))).with_columns(pl.col(cells).str.strip_chars(_OUTER))
    is_cell = pl.col("kind") == RowKind.DATA
    return bare.with_columns(pl.when(is_cell & (pl.col(name) != "")).then(name).alias(name) for name in cells)


def _as_meant(cells: pl.DataFrame, plan: TablePlan) -> pl.DataFrame:
    """The cells with the unit of their header behind bare numbers, and permissions turned into opt-outs."""
    changed = [_with_unit(column) for column in plan.columns if column.unit]
    turned = [_turned(cells[f"c{column.index}"]) for column in plan.columns if column.inverted]
    return cells.with_columns(*changed, *turned)


def _with_unit(column: ColumnPlan) -> pl.Expr:
    """A number that has a scale of its own ("5M") keeps it."""
    cell = _cell(column)
    return (
        pl.when(cell.str.contains(_ENDS_AS_NUMBER)).then(cell + column.unit).otherwise(cell).alias(f"c{column.index}")
    )


def _turned(cells: pl.Series) -> pl.Series:
    """ "yes" where a permission is refused, "no" where it is given; other words stay as they are."""
    words = cells.drop_nulls().unique()
    answers = [grants(word) for word in words]
    meanings = {w: "no" if answer else "yes" for w, answer in zip(words, answers, strict=True) if answer is not None}
    return cells.replace(list(meanings), list(meanings.values()))


def _cell(column: ColumnPlan) -> pl.Expr:
    return pl.col(f"c{column.index}")


def _mapped(plan: TablePlan) -> dict[str, list[ColumnPlan]]:
    """Columns of each mapped field, in column order."""
    grouped: dict[str, list[ColumnPlan]] = {}
    for column in plan.columns:
        if column.action is Action.MAP and column.field is not None:
            grouped.setdefault(column.field, []).append(column)
    return grouped


def _field(field: str, columns: Iterable[ColumnPlan]) -> pl.Expr:
    """The text of one field from its columns: joined, or the first that is filled."""
    cells = [_cell(column) for column in columns]
    if len(cells) == 1:
        return cells[0].alias(field)
    if field in _JOINED:
        joined = pl.concat_str(_without_repeats(cells), separator=_JOINED[field], ignore_nulls=True)
        return pl.when(joined != "").then(joined).alias(field)
    return pl.coalesce(cells).alias(field)


def _opt_outs(cells: pl.DataFrame, sheet: str, plan: TablePlan) -> dict[str, tuple[list[ColumnPlan], pl.Expr]]:
    """The field opted_out with its columns, where something tells of it: its columns, a status, the name of the sheet.

    One of them that says yes is enough, so what says no, or what nobody understands, is asked last.
    """
    columns = _mapped(plan).get("opted_out", [])
    statuses = [column for column in plan.columns if holds_status(column)]
    signs = [sign for sign in (opt_outs_in(cells[f"c{column.index}"]) for column in statuses) if sign is not None]
    if says_opt_out(sheet):
        signs.append(pl.when(pl.col("kind") == RowKind.DATA).then(pl.lit(sheet)))
    if not columns and not signs:
        return {}
    yes = [_saying_yes(cells[f"c{column.index}"]) for column in columns] if len(columns) > 1 else []
    said = pl.coalesce([*signs, *yes, *map(_cell, columns)])
    return {"opted_out": (columns, said.alias("opted_out"))}


def _saying_yes(cells: pl.Series) -> pl.Expr:
    """The cells that mean an opt-out, null elsewhere."""
    words = cells.drop_nulls().unique()
    meaning = words.filter(read_opt_outs(words)["value"].fill_null(False))
    return pl.when(pl.col(cells.name).is_in(meaning.to_list())).then(pl.col(cells.name))


def _without_repeats(cells: Sequence[pl.Expr]) -> list[pl.Expr]:
    """The cells, null where an earlier one holds the same text."""
    return [
        pl.when(pl.all_horizontal([cell.ne_missing(earlier) for earlier in cells[:at]])).then(cell) if at else cell
        for at, cell in enumerate(cells)
    ]


def _source_date(plan: TablePlan) -> pl.Expr:
    dating = [_cell(column) for column in plan.columns if column.dates_the_record]
    expression = pl.coalesce(dating) if dating else pl.lit(None, dtype=pl.String)
    return expression.alias("source_date")


def _custom_fields(
    cells: pl.DataFrame, columns: Sequence[ColumnPlan], names: Sequence[str], held: frozenset[str]
) -> pl.Expr:
    """JSON object of the filled cells of these columns, sorted by name: the spelling in which the CRM keeps it."""
    by_name = sorted((names[column.index], f"c{column.index}") for column in columns)
    pairs = [_pair(cells[cell], name, is_held=cell in held) for name, cell in by_name]
    if not pairs:
        return pl.lit(None, dtype=pl.String).alias("custom_fields")
    inner = pl.concat_str(pairs, separator=",", ignore_nulls=True)
    return pl.when(inner != "").then(pl.concat_str(pl.lit("{"), inner, pl.lit("}"))).alias("custom_fields")


def _pair(cells: pl.Series, name: str, *, is_held: bool) -> pl.Expr:
    """`"name":"text"`, null where the cell is blank; `"name":null` where it held the clear token."""
    cell, key = pl.col(cells.name), json.dumps(name, ensure_ascii=False)
    if not cells.str.contains(_ESCAPED_IN_JSON).any():  # then polars' JSON writer, several times slower, adds nothing
        pair = pl.concat_str(pl.lit(f'{key}:"'), cell, pl.lit('"'))
    else:
        encoded = pl.struct(cell.alias(name)).struct.json_encode()
        pair = pl.when(cell.is_not_null()).then(encoded.str.strip_prefix("{").str.strip_suffix("}"))
    return pl.when(pl.col(mark_of(cells.name))).then(pl.lit(f"{key}:null")).otherwise(pair) if is_held else pair

"""Sorts labelled phones and e-mails of each row into the fields that their labels name.

Belongs here: carrying out `ColumnPlan.label_index`. Does not belong: what a label means (`labels`) and reading the values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from contact_pipeline.mapping.labels import Rank, rank_of
from contact_pipeline.mapping.plan import Action, ColumnPlan, TablePlan

_SEVERAL = " ::: "  # as Google writes several values into one cell; cleaning reads it
_PHONE_RANKS = (Rank.PRIMARY, Rank.WORK, Rank.UNNAMED, Rank.PRIVATE)
_EMAIL_RANKS = (*_PHONE_RANKS, Rank.MOBILE, Rank.NOT_A_PHONE)


def sort_by_labels(cells: pl.DataFrame, plan: TablePlan) -> tuple[pl.DataFrame, TablePlan]:
    """The cells with columns more, and the plan that maps those instead of the labelled ones.

    The best labelled e-mail of a row is its e-mail, the others are further ones. The best phone that is no mobile, fax or
    pager is its phone, the first mobile its mobile phone. What finds no place stays a custom field under its own header.
    """
    labelled = [column for column in plan.columns if column.label_index is not None and column.field is not None]
    emails = [column for column in labelled if column.field in {"email", "secondary_email"}]
    phones = [column for column in labelled if column.field in {"phone", "mobile_phone"}]
    if not emails and not phones:
        return cells, plan
    ranked = cells.with_columns(_rank(cells, column) for column in labelled)
    sorted_out: list[tuple[str, pl.Expr]] = []
    if emails:
        first, others = _emails(emails)
        sorted_out += [("email", first), ("secondary_email", others)]
    if phones:
        phone = pl.coalesce(_of_rank(column, rank) for rank in _PHONE_RANKS for column in phones)
        sorted_out += [("phone", phone), ("mobile_phone", pl.coalesce(_of_rank(c, Rank.MOBILE) for c in phones))]
    start = 1 + max(index for one in plan.columns for index in (one.index, one.label_index or 0))
    named = [expression.alias(f"c{start + at}") for at, (_, expression) in enumerate(sorted_out)]
    added = [
        ColumnPlan(start + at, "", Action.MAP, field, 1.0, "sorted by the labels of each row")
        for at, (field, _) in enumerate(sorted_out)
    ]
    placed = ranked.with_columns(named)
    homes = [f"c{column.index}" for column in added]
    left = placed.with_columns(_left_over(column, homes) for column in phones)
    return left, replace(plan, columns=(*_without(plan, emails, phones), *added))


def _rank(cells: pl.DataFrame, column: ColumnPlan) -> pl.Expr:
    """Rank of each row's value, as column r{index}."""
    labels = cells[f"c{column.label_index}"]
    texts = labels.drop_nulls().unique()
    ranks = pl.Series([int(rank_of(text)) for text in texts], dtype=pl.Int8)
    ranked = (
        pl.lit(None, pl.Int8) if texts.is_empty() else pl.col(labels.name).replace_strict(texts, ranks, default=None)
    )
    return ranked.fill_null(int(Rank.UNNAMED)).alias(f"r{column.index}")


def _value(column: ColumnPlan) -> pl.Expr:
    return pl.col(f"c{column.index}")


def _of_rank(column: ColumnPlan, rank: Rank) -> pl.Expr:
    return pl.when(pl.col(f"r{column.index}") == int(rank)).then(_value(column))


def _emails(columns: Sequence[ColumnPlan]) -> tuple[pl.Expr, pl.Expr]:
    """The best e-mail, and the others in column order."""
    best = pl.coalesce(_of_rank(column, rank) for rank in _EMAIL_RANKS for column in columns)
    others = [pl.when(_value(column).ne_missing(best)).then(_value(column)) for column in columns]
    joined = pl.concat_str(others, separator=_SEVERAL, ignore_nulls=True)
    return best, pl.when(joined != "").then(joined)


def _left_over(column: ColumnPlan, homes: Sequence[str]) -> pl.Expr:
    value = _value(column)
    placed = pl.any_horizontal(value.eq_missing(pl.col(home)) for home in homes)
    return pl.when(~placed).then(value).alias(f"c{column.index}")


def _without(plan: TablePlan, emails: Sequence[ColumnPlan], phones: Sequence[ColumnPlan]) -> list[ColumnPlan]:
    """The columns of the plan, sorted e-mails left out and sorted phones kept for what is left over of them."""
    gone, spare = {column.index for column in emails}, {column.index for column in phones}
    return [
        replace(column, action=Action.CUSTOM, field=None) if column.index in spare else column
        for column in plan.columns
        if column.index not in gone
    ]

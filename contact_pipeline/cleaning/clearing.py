"""What the clear token empties: which fields it may, and which go with them.

Belongs here: the rules of clearing, row by row. Does not belong: finding the token in a cell (`mapping.clearing`) and
emptying the contact (`crm.fold`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from contact_pipeline.cleaning.issues import IssueLog
from contact_pipeline.fields import FIELD_BY_NAME, FIELDS, Kind, Survivorship

CANNOT_BE_CLEARED: Final = "cannot be cleared"

# What the CRM made of a field goes with it.
_MADE_FROM: Final[dict[str, tuple[str, ...]]] = {
    "first_name": ("full_name",),
    "last_name": ("full_name",),
    "full_name": ("first_name", "last_name"),
    "job_title": ("seniority", "department"),
}


def settle_clearing(
    cleaned: pl.DataFrame, given: Sequence[str], rules: Mapping[str, Survivorship], log: IssueLog, token: str
) -> pl.Series:
    """The column `cleared` of cleaned rows: the fields that the row empties.

    `cleaned` has all fields and `cleared`, the fields whose cells held the token; `given` are the fields that the table has
    a column for. A field to which another cell of the row gives a value is filled, not cleared: a full name from its parts, a
    seniority from the job title. A field that is made from a cleared one and has no column of its own in the table goes
    with it: the full name with a part of it, the parts with the full name, seniority and department with the job title. An
    e-mail address that is "cleared" is a blank one; yes-or-no fields and those with the rule `never` are issues.
    """
    cleared = cleaned["cleared"]
    if not (cleared.list.len() > 0).any():
        return cleared
    found = set(cleared.explode(empty_as_null=True).drop_nulls().unique())
    named = [field.name for field in FIELDS if field.name in found]  # in an order that does not depend on the rows
    sources: dict[str, list[str]] = {}
    for name in named:
        if _may_be_cleared(name, rules):
            made = [one for one in _MADE_FROM.get(name, ()) if one not in given and _may_be_cleared(one, rules)]
            for emptied in (name, *made):
                sources.setdefault(emptied, []).append(name)
        elif name != "email":
            held = cleaned.select(pl.when(pl.col("cleared").list.contains(name)).then(pl.lit(CANNOT_BE_CLEARED)))
            log.note(name, pl.repeat(token, cleaned.height, dtype=pl.String, eager=True), held.to_series())
    if not sources:
        return pl.repeat([], cleaned.height, dtype=cleared.dtype, eager=True).alias("cleared")
    names = [_emptied(name, of) for name, of in sources.items()]
    return cleaned.select(pl.concat_list(names).list.drop_nulls().alias("cleared")).to_series()


def _may_be_cleared(name: str, rules: Mapping[str, Survivorship]) -> bool:
    """An address is the key, a yes may be a wish, and what never changes does not change so either."""
    field = FIELD_BY_NAME[name]
    return rules.get(name, field.survivorship) is not Survivorship.NEVER and field.kind is not Kind.BOOLEAN


def _emptied(name: str, sources: Sequence[str]) -> pl.Expr:
    """The name where one of the sources is cleared and the row has no value for the field; else null."""
    is_source_cleared = pl.any_horizontal(
        pl.col("cleared").list.contains(source) & pl.col(source).is_null() for source in sources
    )
    return pl.when(is_source_cleared & pl.col(name).is_null()).then(pl.lit(name))

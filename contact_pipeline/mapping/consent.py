"""Columns that say who may be written to: permissions ("Subscribed", "Marketing consent") and the words of a status.

Belongs here: telling permissions, which are Opted Out the other way round, and when their values are plain enough to be
turned; finding the cells of a status column that say that somebody opted out. Does not belong: columns that are about that
alone (`spellings`, `grammar`). A blank is no refusal, and neither is a word that is not understood.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

import polars as pl

from contact_pipeline.cleaning.opt_outs import says_opt_out
from contact_pipeline.mapping.grammar import concepts_of
from contact_pipeline.mapping.normalise import normalise_header
from contact_pipeline.mapping.plan import Action, ColumnPlan

_STATUS_FIELDS = frozenset({"lead_status", "lifecycle_stage"})
_SAYS_CONSENT = frozenset({"OPTIN", "CONSENT", "ACCEPT", "ALLOW"})
_BESIDE = frozenset(
    {
        "EMAIL",
        "MARKETING",
        "NEWSLETTER",
        "STATUS",
        "IS",
        "PERSON",
        "CUSTOMER",
        "PRIVACY",
        "TO",
        "CONTACTING",
        "BULK",
        "YES_NO",
    }
)


@cache
def _words() -> dict[str, frozenset[str]]:
    text = files("contact_pipeline.mapping").joinpath("consent.toml").read_text(encoding="utf-8")
    return {meaning: frozenset(map(normalise_header, words)) for meaning, words in tomllib.loads(text).items()}


def grants(value: str) -> bool | None:
    """Whether a cell of such a column gives the permission; None where it does not say."""
    word = normalise_header(value)
    return True if word in _words()["granted"] else False if word in _words()["refused"] else None


def is_about_consent(plain_header: str) -> bool:
    """Whether a header names a permission to write to somebody by e-mail. A date or a text of it is not that."""
    concepts = concepts_of(plain_header)
    if concepts is None or "DONOT" in concepts:
        return False
    alone = concepts == {"NEWSLETTER"} or concepts == {"NEWSLETTER", "YES_NO"}
    return alone or (bool(concepts & _SAYS_CONSENT) and concepts <= _SAYS_CONSENT | _BESIDE)


def speaks_plainly(values: pl.Series) -> bool:
    """Whether every value of a column grants or refuses, and some grant: a column of refusals only has another meaning."""
    answers = {grants(value) for value in values}
    return True in answers and None not in answers


def holds_status(column: ColumnPlan) -> bool:
    """Whether a column holds a status of the contact: mapped as one, or a custom field whose header names one."""
    if column.action is Action.MAP:
        return column.field in _STATUS_FIELDS
    words = set(normalise_header(column.header).split())
    return column.action is not Action.EXCLUDE and bool(words & _words()["status"])


def opt_outs_in(cells: pl.Series) -> pl.Expr | None:
    """The cells of a status column that say that somebody opted out, null elsewhere; None where no cell does."""
    saying = [text for text in cells.drop_nulls().unique() if says_opt_out(text)]
    return pl.when(pl.col(cells.name).is_in(saying)).then(pl.col(cells.name)) if saying else None

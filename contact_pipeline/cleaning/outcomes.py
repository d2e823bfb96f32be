"""The outcome of a lead in a rep's words: those that our workbook offers, and the words for won and lost of the settings.

Belongs here: which words there are and what they mean. Does not belong: whose outcome it is (`matching.told`) and what follows
from one. A word that is not known says nothing; it is never taken for "lost".
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import polars as pl

from contact_pipeline.cleaning.cells import Reading, read_cells
from contact_pipeline.cleaning.emails import TOMBSTONE_EMAIL
from contact_pipeline.cleaning.issues import IssueLog
from contact_pipeline.cleaning.text import tidy
from contact_pipeline.cleaning.vocabulary import fold
from contact_pipeline.intake.tables import RowKind
from contact_pipeline.settings import ImportSettings

UNKNOWN_WORD: Final = "is no known outcome"


class Outcome(StrEnum):
    """What a rep may choose in the column Outcome, in the order of the list."""

    WON = "Won"
    LOST = "Lost"
    MEETING = "Meeting booked"
    INTERESTED = "Interested: call again"
    NOT_REACHED = "Not reached"
    NOT_INTERESTED = "Not interested"
    WRONG_CONTACT = "Wrong contact"


# What a word says of `converted`; the others leave it open.
_DECIDED: Final = {Outcome.WON: True, Outcome.LOST: False, Outcome.NOT_INTERESTED: False}


def read_outcomes(raw: pl.Series, settings: ImportSettings) -> pl.DataFrame:
    """status (String, the word as it is shown), converted (Boolean) and reason (String) of each cell, in their order.

    Case, accents, blanks and punctuation do not matter. `reason` is for a word that is not known, which has no status; one
    that we offer and that leaves it open has a status alone. A null has none of the three.
    """
    shown = {fold(word): word.value for word in Outcome}
    truths = {fold(word): truth for word, truth in _DECIDED.items()}
    truths |= {fold(word): False for word in settings.lost_words} | {fold(word): True for word in settings.won_words}

    def status(text: str) -> Reading:
        word = fold(text)
        return Reading(shown.get(word) or (tidy(text) if word in truths else None))

    def converted(text: str) -> Reading:
        word = fold(text)
        if word in truths:
            return Reading(truths[word])
        return Reading(None, None if word in shown else UNKNOWN_WORD)

    decided = read_cells(raw, converted, dtype=pl.Boolean)
    return decided.select(
        read_cells(raw, status)["value"].alias("status"), pl.col("value").alias("converted"), "reason"
    )


def clean_outcomes(cells: pl.DataFrame, settings: ImportSettings) -> pl.DataFrame:
    """Rows of our workbook, read.

    `cells` has line, kind, problem, raw, told_of and outcome (both as text). Returns the same rows in the same order: line,
    kind, problem, raw, told_of (the id of a contact), email (null but for the address that stands for an erased person),
    lead_status, converted, issues. Rows that are no data hold nulls.
    """
    is_data = cells["kind"] == RowKind.DATA
    is_erased = pl.col("told_of").eq_missing(TOMBSTONE_EMAIL)
    read = read_outcomes(cells.select(pl.when(is_data).then("outcome").alias("outcome")).to_series(), settings)
    log = IssueLog(is_data)
    log.note("converted", cells["outcome"], read["reason"])
    return cells.select(
        "line",
        "kind",
        "problem",
        "raw",
        pl.when(is_data & ~is_erased).then("told_of").alias("told_of"),
        pl.when(is_data & is_erased).then("told_of").alias("email"),
        read["status"].alias("lead_status"),
        read["converted"],
        log.column(),
    )

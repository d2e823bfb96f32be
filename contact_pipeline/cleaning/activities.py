"""A mapped table of raw text -> typed activities: whose, what, when and how often, with an issue for what cannot be used.

Belongs here: the columns of a cleaned activity. Does not belong: which columns of a file they come from
(`mapping.activities`), what the words mean (`activity_words`) and which rows fail (`validation.activities`).
"""

from __future__ import annotations

import polars as pl

from contact_pipeline.cleaning.activity_words import ActivityKind, Words, activity_reader
from contact_pipeline.cleaning.cells import Reading, read_cells
from contact_pipeline.cleaning.contacts import NO_ROOM
from contact_pipeline.cleaning.dates import read_dates
from contact_pipeline.cleaning.emails import TOMBSTONE_EMAIL, doubts, read_emails, suggest
from contact_pipeline.cleaning.issues import IssueLog
from contact_pipeline.cleaning.numbers import read_counts
from contact_pipeline.intake.tables import RowKind
from contact_pipeline.settings import ImportOptions, ImportSettings

UNKNOWN_WORD = "is no known kind of activity"
NO_WORD = "names no activity"
_GIVEN = ("email", "activity", "happened_at", "times")


def clean_activities(mapped: pl.DataFrame, options: ImportOptions, settings: ImportSettings) -> pl.DataFrame:
    """Clean a mapped table of activities.

    `mapped` has line, kind, problem, raw, and of email, activity, happened_at, times and opted_out (filled where the name of
    the sheet says so) what the table has, as text.
    Returns the same rows in the same order: line, kind (of the row), problem, raw, email, activity (an ActivityKind), happened_at
    (Datetime us, UTC), times (Float64, 1 where nothing is said), opted_out (does this row opt the person out?), issues.
    Rows that are no data hold nulls.
    """
    texts = {name: mapped[name] if name in mapped.columns else _blank(mapped.height) for name in _GIVEN}
    is_data = (mapped["kind"] == RowKind.DATA) & texts["email"].ne_missing(TOMBSTONE_EMAIL)
    log = IssueLog(is_data)
    cleaned = mapped.select("line", "kind", "problem", "raw").with_columns(
        _addresses(texts["email"], log),
        _kinds(texts["activity"], is_data, settings.activity_words, log),
        _moments(texts["happened_at"], options, log),
        _times(texts["times"], is_data, log),
    )
    told = mapped["opted_out"].is_not_null() if "opted_out" in mapped.columns else pl.lit(False)
    is_leaving = (pl.col("activity") == ActivityKind.UNSUBSCRIBE.value) | told | pl.lit(options.opted_out)
    return cleaned.with_columns(opted_out=pl.when(is_data).then(is_leaving), issues=log.column())


def _blank(height: int) -> pl.Series:
    return pl.repeat(None, height, dtype=pl.String, eager=True)


def _addresses(raw: pl.Series, log: IssueLog) -> pl.Series:
    """The address of each row; of several in one cell the first."""
    read = read_emails(raw)
    log.note("email", raw, read["reason"], suggest)
    log.note(
        "email", raw, pl.select(pl.when(read["reason"].is_null()).then(doubts(read["value"]))).to_series(), suggest
    )
    parts = read["value"].str.split(" ")
    log.note("email", raw, pl.select(pl.when(parts.list.len() > 1).then(pl.lit(NO_ROOM))).to_series())
    return parts.list.first().alias("email")


def _kinds(raw: pl.Series, is_data: pl.Series, own_words: Words, log: IssueLog) -> pl.Series:
    """The kind of each activity; a word that is not known, and a blank cell, is of the kind other."""
    meaning = activity_reader(own_words)

    def read(text: str) -> Reading:
        kind = meaning(text)
        return Reading(kind.value) if kind else Reading(None, UNKNOWN_WORD)

    kinds = read_cells(raw, read)
    log.note(
        "activity", raw, kinds["reason"].fill_null(pl.select(pl.when(raw.is_null()).then(pl.lit(NO_WORD))).to_series())
    )
    other = pl.lit(ActivityKind.OTHER.value)
    return pl.select(pl.when(is_data).then(pl.coalesce(kinds["value"], other)).alias("activity")).to_series()


def _moments(raw: pl.Series, options: ImportOptions, log: IssueLog) -> pl.Series:
    read = read_dates(raw, options.date_order, options.default_country)
    log.note("happened_at", raw, read["reason"])
    return read["value"].alias("happened_at")


def _times(raw: pl.Series, is_data: pl.Series, log: IssueLog) -> pl.Series:
    read = read_counts(raw)
    log.note("times", raw, read["reason"])
    return pl.select(pl.when(is_data).then(read["value"].cast(pl.Float64).fill_null(1.0)).alias("times")).to_series()

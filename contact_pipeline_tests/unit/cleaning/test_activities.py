"""What the words of an activity file mean, and what its rows become."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.cleaning.activities import UNKNOWN_WORD, clean_activities
from contact_pipeline.cleaning.activity_words import ActivityKind, activity_reader
from contact_pipeline.cleaning.vocabulary import fold, toml
from contact_pipeline.settings import ImportOptions, ImportSettings
from contact_pipeline.validation.activities import judge_activities

MEANINGS = {
    "Opened email: Webinar invitation": "open", "page_view": "visit", "Visited /pricing": "visit", "Seitenaufruf": "visit",
    "Clicked Link in Email": "click", "EMAIL_OPEN": "open", "E-Mail geöffnet": "open", "Téléchargement": "download",
    "Fill Out Form": "form", "Form submission - Demo request": "form", "Rendez-vous": "meeting", "Anruf": "call",
    "call with Ann": "call", "Messebesuch": "event", "Attended": "event", "Hard Bounce": "bounce", "Email sent": "other",
    "Unsubscribed from newsletter": "unsubscribe", "Abgemeldet": "unsubscribe", "Desinscription": "unsubscribe",
    "Antwort": "reply", "Note": "other",
}  # fmt: skip
UNKNOWN = ("Did not open", "Meeting cancelled", "not unsubscribed", "Baja California page", "frobnicated", "42")


@pytest.mark.parametrize("text", MEANINGS)
def test_words_of_many_tools_and_languages_mean_a_kind(text: str) -> None:
    assert activity_reader()(text) == MEANINGS[text]


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_is_not_known_or_turned_round_has_no_kind(text: str) -> None:
    assert activity_reader()(text) is None


def test_no_word_is_listed_for_two_kinds() -> None:
    listed = [fold(word) for words in toml("activities").values() for word in set(map(fold, words))]
    assert len(listed) == len(set(listed))


def test_own_words_come_before_ours() -> None:
    read = activity_reader({ActivityKind.MEETING: ["Showroom"], ActivityKind.OTHER: ["Page View"]})
    assert (read("showroom Berlin"), read("page view"), read("open")) == ("meeting", "other", "open")


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert activity_reader()(text) in {None, *ActivityKind}


KNOWN = pl.Series(["ann@x.org", "bob@x.org"])
RECEIVED = datetime.fromisoformat("2026-06-01 12:00")


def _judged(*rows: tuple[str | None, str | None, str | None, str | None], words: object = None) -> pl.DataFrame:
    columns = ("email", "activity", "happened_at", "times")
    mapped = pl.DataFrame(
        {
            "line": range(2, len(rows) + 2),
            "kind": ["data"] * len(rows),
            "problem": pl.Series([None] * len(rows), dtype=pl.String),
            "raw": pl.Series([None] * len(rows), dtype=pl.String),
            **{name: pl.Series([row[at] for row in rows], dtype=pl.String) for at, name in enumerate(columns)},
        }
    )
    settings = ImportSettings.model_validate({"activity_words": words or {}})
    return judge_activities(clean_activities(mapped, ImportOptions(), settings), KNOWN, RECEIVED)


def test_a_row_becomes_who_what_when_and_how_often() -> None:
    judged = _judged(
        ("ANN@x.org ", "Page view", "2026-05-01 10:00:00", "3"), ("bob@x.org", "Klick", "2026-05-02", None)
    )
    assert judged.select("email", "activity", "happened_at", "times", "opted_out", "is_valid").rows() == [
        ("ann@x.org", "visit", datetime.fromisoformat("2026-05-01 10:00"), 3.0, False, True),
        ("bob@x.org", "click", datetime.fromisoformat("2026-05-02"), 1.0, False, True),
    ]


def test_every_reason_of_a_failing_row_is_told() -> None:
    judged = _judged(
        ("nope", "Click", None, None),
        (None, "Click", "2026-05-01", None),
        ("zed@x.org", "Click", "2026-06-03", None),
        ("ann@x.org", "Click", "some day", None),
        ("ann@x.org", "Click", "2026-06-02 11:00:00", None),
    )
    assert judged["failures"].to_list() == [
        ["e-mail address cannot be used: nope", "no date"],
        ["no e-mail address"],
        ["unknown person: no contact has this e-mail address", "date in the future: 2026-06-03 00:00"],
        ["date cannot be read: some day (is not a date)"],
        [],  # a zone may be ahead by less than a day
    ]


def test_an_unknown_word_is_of_the_kind_other_with_an_issue_and_no_failure() -> None:
    judged = _judged(("ann@x.org", "frob", "2026-05-01", None))
    assert judged["activity"].to_list() == ["other"]
    assert [issue["reason"] for issue in judged["issues"][0]] == [UNKNOWN_WORD]
    assert judged["is_valid"].all()


def test_own_words_of_the_settings_are_obeyed() -> None:
    judged = _judged(("ann@x.org", "Showroom", "2026-05-01", None), words={"visit": ["showroom"]})
    assert (judged["activity"].to_list(), judged["issues"].list.len().to_list()) == (["visit"], [0])


def test_who_unsubscribes_is_opted_out_and_who_bounces_is_not() -> None:
    judged = _judged(("ann@x.org", "Unsubscribed", "2026-05-01", None), ("bob@x.org", "Bounce", "2026-05-01", None))
    assert judged["opted_out"].to_list() == [True, False]

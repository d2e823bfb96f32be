"""Yes and no, won and lost, opted out, lifecycle stages."""

from __future__ import annotations

import polars as pl
import pytest

from contact_pipeline.cleaning import choices
from contact_pipeline.fields import LIFECYCLE_STAGES
from contact_pipeline.settings import ImportSettings


@pytest.mark.parametrize("text", ["Closed Won", "customer", "YES", "true", "1", "oui", "ja", "sí", "✓"])
def test_a_word_for_won_converts(text: str) -> None:
    assert choices.read_conversions(pl.Series([text]), ImportSettings()).row(0) == (True, None)


@pytest.mark.parametrize("text", ["closed lost", "No", "false", "0", "nein", "non"])
def test_a_word_for_lost_does_not_convert(text: str) -> None:
    assert choices.read_conversions(pl.Series([text]), ImportSettings()).row(0) == (False, None)


def test_any_other_word_is_unknown_and_never_taken_for_lost() -> None:
    reading = choices.read_conversions(pl.Series(["in progress"]), ImportSettings())
    assert reading.row(0) == (None, choices.NEITHER_WON_NOR_LOST)


def test_the_settings_say_which_words_mean_won() -> None:
    settings = ImportSettings(won_words=("gewonnen",), lost_words=("yes",))
    assert choices.read_conversions(pl.Series(["Gewonnen", "yes"]), settings)["value"].to_list() == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        "Unsubscribed",
        "blacklisted",
        "Opted Out",
        "do not contact",
        "yes",
        "2024-02-01 10:00:00",
        "1/31/2024",
        "1/2/24",
        "45292",
        "May 2024",
        "Unsubscribed from all e-mail",
    ],
)
def test_every_sign_of_leaving_counts_as_opted_out(text: str) -> None:
    assert choices.read_opt_outs(pl.Series([text])).row(0) == (True, None)


@pytest.mark.parametrize("text", ["cleaned", "hard-bounced", "Invalid"])
def test_mail_that_came_back_is_no_wish_of_the_person(text: str) -> None:
    assert choices.read_opt_outs(pl.Series([text])).row(0) == (None, choices.UNDELIVERABLE)


@pytest.mark.parametrize("text", ["0000-00-00 00:00:00", "00/00/0000", "-", "n/a"])
def test_a_date_of_noughts_is_no_date_of_leaving(text: str) -> None:
    assert choices.read_opt_outs(pl.Series([text])).row(0) == (None, None)


@pytest.mark.parametrize("text", ["subscribed", "opted-in", "no", "0", "active"])
def test_who_may_be_written_to_has_not_opted_out(text: str) -> None:
    assert choices.read_opt_outs(pl.Series([text])).row(0) == (False, None)


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("marketingqualifiedlead", "Marketing Qualified Lead"),
        ("MQL", "Marketing Qualified Lead"),
        ("sales qualified lead", "Sales Qualified Lead"),
        ("Kunde", "Customer"),
        ("opportunity", "Opportunity"),
    ],
)
def test_a_lifecycle_stage_has_one_name(text: str, stage: str) -> None:
    assert stage in LIFECYCLE_STAGES
    assert choices.read_lifecycle_stages(pl.Series([text])).row(0) == (stage, None)


def test_an_unknown_stage_is_left_blank_with_the_reason() -> None:
    assert choices.read_lifecycle_stages(pl.Series(["other"])).row(0) == (None, choices.UNKNOWN_STAGE)

"""All that tells of an opt-out: what a file or sheet is called, the words of a status, dates of leaving."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.cleaning.contacts import clean_contacts
from contact_pipeline.cleaning.opt_outs import file_says_opt_out, says_opt_out
from contact_pipeline.intake.tables import RowKind, TextTable
from contact_pipeline.mapping.apply import apply_plan
from contact_pipeline.mapping.headers import plan_table
from contact_pipeline.settings import ImportOptions, ImportSettings, Settings, load_settings

OPTED_OUT = [
    "unsubscribed_members_export_8893817261.csv",
    "unsubscribed_with_reason.csv",
    "2026-01 Unsubscribes.xlsx",
    "Unsubscribers2024.csv",
    "unsubs.csv",
    "opt-out.csv",
    "OptedOut.csv",
    "optout_list.csv",
    "all-opt-outs.xlsx",
    "do-not-contact.csv",
    "do_not_email_2025.csv",
    "DoNotEmail.csv",
    "Don't contact.csv",
    "DNC list.xlsx",
    "suppression_list.csv",
    "Newsletter-Abmeldungen.csv",
    "kontakte_abgemeldet.csv",
    "désabonnés.csv",
    "desinscrits-2024.csv",
    "bajas.csv",
    "disiscritti.csv",
    "uitgeschreven.csv",
    "descadastrados.csv",
    "отписавшиеся.csv",
    "unsubscribed.csv.gz",
]
NOT_OPTED_OUT = [
    "contacts.csv",
    "not_unsubscribed.csv",
    "non-unsubscribed.csv",
    "subscribed_members_export_8893817261.csv",
    "subscribers_and_unsubscribers.csv",
    "resubscribed.csv",
    "contacts_without_unsubscribed.csv",
    "leads_excl_opt-outs.csv",
    "unsubscribes_removed.csv",
    "contacts_no_optouts.csv",
    "opt-in.csv",
    "opted_in.csv",
    "cleaned_members_export_8893817261.csv",
    "bounced.csv",
    "angemeldet.csv",
    "kunden_mit_abmeldungen.csv",
    "abonnes.csv",
    "UN_subcommittee.csv",
    "option_outlook.csv",
    "Robinson Ltd.csv",
]


@pytest.mark.parametrize("name", OPTED_OUT)
def test_a_file_name_tells_that_everybody_in_it_opted_out(name: str) -> None:
    assert file_says_opt_out(name)
    assert Settings().options_for(name).opted_out


@pytest.mark.parametrize("name", NOT_OPTED_OUT)
def test_other_names_tell_of_no_opt_out(name: str) -> None:
    assert not file_says_opt_out(name)
    assert not Settings().options_for(name).opted_out


@given(st.sampled_from(OPTED_OUT), st.sampled_from(["not_", "ohne_", "without ", "excl-"]))
def test_a_word_of_denial_before_it_turns_any_name_round(name: str, denial: str) -> None:
    assert not file_says_opt_out(denial + name)


@given(st.sampled_from(OPTED_OUT), st.sampled_from(["_", " ", "-", "."]), st.sampled_from(["leads", "2026", "export"]))
def test_separators_case_and_neutral_words_do_not_matter(name: str, separator: str, word: str) -> None:
    assert file_says_opt_out(f"{word}{separator}{name}")
    assert file_says_opt_out(name.replace("_", separator).lower()) or "DoNot" in name or "OptedOut" in name


def test_a_file_rule_has_the_last_word_on_the_name(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('[[files]]\nmatch = "bajas*"\nopted_out = false\n[[files]]\nmatch = "gone*"\nopted_out = true\n')
    settings = load_settings(path)
    assert [settings.options_for(name).opted_out for name in ("bajas.csv", "gone.csv", "x.csv")] == [False, True, False]


def test_every_row_of_data_of_such_a_file_opted_out_whatever_its_columns_say() -> None:
    table = _table(["Email", "Opted Out"], ["a@x.example", "no"], ["b@x.example", None], ["Total", None])
    table = TextTable("", table.headers, 1, table.lazy_rows.with_columns(kind=pl.Series(["data", "data", "total"])))
    assert _opted_out(table, ImportOptions(opted_out=True)) == [True, True, None]
    assert _opted_out(table, ImportOptions()) == [False, None, None]


def test_a_sheet_called_so_tells_it_of_its_own_rows_only() -> None:
    table = _table(["Email", "Opted Out"], ["a@x.example", "no"])
    assert _opted_out(TextTable("Unsubscribed", table.headers, 1, table.lazy_rows)) == [True]
    assert _opted_out(TextTable("Subscribed", table.headers, 1, table.lazy_rows)) == [False]


SAYING = [
    "Unsubscribed",
    "UNSUBSCRIBED",
    "unsubscribed from all email",
    "4 - Opted out",
    "Do not contact",
    "do-not-email",
    "Complained",
    "Spam complaint",
    "SpamComplaint",
    "Marked as spam",
    "Abgemeldet",
    "désabonné",
    "Dado de baja",
    "Disiscritto",
    "Uitgeschreven",
]
NOT_SAYING = [
    *("Bounced", "cleaned", "Invalid", "Subscribed", "Active", "Opted in", "Not opted out", "Opted out: no"),
    *("never unsubscribed", "Lost", "Contacted", "Attempted to contact", "Unqualified", "Non-subscribed", "Cancelled"),
]


@pytest.mark.parametrize("text", SAYING)
@pytest.mark.parametrize("header", ["Lead Status", "Email Status", "Subscriber status", "Statut d'abonnement", "Stage"])
def test_a_status_that_says_so_is_an_opt_out_and_is_kept_as_it_is(header: str, text: str) -> None:
    row = _row(_table(["Email", header], ["a@x.example", text], ["b@x.example", "New"]))
    assert row["opted_out"] is True
    assert text in f"{row['lead_status']} {row['custom_fields']} {[issue['raw'] for issue in row['issues']]}"


@pytest.mark.parametrize("text", NOT_SAYING)
@pytest.mark.parametrize("header", ["Lead Status", "Email Status"])
def test_any_other_status_is_none(header: str, text: str) -> None:
    assert not says_opt_out(text)
    assert _row(_table(["Email", header], ["a@x.example", text], ["b@x.example", "New"]))["opted_out"] is None


def test_a_column_that_is_no_status_tells_nothing() -> None:
    row = _row(_table(["Email", "Favourite word"], ["a@x.example", "Unsubscribed"], ["b@x.example", "New"]))
    assert row["opted_out"] is None


def test_a_status_speaks_louder_than_a_column_that_says_no() -> None:
    table = _table(
        ["Email", "Opted Out", "Email Status"],
        *[("a@x.example", said, "Unsubscribed") for said in ("no", "0", None, "who knows")],
        ("b@x.example", "no", "Bounced"),
        ("c@x.example", "yes", "Subscribed"),
    )
    assert _opted_out(table) == [True, True, True, True, False, True]


def test_of_several_columns_one_that_says_yes_is_enough() -> None:
    table = _table(
        ["Email", "Opted Out", "Unsubscribed"], *[("a@x.example", said, "yes") for said in ("-", "n/a", "?")]
    )
    plan = plan_table(table, {"Opted Out": "opted_out", "Unsubscribed": "opted_out"})
    assert (
        clean_contacts(apply_plan(table, plan), ImportOptions(), ImportSettings())["opted_out"].to_list() == [True] * 3
    )


@pytest.mark.parametrize("header", ["UNSUB_TIME", "Unsubscribed at", "Opt-out date", "opted_out_at"])
def test_a_date_of_leaving_is_an_opt_out_and_no_date_is_none(header: str) -> None:
    table = _table(
        ["Email Address", header],
        *[
            ("a@x.example", when)
            for when in ("2026-01-31 10:00:00", "1/31/26", "31.1.2026", None, "0000-00-00 00:00:00")
        ],
    )
    assert _opted_out(table) == [True, True, True, None, None]


def _table(headers: list[str], *rows: tuple[str | None, ...] | list[str | None]) -> TextTable:
    cells = {f"c{at}": pl.Series([row[at] for row in rows], dtype=pl.String) for at in range(len(headers))}
    frame = pl.DataFrame({"line": list(range(2, len(rows) + 2)), "kind": [str(RowKind.DATA)] * len(rows), **cells})
    nothing = pl.lit(None, pl.String)
    return TextTable("", tuple(headers), 1, frame.lazy().with_columns(problem=nothing, raw=nothing))


def _opted_out(table: TextTable, options: ImportOptions | None = None) -> list[bool | None]:
    mapped = apply_plan(table, plan_table(table, {}))
    return clean_contacts(mapped, options or ImportOptions(), ImportSettings())["opted_out"].to_list()


def _row(table: TextTable) -> dict[str, Any]:
    mapped = apply_plan(table, plan_table(table, {}))
    return clean_contacts(mapped, ImportOptions(), ImportSettings()).row(0, named=True)

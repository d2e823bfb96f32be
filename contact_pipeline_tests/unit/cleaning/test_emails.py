"""Addresses as people type them."""

from __future__ import annotations

import polars as pl
import pytest

from contact_pipeline.cleaning import emails


def read(text: str) -> tuple[str | None, str | None]:
    return emails.read_emails(pl.Series([text])).row(0)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" ANN@Example.org ", "ann@example.org"),
        ("ann@example.org\u00a0", "ann@example.org"),
        ("a\u200bnn@example.org", "ann@example.org"),
        ("mailto:Ann@Example.org?subject=hi", "ann@example.org"),
        ("email: ann@example.org", "ann@example.org"),
        ('"Lee, Ann" <ann@example.org>', "ann@example.org"),
        ("ann@example.org (Ann)", "ann@example.org"),
        ("ann@example.org.", "ann@example.org"),
        ("ann@example.org;", "ann@example.org"),
        ("ann+news@example.org", "ann+news@example.org"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("o'neil@example.org", "o'neil@example.org"),
    ],
)
def test_what_surrounds_an_address_is_taken_off(text: str, address: str) -> None:
    assert read(text) == (address, None)


@pytest.mark.parametrize(
    "text",
    [
        "a1@x.example;a2@x.example",
        "a1@x.example, a2@x.example",
        "a1@x.example / a2@x.example",
        "a1@x.example\na2@x.example",
    ],
)
def test_several_addresses_in_a_cell_are_all_found_in_order(text: str) -> None:
    assert read(text) == ("a1@x.example a2@x.example", None)


@pytest.mark.parametrize(
    "text",
    [
        "ann", "ann@", "@example.org", "ann@@example.org", "ann@example", "ann.@example.org", ".ann@example.org", "a..b@example.org",
        "ann@example..org", "ann@-example.org", "ann example@example.org", "ann@example,org", "ann@exam ple.org",
        "ann[at]example[dot]org", "ann@[127.0.0.1]", "ann@127.0.0.1", "ann@example.org\nBcc: all@example.org",
        "carl@example.org%0ACc:x@example.org",
    ],
)  # fmt: skip
def test_what_is_no_address_is_left_blank_with_the_reason(text: str) -> None:
    assert read(text) == (None, emails.NOT_AN_ADDRESS)


@pytest.mark.parametrize("text", ["аnn@example.org", "ann@exаmple.org"])
def test_letters_of_two_alphabets_in_one_word_are_no_address(text: str) -> None:
    assert read(text) == (None, emails.MIXED_ALPHABETS)


@pytest.mark.parametrize("text", ["n/a", "none", "-", "NULL", "  "])
def test_a_word_for_nothing_is_blank_without_an_issue(text: str) -> None:
    assert read(text) == (None, None)


def test_a_placeholder_address_is_kept_and_pointed_out() -> None:
    assert read("none@none.com") == ("none@none.com", emails.PLACEHOLDER)


def test_role_mailboxes_and_free_mail_are_told_from_personal_and_company_addresses() -> None:
    frame = pl.DataFrame({"email": ["info@acme.example", "ann@gmail.com", "sales+de@acme.example", None]})
    told = frame.select(
        emails.is_role_address(pl.col("email")).alias("role"), emails.is_free_mail(pl.col("email")).alias("free")
    )
    assert told.rows() == [(True, False), (False, True), (True, False), (None, None)]


def test_the_address_in_place_of_an_erased_person_is_read_as_itself() -> None:
    assert read(emails.TOMBSTONE_EMAIL) == (emails.TOMBSTONE_EMAIL, None)

"""Which encoding a text is taken for."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.errors import FileRefused
from contact_pipeline.intake.encoding import to_utf8
from contact_pipeline_tests.unit.intake.lists_by_language import languages, pages_and_languages, text_of

HEADER = "Name,Email,City\n"
PLAIN = HEADER + "".join(f"Ann{i},a{i}@x.org,Rome\n" for i in range(5))

_LYING_MARKS = [b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE]


@pytest.mark.parametrize(("language", "page"), pages_and_languages())
def test_a_code_page_is_chosen_by_what_its_words_look_like(language: str, page: str) -> None:
    text = text_of(language)
    read = to_utf8(text.encode(page), "list.csv")
    assert read.data.decode() == text
    assert not read.damaged


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_unicode_is_told_without_a_mark_and_with_one_that_lies(language: str, encoding: str) -> None:
    text = text_of(language)
    for mark in _LYING_MARKS:
        read = to_utf8(mark + text.encode(encoding), "list.csv")
        assert (read.data.decode(), read.encoding) == (text, encoding)


@pytest.mark.parametrize("language", languages())
def test_a_mark_of_utf8_is_no_text(language: str) -> None:
    read = to_utf8(codecs.BOM_UTF8 + text_of(language).encode(), "list.csv")
    assert (read.data.decode(), read.encoding) == (text_of(language), "utf-8-sig")


def test_kanji_without_kana_are_told_from_chinese_by_their_page() -> None:
    text = "名前,年齢\n木村,25\n山田,30\n渡辺,28\n鈴木,32\n"
    assert to_utf8(text.encode("cp932"), "list.csv").data.decode() == text


def test_a_few_bad_bytes_late_in_a_utf8_file_damage_only_their_lines() -> None:
    data = (PLAIN * 2000 + "José,j@x.org,Málaga\n").encode() + b"S\xe9en,s@x.org,Rome\n"
    read = to_utf8(data, "list.csv")
    assert (read.encoding, read.damaged, read.data) == ("utf-8", True, data)


def test_overlong_and_surrogate_bytes_are_never_letters() -> None:
    for odd in (b"\xc0\xaf", b"\xed\xa0\xbd\xed\xb8\x80"):
        read = to_utf8((PLAIN * 3).encode() + b"Ini" + odd + b"tech,i@x.org,Rome\n", "list.csv")
        assert read.damaged


def test_what_no_encoding_explains_is_refused() -> None:
    with pytest.raises(FileRefused, match="encoding") as caught:
        to_utf8(PLAIN.encode("cp037"), "list.csv")
    assert caught.value.reason == "unreadable_encoding"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\x1a\ufeff"), min_size=1))
def test_valid_utf8_is_never_changed(text: str) -> None:
    data = (HEADER + text).encode()
    assert to_utf8(data, "list.csv").data == data

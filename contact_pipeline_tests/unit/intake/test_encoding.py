"""Which encoding a text is taken for."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.errors import FileRefused
from contact_pipeline.intake.encoding import to_utf8

HEADER = "Name,Email,City\n"
PLAIN = HEADER + "".join(f"Ann{i},a{i}@x.org,Rome\n" for i in range(5))

TEXTS = {
    "cp1252": "José Muñoz,Zoë Müller,O’Brien – “Sons” €\nFrançois Côté,Søren Ångström,Crème Brûlée\n",
    "cp1250": "Łukasz Żółć,Jiří Dvořák,Wiśniewski\nČeněk Němec,Šárka Křížová,Ondřej\n",
    "cp1251": "Иванов Сергей,Петрова Анна,Москва\nСидоров Пётр,Ольга Ильина,Киев\n",
    "mac_roman": "José Muñoz,Zoë Müller,Genève\nFrançois Côté,Søren Ångström,São Paulo\n",
    "cp1253": "Γιώργος Παπαδόπουλος,Ελένη Νικολάου,Αθήνα\n",
    "cp932": "山田太郎,やまだたろう,東京都\n鈴木花子,すずきはなこ,株式会社ソニー\n",
    "euc_jp": "山田太郎,やまだたろう,東京都\n鈴木花子,すずきはなこ,株式会社ソニー\n",
    "cp949": "김철수,이영희,서울특별시\n박지성,최민호,주식회사\n",
    "gb18030": "王小明,李娜,上海有限公司\n张伟,刘洋,中国北京\n",
    "big5": "王小明,陳大文,台北市\n許功蓋,林志玲,有限公司\n",
}


@pytest.mark.parametrize("page", TEXTS)
def test_a_code_page_is_chosen_by_what_its_words_look_like(page: str) -> None:
    text = HEADER + TEXTS[page]
    read = to_utf8(text.encode(page), "list.csv")
    assert read.data.decode() == text
    assert read.encoding == page
    assert not read.damaged


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
        (codecs.BOM_UTF16_BE, "utf-32-be"),
    ],
)
def test_unicode_is_told_with_and_without_a_mark_and_the_mark_is_no_text(mark: bytes, encoding: str) -> None:
    text = PLAIN + "Ωmega,日本,é\n"
    assert to_utf8(mark + text.encode(encoding), "list.csv").data.decode() == text


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

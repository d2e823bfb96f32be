"""Which code page a text that is not Unicode is in: the page under which its words look like words.

Belongs here: alphabets by language, and the frequent part of the East Asian sets. Does not belong: Unicode (`encoding`).
The standard detectors fail on cp1252 punctuation, Mac Roman and cp1250, which are what contact lists are in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

# Letters beyond ASCII, by language: a word is explained by a page if one language there has all of its letters.
_LATIN: dict[str, tuple[str, ...]] = {
    "cp1252": (
        "àâæçéèêëîïôœùûüÿ", "äöüß", "áéíñóúü", "àáâãçéêíóôõú", "àèéìíîòóùú", "åäöéæøüá", "áäéëïíóöúü",
    ),
    "cp1250": (
        "ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čćđšž", "ăâîșțşţ",
    ),
    "iso8859_2": (
        "ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "čćđšž",
    ),
    "cp1254": ("çğıiöşüâîû",),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž"),
    "mac_roman": (
        "àâæçéèêëîïôœùûüÿ", "äöüß", "áéíñóúü", "àáâãçéêíóôõú", "àèéìíîòóùú", "åäöéæøüá",
    ),
    "cp850": ("àâæçéèêëîïôùûüÿ", "äöüß", "áéíñóúü", "àáâãçéêíóôõú", "åäöéæøüá"),
}  # fmt: skip
_RARE_LATIN = "áéíóúýþæöð"  # Icelandic shares its bytes with Turkish, which is far more frequent
_OTHER_SCRIPTS: dict[str, str] = {
    "cp1251": "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґўђљњћџјѕ",
    "koi8_r": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "cp866": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "cp1253": "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ",
}
_PUNCTUATION = re.compile(r"[\u00a0‘’‚“”„‹›«»–—…€£¥§©®™°·•¿¡ªº²³¹¼½¾±×´¨\u00ad†‡‰]+")
_SPLIT_WORD = re.compile(r"[^\W\d_][¿¡ªº²³¹¼½¾±×´¨†‡‰“”„‹›«»©®™°•€£¥][^\W\d_]")  # no word has these inside
_LONE_LETTER = 0.5  # one odd character alone may be a letter or a sign of another page

# Page -> ranges of the first byte of its frequent characters (kana apart), in order of preference among equals.
_EAST_ASIAN: tuple[tuple[str, int, int, int], ...] = (
    ("cp932", 0x88, 0x97, 0x40),
    ("euc_jp", 0xB0, 0xCF, 0xA1),
    ("cp949", 0xB0, 0xC8, 0xA1),
    ("big5", 0xA4, 0xC6, 0x40),
    ("gb18030", 0xB0, 0xD7, 0xA1),
)
_SURE = 0.8
_LIKELY = 0.5
_SAMPLE_CHARACTERS = 4000
_WITHOUT_KANA = 0.9  # bare kanji under Shift-JIS look like nothing else, but text with kana is surer
_FEWEST_CHARACTERS = 4  # fewer than that in a file is damage, not a language


def best_code_page(words: Sequence[bytes], data: bytes) -> str | None:
    """The page that explains most of the words that hold a high byte, and that decodes all of the data; else None."""
    latin = _ranked({page: _latin_share(words, page) for page in _LATIN})
    others = _ranked({page: _script_share(words, page) for page in _OTHER_SCRIPTS})
    asian = _ranked({page: _asian_share(data, page) - 0.001 * rank for rank, (page, *_) in enumerate(_EAST_ASIAN)})
    sure = [(page, share) for ranking in (latin, others, asian) for page, share in ranking if share >= _SURE]
    likely = [(page, share) for page, share in latin + others if _LIKELY <= share < _SURE]
    return next((page for page, _ in _ranked(dict(sure)) + _ranked(dict(likely)) if _decodes(data, page)), None)


def _ranked(shares: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(shares.items(), key=lambda item: -item[1])


def _decodes(data: bytes, page: str) -> bool:
    try:
        data.decode(page)
    except UnicodeDecodeError:
        return False
    return True


def _latin_share(words: Sequence[bytes], page: str) -> float:
    alphabets = [set(letters) for letters in _LATIN[page]]
    rare = set(_RARE_LATIN) if page == "cp1252" else set()
    return sum(_latin_word(word, page, alphabets, rare) for word in words) / max(1, len(words))


def _latin_word(word: bytes, page: str, alphabets: list[set[str]], rare: set[str]) -> float:
    try:
        tokens = [token for token in _PUNCTUATION.split(word.decode(page)) if token]
    except UnicodeDecodeError:
        return 0.0
    if _SPLIT_WORD.search(word.decode(page)):
        return 0.0
    return min((_latin_token(token, alphabets, rare) for token in tokens), default=1.0)


def _latin_token(token: str, alphabets: list[set[str]], rare: set[str]) -> float:
    accented = {letter.lower() for letter in token if not letter.isascii()}
    if not token.isalpha() or _rises_inside(token):
        return 0.0
    if any(accented <= alphabet for alphabet in alphabets):
        return 1.0 if len(token) > 1 else _LONE_LETTER
    return 0.9 if accented <= rare else 0.0


def _rises_inside(token: str) -> bool:
    """A capital beyond ASCII after a small letter: 'AndrŽ' is a sign of the wrong page."""
    return any(a.islower() and b.isupper() and not b.isascii() for a, b in pairwise(token))


def _script_share(words: Sequence[bytes], page: str) -> float:
    alphabet = set(_OTHER_SCRIPTS[page])
    return sum(_script_word(word, page, alphabet) for word in words) / max(1, len(words))


def _script_word(word: bytes, page: str, alphabet: set[str]) -> float:
    try:
        tokens = [token for token in _PUNCTUATION.split(word.decode(page)) if token]
    except UnicodeDecodeError:
        return 0.0
    if not tokens or not all(set(t.lower()) <= alphabet and not _rises_inside(t) for t in tokens):
        return 0.0
    return 1.0 if max(map(len, tokens)) > 1 else _LONE_LETTER


def _asian_share(data: bytes, page: str) -> float:
    """Share of the East Asian characters that are frequent ones; 0 where the bytes do not decode."""
    try:
        characters = [c for c in data.decode(page) if not c.isascii()][:_SAMPLE_CHARACTERS]
    except UnicodeDecodeError:
        return 0.0
    characters = [c for c in characters if not ("\u3000" <= c <= "\u303f" or "\uff00" <= c <= "\uff65")]
    if len(set(characters)) < _FEWEST_CHARACTERS:
        return 0.0
    kana = sum("\u3041" <= c <= "\u30fe" for c in characters)
    japanese, has_kana = page in ("cp932", "euc_jp"), kana * 20 >= len(characters)
    if japanese != has_kana and page != "cp932":
        return 0.0
    frequent = sum(_is_frequent(c, page) for c in characters)
    share = (kana + frequent) / len(characters)
    return share if has_kana or not japanese else _WITHOUT_KANA * share


def _is_frequent(character: str, page: str) -> bool:
    low, high, trail = next((low, high, trail) for name, low, high, trail in _EAST_ASIAN if name == page)
    encoded = character.encode(page)
    return len(encoded) == 2 and low <= encoded[0] <= high and encoded[1] >= trail

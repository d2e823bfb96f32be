"""Names of people: letter case, parts of a full name, what is said before a name.

Belongs here: how a name is written. Does not belong: whether two names are the same person (`matching`). Mixed case is a
person's own choice and stays; "Null" and "NA" are names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import polars as pl

from contact_pipeline.cleaning.cells import Reading, read_cells
from contact_pipeline.cleaning.text import is_nothing, tidy
from contact_pipeline.cleaning.vocabulary import fold, meanings, toml

NO_LETTER = "holds no letter"
IS_ADDRESS = "is an e-mail address, not a name"
HAD_SYMBOLS = "had characters that are no part of a name; they are left out"

_PLAIN_WORD = r"\p{Lu}[\p{L}'’-]*\p{Ll}[\p{L}'’-]*"
_INITIALS_UP_TO = 2
_ROMAN = re.compile(r"^(?:ii|iii|iv|vi|vii|viii)$")
_SPLIT_INSIDE = re.compile(r"([-'’ʼ.])")
# Symbols and emoji with what colours them, anywhere; marks and quotes that people put round a name, at its ends.
_SYMBOLS_AROUND = '*#~_|"“”„«»•'
_EMOJI_PARTS = frozenset("\ufe0e\ufe0f\u20e3\u200d")
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_ADDRESS = re.compile(r"\S+@\S+\.\w+")
_RANKS = ("Prof", "Dr")


def read_names(raw: pl.Series, *, family: bool = False) -> pl.DataFrame:
    """Names, or parts of names, in proper case: value, reason. See `read_cells`.

    `family` names may start with a particle: van der Berg.
    """
    sure = pl.col("raw").str.contains(rf"^{_PLAIN_WORD}$")
    return read_cells(raw, lambda text: _read_name(text, family=family), regular=pl.when(sure).then(pl.col("raw")))


def read_full_names(raw: pl.Series) -> pl.DataFrame:
    """Full names, given name first: value, reason, first, last. The parts are null where the name is one word."""
    sure = pl.col("raw").str.contains(rf"^{_PLAIN_WORD} {_PLAIN_WORD}$")
    names = read_cells(raw, _read_full_name, regular=pl.when(sure).then(pl.col("raw")))
    simple = names.select(
        pl.when(pl.col("value").str.contains(r"^\S+ \S+$")).then(pl.col("value").str.extract_groups(r"^(\S+) (\S+)$"))
    ).to_series()
    rest = names["value"].filter(simple.struct.field("1").is_null() & names["value"].is_not_null()).unique()
    parts = [split_full_name(name) for name in rest]
    table = pl.DataFrame(
        {"value": rest, "odd_first": [first for first, _ in parts], "odd_last": [last for _, last in parts]},
        schema={"value": pl.String, "odd_first": pl.String, "odd_last": pl.String},
    )
    both = names.with_columns(simple.struct.field("1").alias("first"), simple.struct.field("2").alias("last"))
    joined = both.join(table, on="value", how="left", maintain_order="left")
    return joined.select(
        "value",
        "reason",
        pl.coalesce("first", "odd_first").alias("first"),
        pl.coalesce("last", "odd_last").alias("last"),
    )


def take_salutation(raw: pl.Series) -> pl.DataFrame:
    """Split what is said before a name ("Dr. Ann Lee", "Lee, Dr. Ann") from it: said, rest (String); null where there is none."""
    said = pl.col("raw").str.extract_groups(_SAID_BEFORE).struct.field("1")
    turned = pl.col("raw").str.extract_groups(_SAID_BEHIND_COMMA).struct.rename_fields(["head", "said", "tail"])
    found = pl.DataFrame({"raw": raw}).with_columns(said=said, turned=turned)
    without = pl.col("raw").str.strip_prefix(pl.col("said")).str.strip_chars().replace("", None)
    turned_without = pl.col("turned").struct.field("head") + pl.col("turned").struct.field("tail")
    return found.select(
        pl.coalesce("said", pl.col("turned").struct.field("said")).alias("said"),
        pl.when(pl.col("said").is_not_null()).then(without).otherwise(pl.coalesce(turned_without, "raw")).alias("rest"),
    )


def read_salutations(raw: pl.Series) -> pl.DataFrame:
    """Mr, Ms, Mrs, Dr, Prof and the like from several languages: value, reason."""
    return read_cells(raw, _read_salutation)


def split_full_name(name: str) -> tuple[str | None, str | None]:
    """Given and family name. Particles and Jr, Sr, III go with the family name; one word alone is neither."""
    words = name.split(" ")
    if len(words) < 2:
        return None, None
    end = len(words) - 1
    while end > 1 and fold(words[end]) in _suffixes():
        end -= 1
    start = end
    while start > 1 and fold(words[start - 1]) in _particles():
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])


def proper_case(text: str, *, family: bool = False) -> str:
    """Text that is all capitals or all small in proper case; any other, and up to two capitals (JP), unchanged."""
    if sum(c.isalpha() for c in text) <= _INITIALS_UP_TO and text.isupper():
        return text
    if not (text.isupper() or text.islower()):
        return text
    words = text.lower().split(" ")
    last = len(words) - 1
    keeps_small = [
        fold(word) in _particles() and place < last and (family or place > 0) for place, word in enumerate(words)
    ]
    cased = (word if small else _capital(word) for word, small in zip(words, keeps_small, strict=True))
    return unicodedata.normalize("NFC", " ".join(cased))


def _capital(word: str) -> str:
    """A small word with its capitals: O'Brien, McDonald, Anne-Marie, III."""
    if _ROMAN.match(word):
        return word.upper()
    pieces = _SPLIT_INSIDE.split(word)
    for place in range(0, len(pieces), 2):
        after_long_elision = place > 1 and pieces[place - 1] in "'’ʼ" and len(pieces[place - 2]) > 1
        if not after_long_elision:
            pieces[place] = _capital_piece(pieces[place])
    return "".join(pieces)


def _capital_piece(piece: str) -> str:
    if piece.startswith("mc") and len(piece) > 3:
        return "Mc" + piece[2:].capitalize()
    return piece[:1].title() + piece[1:]


def _read_name(text: str, *, family: bool) -> Reading:
    return _read(text, lambda name: proper_case(name, family=family))


def _read_full_name(text: str) -> Reading:
    return _read(text, lambda name: _parts_cased(proper_case(_given_name_first(name))))


def _read(text: str, written: Callable[[str], str]) -> Reading:
    """A name as `written` gives it, without what is no part of a name."""
    shown = tidy(text).strip(",; ")
    if is_nothing(shown):
        return Reading()
    if _ADDRESS.fullmatch(shown):
        return Reading(None, IS_ADDRESS)
    name = _without_symbols(shown)
    if not any(c.isalpha() or (c.isalnum() and not c.isascii()) for c in name):
        return Reading(None, NO_LETTER)
    said = " ".join(unicodedata.normalize("NFC", text).split()).strip(",; ")
    return Reading(written(name), None if len(name) == len(said) else HAD_SYMBOLS)


def _without_symbols(name: str) -> str:
    kept = (" " if unicodedata.category(c) == "So" or c in _SKIN_TONES else c for c in name)
    has_symbols = any(unicodedata.category(c) == "So" for c in name)
    letters = "".join(c for c in kept if not (has_symbols and c in _EMOJI_PARTS))
    return " ".join(letters.split()).strip(_SYMBOLS_AROUND + ",; ")


def _given_name_first(name: str) -> str:
    """Turn "Last, First" round; "First Last, Jr" only loses its comma."""
    head, comma, tail = (part.strip() for part in name.partition(","))
    if not comma or "," in tail or not head or not tail:
        return name
    return f"{head} {tail}" if fold(tail) in _suffixes() else f"{tail} {head}"


def _parts_cased(name: str) -> str:
    """Each part in proper case, as it is in a column of its own: Anne MARTIN is Anne Martin."""
    first, last = split_full_name(name)
    if first is None or last is None:
        return name
    return proper_case(f"{proper_case(first)} {proper_case(last, family=True)}")


def _read_salutation(text: str) -> Reading:
    said = tidy(text)
    if is_nothing(said):
        return Reading()
    known = meanings("salutations")
    whole = known.get(fold(said))
    found = [known[word] for word in fold(said).split(" ") if word in known]
    ranked = [title for title in _RANKS if title in found]
    return Reading(whole or next(iter([*ranked, *found]), said))


def _particles() -> frozenset[str]:
    return frozenset(toml("names")["particles"])


def _suffixes() -> frozenset[str]:
    return frozenset(toml("names")["suffixes"])


def _said_words() -> str:
    said = sorted(toml("names")["said_before"], key=len, reverse=True)
    return "(?i:" + "|".join(re.escape(word) for word in said) + ")"


_SAID_BEFORE = rf"^\s*((?:{_said_words()}(?:\.\s*|\s+|$))+)"
_SAID_BEHIND_COMMA = rf"^([^,]+,\s*)((?:{_said_words()}(?:\.\s*|\s+))+)(\p{{L}}[^,]*)$"

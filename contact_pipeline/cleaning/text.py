"""Plain text: blanks, invisible characters, what spreadsheets and programs write for "nothing", letter case of names.

Belongs here: what holds for any text cell. Does not belong: anything that needs to know which field it is.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import polars as pl

from contact_pipeline.cleaning.cells import Reading, read_cells
from contact_pipeline.cleaning.vocabulary import fold, toml

# Marks of direction, zero-width blanks, soft hyphens and control characters. Joiners (U+200C, U+200D) are letters' own
# business in Persian, Indic scripts and emoji.
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\ufeff\ufff9-\ufffb]"
)
_BLANKS = re.compile(r"\s+")
_BLANKS_IN_LINE = re.compile(r"[^\S\n]+")
_FORMULA_TEXT = re.compile(r'^="(.*)"$', re.DOTALL)
_GUARDED = re.compile(r"^'(?=[=+\-@\t\r])")
_MANY_MARKS = re.compile(
    r"([\u0300-\u036f\u0489\u1ab0-\u1aff\u20d0-\u20ff]{4})[\u0300-\u036f\u0489\u1ab0-\u1aff\u20d0-\u20ff]+"
)

# One line of visible words, nothing to mend: no combining marks, quotes or equal signs at the start.
_TIDY = r"^[^\s\p{C}\p{M}'=][^\s\p{C}\p{M}]*( [^\s\p{C}\p{M}]+)*$"
_PLAIN_ID = r"^[A-Za-z0-9_:-]*[0-9][A-Za-z0-9_:-]*$"
_LONGEST_BLANK_WORD = 20
_DIGIT_BUT_NO_ERROR = r"^[^#].*[0-9]|^[0-9]"

EXCEL_ERRORS = frozenset(
    [
        "#n/a",
        "#na",
        "#ref!",
        "#value!",
        "#name?",
        "#div/0!",
        "#null!",
        "#num!",
        "#spill!",
        "#calc!",
        "#bezug!",
        "#wert!",
        "#nv",
        "#valeur!",
        "#nom?",
        "#error!",
    ]
)
_DASHES = re.compile(r"^[-\u2010-\u2015_.?*/]+$")


def visible(text: str) -> str:
    """The text in composed form without invisible characters, the wrapping of ="0123" and the guard of '+44 taken off."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text)).strip()
    text = _FORMULA_TEXT.sub(r"\1", text)
    return _MANY_MARKS.sub(r"\1", _GUARDED.sub("", text))


def tidy(text: str) -> str:
    """Visible text on one line, single blanks."""
    return _BLANKS.sub(" ", visible(text)).strip()


def tidy_lines(text: str) -> str:
    """Visible text that keeps its lines, single blanks."""
    lines = (_BLANKS_IN_LINE.sub(" ", line).strip() for line in visible(text).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def is_nothing(text: str) -> bool:
    """True for a dash, a spreadsheet's error text or "n/a": nothing in any field, a person's name included."""
    folded = text.casefold()
    return not text or folded in EXCEL_ERRORS or folded in {"n/a", "n.a.", "n.a"} or bool(_DASHES.match(text))


def is_blank_word(text: str) -> bool:
    """True also for words that mean nothing anywhere but in a name: null, none, unknown, keine Angabe."""
    return is_nothing(text) or (len(text) <= _LONGEST_BLANK_WORD and fold(text) in _blank_words())


@cache
def _blank_words() -> frozenset[str]:
    return frozenset(toml("blanks")["words"])


def read_text(raw: pl.Series) -> pl.DataFrame:
    """One-line text: value, reason. See `read_cells`."""
    return read_cells(raw, _read_line, regular=regular_text())


def read_notes(raw: pl.Series) -> pl.DataFrame:
    """Text of several lines: value, reason."""
    return read_cells(raw, lambda text: Reading(tidy_lines(text) or None), regular=regular_text())


def read_identifier(raw: pl.Series) -> pl.DataFrame:
    """An id of another tool, letter for letter: value, reason."""
    plain = pl.when(pl.col("raw").str.contains(_PLAIN_ID)).then(pl.col("raw"))
    return read_cells(raw, _read_identifier, regular=plain)


def regular_text() -> pl.Expr:
    """The column "raw" where it is tidy and surely no word that stands for a blank, else null."""
    raw = pl.col("raw")
    says_something = (raw.str.len_bytes() > _LONGEST_BLANK_WORD) | raw.str.contains(_DIGIT_BUT_NO_ERROR)
    return pl.when(says_something & raw.str.contains(_TIDY)).then(raw)


def _read_line(text: str) -> Reading:
    value = tidy(text)
    return Reading(None if is_blank_word(value) else value)


def _read_identifier(text: str) -> Reading:
    value = tidy(text)
    if re.fullmatch(r"\d[.,]\d+[eE]\+\d+", value):
        return Reading(None, "lost digits in a spreadsheet (scientific notation)")
    return Reading(None if is_nothing(value) else value)

"""UTF-16 and UTF-32, with a byte order mark, without one, or behind a mark that lies.

Belongs here: telling which of them a text is in, from its first bytes. Does not belong: encodings of one byte a letter
(`encoding`, `code_pages`).
"""

from __future__ import annotations

import codecs
import string
from dataclasses import dataclass

_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CANDIDATES = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_ASCII = frozenset(string.digits + string.ascii_letters + string.punctuation + " \t\r\n")
_SAMPLE_BYTES = 4096
_FEWEST_NULS = 0.1  # each letter, digit and line end of ASCII holds one or more; no other text holds many
_MOST_NUL_CHARACTERS = 0.01
_FEWEST_ASCII = 0.2  # delimiters, line ends and addresses, even where all words are of another script


@dataclass(frozen=True, slots=True)
class WideText:
    """A codec of Python, and how many bytes of marks stand before the text."""

    encoding: str
    offset: int


def wide_encoding(data: bytes) -> WideText | None:
    """UTF-16 or UTF-32 where the bytes read as text in it, else where a mark of two bytes says so, else None.

    The bytes are asked before the mark, because a mark of UTF-8 or UTF-16 may stand before any of them.
    """
    sample = data[:_SAMPLE_BYTES]
    marks = [(mark, encoding) for mark, encoding in _MARKS if sample.startswith(mark)]
    if sample.count(0) >= _FEWEST_NULS * len(sample) > 0:
        found = [
            (_likeness(sample[offset:], encoding), WideText(encoding, offset))
            for offset in sorted({len(mark) for mark, _ in marks} | {0}, reverse=True)
            for encoding in _CANDIDATES
        ]
        likeness, best = max(found, key=lambda pair: pair[0])
        if likeness > 0:
            return best
    return next((WideText(encoding, 2) for mark, encoding in marks if len(mark) == 2), None)


def _likeness(sample: bytes, encoding: str) -> float:
    """The share of printable ASCII among the characters; 0 where they are no text at all."""
    try:
        text = codecs.getincrementaldecoder(encoding)("strict").decode(sample)  # the last character may be cut
    except UnicodeDecodeError:
        return 0.0
    if not text or text.count("\0") > _MOST_NUL_CHARACTERS * len(text):
        return 0.0
    ascii_share = sum(character in _ASCII for character in text) / len(text)
    return ascii_share if ascii_share >= _FEWEST_ASCII else 0.0

"""Bytes -> UTF-8: which encoding a text file is in, decided over the whole file.

Belongs here: strict UTF-8 and a choice among code pages by how plausible the words are. Does not belong: the alphabets
behind that choice (`code_pages`), UTF-16 and UTF-32 (`wide_encodings`) and what the text means.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from contact_pipeline.intake.code_pages import best_code_page
from contact_pipeline.intake.refusals import refusal
from contact_pipeline.intake.wide_encodings import WideText, wide_encoding

_CHUNK = 1 << 22
_WORDS_LOOKED_AT = 3000
_LONE_BAD_LINE_IN = 200  # one odd byte in that many lines is damage, not a code page
_HIGH_WORD = re.compile(rb"[A-Za-z]*[\x80-\xff][A-Za-z\x80-\xff]*")
_UTF8_CHARACTER = re.compile(rb"[\xc3-\xf4][\x80-\xbf]{1,3}")


@dataclass(frozen=True, slots=True)
class Utf8Text:
    """A text as UTF-8 without a byte order mark.

    `encoding` is what the file was in. `damaged` says that some lines hold bytes that are not UTF-8 and cannot be told;
    the rest of the file can.
    """

    data: bytes
    encoding: str
    damaged: bool = False


def to_utf8(data: bytes, name: str) -> Utf8Text:
    """The text of a file as UTF-8. Raises FileRefused (unreadable_encoding) where no encoding explains the bytes."""
    if wide := wide_encoding(data):
        return _transcode(data, wide, name)
    if data.startswith(codecs.BOM_UTF8):
        body = data[3:]
        return _utf8(body, name, "utf-8-sig") if is_utf8(body) else _guess(body, name)
    return _utf8(data, name, "utf-8") if is_utf8(data) else _guess(data, name)


def is_utf8(data: bytes) -> bool:
    """Whether all of the bytes are valid UTF-8; decoded piece by piece to keep memory low."""
    if data.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    view = memoryview(data)
    try:
        for start in range(0, len(view), _CHUNK):
            decoder.decode(view[start : start + _CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _utf8(data: bytes, name: str, encoding: str) -> Utf8Text:
    return Utf8Text(_without_dos_end(data, name), encoding)


def _without_dos_end(data: bytes, name: str) -> bytes:
    """CP/M and DOS ended a text with 0x1A; it is not data."""
    text = data.rstrip(b"\x1a") if data.endswith(b"\x1a") else data
    if not text or text.isspace():  # stripping would copy it
        raise refusal(name, "empty", "is empty: there is nothing but blank space in it. Export it again.")
    return text


def _transcode(data: bytes, wide: WideText, name: str) -> Utf8Text:
    try:
        text = data[wide.offset :].decode(wide.encoding).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        what = f"its encoding looks like {wide.encoding}, but byte {wide.offset + error.start:,} does not fit."
        raise refusal(name, "unreadable_encoding", f"{what} Export it again as UTF-8.") from error
    return Utf8Text(_without_dos_end(text.encode("utf-8", "surrogatepass"), name), wide.encoding)


def _guess(data: bytes, name: str) -> Utf8Text:
    """A code page, or UTF-8 with damaged lines."""
    bad_lines, utf8_lines, lines = _count_lines(data)
    mostly_utf8 = utf8_lines >= bad_lines or (bad_lines == 1 and lines >= _LONE_BAD_LINE_IN)
    if not mostly_utf8:
        words = [match[0] for match, _ in zip(_HIGH_WORD.finditer(data), range(_WORDS_LOOKED_AT), strict=False)]
        if page := best_code_page(words, data):
            text = data.decode(page)
            return Utf8Text(_without_dos_end(text.encode("utf-8"), name), page)
    if mostly_utf8 or bad_lines * 2 <= lines:
        return Utf8Text(_without_dos_end(data, name), "utf-8", damaged=True)
    raise refusal(name, "unreadable_encoding", "its encoding cannot be told. Export it again as UTF-8.")


def _count_lines(data: bytes) -> tuple[int, int, int]:
    """Lines that are not UTF-8, lines that are and show it, all lines."""
    bad = good = 0
    lines = data.split(b"\n")
    for line in lines:
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            bad += 1
        else:
            good += bool(_UTF8_CHARACTER.search(line))
    return bad, good, len(lines)

"""How a column header is compared: one plain form for all the ways tools write the same words.

Belongs here: case, accents, separators, camelCase, glued digits. Does not belong: what the words mean (`grammar`,
`spellings`).
"""

from __future__ import annotations

import re
import unicodedata

# Characters that carry no accent to strip, but are written without their stroke as often as with it.
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ı": "i", "’": "'", "ʼ": "'"})
_LATIN_ACCENTS = re.compile("[\u0300-\u036f]")
_CAMEL = re.compile(r"(?<=[a-zà-ÿ0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])")
_SEPARATORS = re.compile(r"[^\w]+|_+")
_DIGIT_EDGE = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_UNIT = re.compile(r"\b(?:in )?000 ?s?\b(?: [a-z]{3}\b)?")
_TWO_WORDS = (
    (re.compile(r"\be (?=mails?|post|posta)"), "e"),
    (re.compile(r"\bopted out\b|\bopt outs?\b|\boptedout\b"), "optout"),
    (re.compile(r"\bopted in\b|\bopt in\b"), "optin"),
    (re.compile(r"\blinked in\b"), "linkedin"),
    (re.compile(r"\bweb ?(?:site|page|seite|sayfasi|ページ)s?\b"), "website"),
    (re.compile(r"\blife cycle\b"), "lifecycle"),
    (re.compile(r"\bhub spot\b"), "hubspot"),
    (re.compile(r"\bzoom info\b"), "zoominfo"),
    (re.compile(r"\bzip code\b"), "zipcode"),
    (re.compile(r"\bdo ?not\b"), "donot"),
)


def normalise_header(header: str) -> str:
    """Lower-case words without accents, separated by one space: "E-Mail_Adresse" and "eMailAdresse" are the same.

    The result is stable: normalising it again changes nothing. A header of signs only gives "".
    """
    text = _CAMEL.sub(" ", unicodedata.normalize("NFKC", header))
    text = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    text = unicodedata.normalize("NFC", _LATIN_ACCENTS.sub("", text)).casefold()
    text = _DIGIT_EDGE.sub(" ", _SEPARATORS.sub(" ", text)).strip()
    text = _UNIT.sub(" ", text)
    for pattern, word in _TWO_WORDS:
        text = pattern.sub(word, text)
    return " ".join(text.split())

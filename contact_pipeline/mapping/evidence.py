"""What the values of a column speak for and against.

Belongs here: a small sample of distinct values, shares of shapes in it, and the vetoes they found. Does not belong: the
full profile of a column (`intake.profiling`) and cleaning.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from contact_pipeline.cleaning.text import is_blank_word
from contact_pipeline.fields import FIELD_BY_NAME, Kind
from contact_pipeline.mapping.claims import RECORD_DATE

_READ = 20_000  # non-blank cells looked at, spread over the column
_DISTINCT = 1_000
_FEW = 3  # fewer distinct values than this are no evidence against a header, unless very many cells hold them
_MANY_CELLS = 200
_HARDLY_ANY = 5  # distinct values at most of a column that hardly varies
_MANY_OUTCOMES = 30
_MANY = 20  # a status, a kind or a flag has fewer values
_NEARLY_ALL = 0.95

_EMAIL = r"^[^@\s]*<?[^@\s,;]+@[^@\s,;]+\.[^@\s]{2,}$|<[^@\s]+@[^@\s]+>"
_URL = r"(?i)^(https?://)?([a-z0-9-]+\.)+[a-z]{2,}([/?#:].*)?$"
_DATE_WORDS = r"(?i)\b(jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zä]*\b"
_SALUTATION = (
    r"(?i)^(mr|mrs|ms|miss|mx|dr|prof|professor|herr|frau|fr|hr|sir|madam|madame|monsieur|m|mme|mlle|sr|sra|srta|sig|"
    r"sig\.ra|dott|dhr|mevr|mw|pan|pani|dipl\.-ing|rev|ing)\.?(\s(dr|prof|ing)\.?)*$"
)
_SUBSCRIPTION = r"(?i)^(un)?subscribed$|^(opted[ -]?(in|out)|unsubscribe|active|inactive|cleaned|bounced|complained|unreachable|invalid|blocked|blocklisted|disabled|enabled|pending|unconfirmed|confirmed)$"
_LEGAL_FORM = r"(?i)\b(inc|llc|ltd|limited|corp|gmbh|ag|kg|s\.?a\.?s?|s\.?r\.?l|b\.?v|oy|ab|plc|co|company|group)\.?$"

_SHAPES: dict[str, str] = {
    "email": _EMAIL,
    "at_sign": "@",
    "one_word": r"^\S+$",
    "url": _URL,
    "linkedin": r"(?i)linkedin\.com/",
    "digit": r"\d",
    "five_digits": r"(\d\D*){5}",
    "number": r"^[-+]?[\d\s.,'%$€£]+$",
    "small_number": r"^[-+]?\d{1,3}([.,]\d+)?$",
    "zero_or_one": r"^[01]([.,]0+)?$",
    "month": _DATE_WORDS,
    "amount": r"^[-+]?[$€£¥]?\s?(0|[1-9]\d{0,17}|[1-9]\d{0,2}([,. ']\d{3})+)([.,]\d+)?\s?[%€$£]?$",
    "date": (
        r"(?i)^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{2}|\d{4})|\d{1,2}[ .-]+\p{L}{3,9}\.?,?[ -]+\d{2,4}"
        r"|\p{L}{3,9}\.? \d{1,2},? \d{4})([T ,].*)?$"
    ),
    "boolean": r"(?i)^(true|false|yes|no|y|n|ja|nein|oui|non|s[ií]|sim|não|tak|nie|nee)$",
    "dot": r"\.",
    "salutation": _SALUTATION,
    "subscription": _SUBSCRIPTION,
    "unsubscribed": r"(?i)unsubscribe|opted[ -]?out",
    "legal_form": _LEGAL_FORM,
    "two_names": r"^\p{Lu}[\p{L}'.-]+,? (.+ )?\p{Lu}[\p{L}'.-]+$",
    "named": r"[\p{Lu}\p{Lo}\d.&]",
}

# The shape of a value that may well stand in many rows under these fields.
_OF_A_NAME = {"full_name": "two_names", "company": "named", "street_address": "digit"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Distinct values of a column (a sample) and the share, 0 to 1, that has each shape.

    `cells` is how many cells were found to hold them, cells that only say "n/a" or the like left out.
    """

    values: pl.Series
    shares: dict[str, float]
    cells: int = 0

    @property
    def distinct(self) -> int:
        """How many distinct values the sample holds."""
        return self.values.len()

    def share(self, shape: str) -> float:
        """Share of the distinct values with a shape; 0 where there is no value."""
        return self.shares.get(shape, 0.0)

    @property
    def is_enough(self) -> bool:
        """Whether there are enough values, or few in enough cells, to speak against a header."""
        return self.distinct >= _FEW or self.cells >= _MANY_CELLS

    @property
    def hardly_varies(self) -> bool:
        """Whether a few values stand in very many cells, as the answers to a question do. One value alone is no choice."""
        return 1 < self.distinct <= _HARDLY_ANY and self.cells >= _MANY_CELLS * self.distinct

    def has_none(self, shape: str) -> bool:
        """Enough values, and not one of this shape."""
        return self.is_enough and self.share(shape) == 0


def value_type(evidence: Evidence) -> str:
    """number, date or boolean where all but a few values are that, else text. An id with leading zeros is text."""
    kinds = (("boolean", "boolean"), ("date", "date"), ("amount", "number"))
    return next((kind for shape, kind in kinds if evidence.share(shape) >= _NEARLY_ALL), "text")


def look_at(cells: pl.Series) -> Evidence:
    """Sample a column of raw text."""
    filled = cells.str.strip_chars().replace("", None).drop_nulls() if cells.len() <= _READ else _spread(cells)
    values = filled.unique(maintain_order=True).head(_DISTINCT)
    if values.is_empty():
        return Evidence(values, {})
    frame = values.alias("value").to_frame()
    shares = frame.select(pl.col("value").str.contains(pattern).mean().alias(name) for name, pattern in _SHAPES.items())
    return Evidence(values, shares.row(0, named=True), _cells_that_speak(filled, values))


def _cells_that_speak(filled: pl.Series, values: pl.Series) -> int:
    """Cells that hold more than a word for nothing; looked at only where few values make it matter."""
    if values.len() > _HARDLY_ANY:
        return filled.len()
    speaking = [value for value in values if not is_blank_word(value)]
    return int(filled.is_in(speaking).sum())


def _spread(cells: pl.Series) -> pl.Series:
    """Cells from all over a long column, blanks left out."""
    filled = cells.drop_nulls()
    picked = filled.gather_every(max(1, filled.len() // _READ)).str.strip_chars()
    return picked.filter(picked != "")


def objection(field: str, evidence: Evidence) -> str | None:
    """Why the values cannot be those of a field, in words; None where they can."""
    if evidence.values.is_empty():
        return None
    kind = Kind.DATETIME if field == RECORD_DATE else FIELD_BY_NAME[field].kind
    if kind is Kind.EMAIL:
        return _objection_to_email(evidence)
    if kind is Kind.DATETIME:
        return _objection_to_date(evidence)
    if kind is Kind.PHONE:
        return (
            "no value has the digits of a phone number"
            if evidence.has_none("five_digits")
            else _unlike_contact(evidence)
        )
    if kind in {Kind.COUNT, Kind.MONEY, Kind.RATE, Kind.HEADCOUNT}:
        return "no value has a digit" if evidence.has_none("digit") else _unlike_contact(evidence)
    if kind is Kind.BOOLEAN:
        return _objection_to_truth(field, evidence)
    if kind is Kind.LINKEDIN_URL:
        said = _unlike(evidence, "boolean", "are yes or no") or _unlike(evidence, "number", "are numbers")
        return said or _unlike(evidence, "email", "are e-mail addresses")
    if kind is Kind.URL:
        return (
            "no value looks like a web address"
            if evidence.has_none("dot")
            else _unlike(evidence, "email", "are e-mail addresses")
        )
    return _objection_to_text(kind, evidence) or _objection_to_sameness(field, evidence)


def _objection_to_date(evidence: Evidence) -> str | None:
    if evidence.share("digit") == 0:
        return "its values hold no dates"
    small = _unlike(evidence, "small_number", "are numbers too small for dates")
    return small or _unlike(evidence, "email", "are e-mail addresses")


def _objection_to_truth(field: str, evidence: Evidence) -> str | None:
    """Counts and rates tell no outcome ("Conversion": .04), nor do very many different words."""
    if evidence.distinct > _MANY_OUTCOMES and evidence.share("digit") < 0.5:
        return "it has too many different values for a yes or no"
    told = field != "converted" or evidence.share("zero_or_one") >= 0.5
    return None if told else _unlike(evidence, "amount", "are numbers other than 0 and 1")


def _objection_to_sameness(field: str, evidence: Evidence) -> str | None:
    """A few words that stand in very many rows are answers ("contact": telephone or cellular), not names or streets."""
    shape = _OF_A_NAME.get(field)
    if shape is None or not evidence.hardly_varies or evidence.share(shape) >= 0.5:
        return None
    return f"{evidence.distinct} values make up {evidence.cells:,} cells, which names never do"


def _objection_to_email(evidence: Evidence) -> str | None:
    """Values without an @ are no addresses, but for many single words: those are damaged ones, whose rows shall fail."""
    if evidence.share("at_sign") > 0 or (evidence.distinct < _FEW + 2 and not evidence.hardly_varies):
        return None
    damaged = evidence.distinct >= _MANY and evidence.share("one_word") == 1 and evidence.share("number") == 0
    return None if damaged else "no value has an @"


def _objection_to_text(kind: Kind, evidence: Evidence) -> str | None:
    if kind in {
        Kind.PERSON_NAME,
        Kind.SALUTATION,
        Kind.COMPANY,
        Kind.JOB_TITLE,
        Kind.SENIORITY,
        Kind.COUNTRY,
        Kind.PLACE,
        Kind.DEPARTMENT,
        Kind.INDUSTRY,
    }:
        numbers = _unlike(evidence, "number", "are numbers")
        return numbers or _unlike_contact(evidence)
    return None


def _unlike_contact(evidence: Evidence) -> str | None:
    return _unlike(evidence, "email", "are e-mail addresses") or _unlike(evidence, "linkedin", "are LinkedIn addresses")


def _unlike(evidence: Evidence, shape: str, words: str) -> str | None:
    """An objection when nearly all of enough values have a shape that the field's values never have."""
    return f"its values {words}" if evidence.is_enough and evidence.share(shape) >= 0.9 else None

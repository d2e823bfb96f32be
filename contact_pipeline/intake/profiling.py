"""What a column holds, before anybody knows what it means: its type by share, how full, how varied, what is odd.

Belongs here: facts about raw text. Does not belong: which field a column is (`mapping`) and repairing values (`cleaning`).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from contact_pipeline.intake.tables import TextTable
from contact_pipeline.slices import in_order

_SAMPLES = 5
_VALUES_LOOKED_AT = 20_000
_MOSTLY = 0.8  # a column is of a type when that share of its values is

# Most specific first: a value counts for each pattern it fits, the first type that most values fit wins.
_PATTERNS: dict[str, str] = {
    "email": r"^(?:mailto:)?[^\s@,;]+@[^\s@,;]+\.[^\s@,;.]{2,}$",
    "url": r"(?i)^(?:https?://\S+|www\.\S+\.\S+)$",
    "boolean": r"(?i)^(?:true|false|yes|no|y|n)$",
    "date": (
        r"(?i)^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ]\d.*)?"
        r"|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{2}|\d{4})(?:,? \d.*)?"
        r"|\d{1,2}[ .-]+\p{L}{3,9}\.?,?[ -]+\d{2,4}(?: .*)?"
        r"|\p{L}{3,9}\.? \d{1,2},? \d{4}(?:,? .*)?)$"
    ),
    "integer": r"^[-+]?\d{1,18}$",
    "number": r"^[-+]?[$€£¥]?\s?(?:\d{1,3}(?:[,. ]\d{3})+|\d+)(?:[.,]\d+)?(?:[eE][-+]?\d+)?\s?[%€$£]?$",
    "phone": r"^'?\+?[\d\s().\-/]{7,25}(?:\s*(?:x|ext\.?|#)\s*\d{1,6})?$",
}
_ZERO_FIRST = r"^0\d"
_FRACTION = r"^[-+]?0?\.\d+$"  # a rate such as 0.0138, though a phone number may be written so too
_SCIENTIFIC = r"^[-+]?\d(?:[.,]\d+)?[eE]\+?\d+$"
_PHONE_SHAPE = r"^'?(?:\+|00|\(?0)[\d\s().\-/]{6,}$|^\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}$"


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column of a table, over its data rows.

    `type` is email, phone, date, integer, number, boolean, url, text or empty. `filled` and `distinct` are counts.
    `samples` are up to five distinct values in order of appearance; they may be personal data and are never logged.
    `issues` are short sentences without values.
    """

    header: str
    type: str
    filled: int
    distinct: int
    samples: tuple[str, ...]
    issues: tuple[str, ...]


def profile_columns(table: TextTable) -> list[ColumnProfile]:
    """A profile of each column, in the order of the headers.

    Counts are over all data rows; type and issues over evenly spread values where there are very many.
    """
    columns = zip(table.headers, table.cell_columns, strict=True)
    return list(in_order(lambda column: _profile(column[0], table.cells(column[1])), columns))


def looks_like_dates(values: pl.Series) -> bool:
    """Whether most of the filled cells are dates or times."""
    texts = _filled(values.drop_nulls().head(_VALUES_LOOKED_AT))
    return len(texts) > 0 and _count(texts, _PATTERNS["date"]) >= _MOSTLY * len(texts)


def _filled(values: pl.Series) -> pl.Series:
    texts = values.str.strip_chars()
    return texts.filter(texts != "")


def _profile(header: str, values: pl.Series) -> ColumnProfile:
    stripped = values.str.strip_chars().replace("", None)
    filled = stripped.count()
    if not filled:
        return ColumnProfile(header, "empty", 0, 0, (), ())
    distinct = stripped.n_unique() - stripped.has_nulls()
    values = values.drop_nulls()
    samples = tuple(_filled(values.head(_VALUES_LOOKED_AT)).unique(maintain_order=True).head(_SAMPLES))
    looked_at = _filled(values.gather_every(max(1, len(values) // _VALUES_LOOKED_AT)))
    if looked_at.is_empty():  # nearly all of the cells are blanks
        looked_at = _filled(values)
    kind, fitting = _type(looked_at)
    return ColumnProfile(header, kind, filled, distinct, samples, _issues(looked_at, kind, fitting))


def _type(texts: pl.Series) -> tuple[str, int]:
    """The type most values have, and how many have it."""
    counts = {kind: _count(texts, pattern) for kind, pattern in _PATTERNS.items()}
    enough = _MOSTLY * len(texts)
    unlike = max(counts["date"], _count(texts, _FRACTION)) >= enough
    if counts["phone"] >= enough and 2 * _count(texts, _PHONE_SHAPE) >= len(texts) and not unlike:
        return "phone", counts["phone"]
    return next(((kind, n) for kind, n in counts.items() if n >= enough), ("text", len(texts)))


def _count(texts: pl.Series, pattern: str) -> int:
    return int(texts.str.contains(pattern).sum())


def _issues(texts: pl.Series, kind: str, fitting: int) -> tuple[str, ...]:
    issues = []
    if fitting < len(texts):
        issues.append(f"{len(texts) - fitting:,} of {len(texts):,} values are no {_PLURALS.get(kind, kind + 's')}")
    if kind == "integer" and _count(texts, _ZERO_FIRST):
        issues.append("leading zeros")
    if _count(texts, _SCIENTIFIC):
        issues.append("numbers in scientific notation")
    return tuple(issues)


_PLURALS = {"email": "e-mail addresses", "url": "web addresses", "phone": "phone numbers", "boolean": "yes or no"}

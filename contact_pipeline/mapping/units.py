"""Units that a header gives for all its numbers: "Revenue (in 000s USD)", "Umsatz in Mio. EUR", "Growth (%)".

Belongs here: finding the unit. Does not belong: reading numbers (`cleaning.numbers`, which knows these signs in a cell).
"""

from __future__ import annotations

import re

from contact_pipeline.fields import FIELD_BY_NAME, Kind

_CURRENCY = r"(?:usd|eur|gbp|chf|pln|jpy|us\$|\$|€|£)"
_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("%", re.compile(r"%|\b(?:percent|percentage|pct|prozent|pourcentage|porcentaje|percentuale)\b")),
    ("bn", re.compile(rf"\b(?:bn|billions?|mrd|milliarden|milliards)\b|\bb ?{_CURRENCY}")),
    (
        "m",
        re.compile(
            rf"\b(?:mio|mln|millions?|millionen|millones|milioni|milhoes|milhões|mn|mm)\b|[({{\[ ]m ?{_CURRENCY}"
        ),
    ),
    (
        "k",
        re.compile(
            rf"(?<!\d)000 ?'?s?\b|\b(?:thousands?|tsd|tausend|milliers|miles|migliaia|tys|teur|tusd)\b|[(\[ ][kt] ?{_CURRENCY}"
        ),
    ),
)
_SCALED = frozenset({Kind.MONEY, Kind.HEADCOUNT, Kind.COUNT})


def unit_of(header: str) -> str:
    """The unit a header names, as a cell would write it behind the number ("k", "m", "bn", "%"); "" for none."""
    text = header.casefold()
    return next((unit for unit, sign in _SIGNS if sign.search(text)), "")


def unit_fits(unit: str, field: str) -> bool:
    """Whether numbers of a field may have a unit: a share is no count, and a rate has no thousands."""
    kind = FIELD_BY_NAME[field].kind if field in FIELD_BY_NAME else None
    return not (kind in _SCALED if unit == "%" else unit and kind is Kind.RATE)

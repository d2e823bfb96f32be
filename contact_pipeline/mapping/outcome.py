"""Columns that tell who became a customer without a header that surely says so: "Conversion", "Purchased", "Deal status".

Belongs here: the words of such headers and of such values, which must say it together; values that name a sale on both sides
say it alone. Does not belong: headers that say it alone (`spellings`, `grammar`) and reading the values (`cleaning.choices`).
A count, a rate or a list of stages is no outcome.
"""

from __future__ import annotations

import re

import polars as pl

from contact_pipeline.mapping.normalise import normalise_header

_HEADER = re.compile(
    r"^(lead |sales? |customer |final |has |is |was )?(conversion|conversion flag|conversion status|converted to customer"
    r"|converted lead|converted flag|converted yn|purchase|purchased|bought|sold|won lost|won or lost|win|win loss)$"
    r"|^(lead |deal |opportunity |sales? |final )?(outcome|result|status)$|^(lead|deal|opportunity) (converted|conversion)$"
)
# A header that names a result of any kind needs values that name a sale.
_OPEN_HEADER = re.compile(r"\b(outcome|result|status)$")
_WON = frozenset({"won", "closed won", "converted", "gewonnen", "gagne", "ganado", "vinto", "ganho"})
_LOST = frozenset({"lost", "closed lost", "not converted", "verloren", "nicht gewonnen", "perdu", "perdido", "perso"})
_SALE = _WON | _LOST
_ANSWERS = _SALE | {"yes", "no", "y", "n", "true", "false", "1", "0", "1 0", "0 0", "ja", "nein", "oui", "non"}


def is_outcome(plain_header: str, values: pl.Series) -> bool:
    """Whether header and values tell together who became a customer: two answers or a few, all of them understood.

    Where the values tell both who was won and who was lost, and nothing else, no header is asked for.
    """
    said = {normalise_header(value) for value in values}
    if said <= _SALE and said & _WON and said & _LOST:
        return True
    if not _HEADER.search(plain_header):
        return False
    understood = _SALE if _OPEN_HEADER.search(plain_header) and plain_header != "conversion status" else _ANSWERS
    return len(said) > 1 and said <= understood

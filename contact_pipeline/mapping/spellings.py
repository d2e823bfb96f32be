"""Headers known as a whole: what each of them means, in 15 languages (`spellings.csv`).

Belongs here: reading that file and finding a header in it. Does not belong: headers never seen (`grammar`) and sensitive
ones (`sensitive`).
The file holds the header in its plain form, its fields (several, separated by |, where tools differ; none where the words
would mislead), languages, and which place or number is meant.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from contact_pipeline.mapping.claims import Claim, Place


@cache
def _known() -> dict[str, Claim]:
    """Plain header -> claim."""
    text = files("contact_pipeline.mapping").joinpath("spellings.csv").read_text(encoding="utf-8")
    return {row["spelling"]: _claim(row) for row in csv.DictReader(text.splitlines())}


def _claim(row: dict[str, str]) -> Claim:
    fields = tuple(row["field"].split("|")) if row["field"] else ()
    place = Place[row["place"].upper()] if row["place"] else Place.PLAIN
    ordinal = next((int(word) for word in row["spelling"].split() if word in {"2", "3", "4"}), 1)
    return Claim(fields, 0.97 if len(fields) == 1 else 0.75, "is a known spelling of", place, ordinal)


def known_header(normalised: str) -> Claim | None:
    """The claim of a header that is known as a whole, else None."""
    return _known().get(normalised)

"""Job titles, and the seniority and department they name.

Belongs here: reading titles in English, German, French and Spanish. Does not belong: how much a seniority is worth to a seller
(`scoring`).
"""

from __future__ import annotations

import re

import polars as pl

from contact_pipeline.cleaning.cells import Reading, read_cells
from contact_pipeline.cleaning.text import is_blank_word, read_text, tidy
from contact_pipeline.cleaning.vocabulary import toml
from contact_pipeline.fields import SENIORITIES

UNKNOWN_SENIORITY = "is not a known seniority"


def read_job_titles(raw: pl.Series) -> pl.DataFrame:
    """Titles as written, on one line: value, reason."""
    return read_text(raw)


def read_seniorities(raw: pl.Series) -> pl.DataFrame:
    """Seniorities under their catalogue names, from a column of their own: value, reason."""
    return read_cells(raw, _read_seniority)


def read_departments(raw: pl.Series) -> pl.DataFrame:
    """Departments under one common name where it is known, else as written: value, reason."""
    return read_cells(raw, _read_department)


def seniority(title: pl.Expr) -> pl.Expr:
    """Seniority that a job title names, one of fields.SENIORITIES; Staff where it names none; null for a null title."""
    return _first_named(title, "seniorities").fill_null(pl.when(title.is_not_null()).then(pl.lit("Staff")))


def department(title: pl.Expr) -> pl.Expr:
    """Department that a job title names; null where it names none."""
    return _first_named(title, "departments")


def _first_named(title: pl.Expr, kind: str) -> pl.Expr:
    """The first meaning of the list whose words the title holds, words of other meanings being taken out before."""
    lowered = title.str.to_lowercase().str.replace_all(r"[\s._/|,-]+", " ")
    for phrase, plain in toml("titles")["not_what_it_seems"][kind].items():
        lowered = lowered.str.replace_all(rf"\b(?:{phrase})\b", plain)
    return pl.coalesce(
        *[
            pl.when(lowered.str.contains(_any_of(words))).then(pl.lit(meaning))
            for meaning, words in toml("titles")[kind].items()
        ]
    )


def _any_of(words: list[str]) -> str:
    return r"\b(?:" + "|".join(words) + r")\b"


def _read_seniority(text: str) -> Reading:
    shown = tidy(text)
    if is_blank_word(shown):
        return Reading()
    known = {name.casefold(): name for name in SENIORITIES}
    named = known.get(shown.casefold()) or _named(shown, "seniorities")
    return Reading(named, None if named else UNKNOWN_SENIORITY)


def _read_department(text: str) -> Reading:
    shown = tidy(text)
    if is_blank_word(shown):
        return Reading()
    known = {name.casefold(): name for name in toml("titles")["departments"]}
    return Reading(known.get(shown.casefold()) or _named(shown, "departments") or shown)


def _named(text: str, kind: str) -> str | None:
    """Meaning of one text, by the same lists."""
    lowered = re.sub(r"[\s._/|,-]+", " ", text.lower())
    listed: dict[str, list[str]] = toml("titles")[kind]
    return next((meaning for meaning, words in listed.items() if re.search(_any_of(words), lowered)), None)

"""Company names: kept as the source spells them, and a key that ignores legal form, case and accents for matching.

Belongs here: tidying and the key. Does not belong: which contacts belong to a company (`crm`).
"""

from __future__ import annotations

import re

import polars as pl

from contact_pipeline.cleaning.text import read_text
from contact_pipeline.cleaning.vocabulary import lines


def read_companies(raw: pl.Series) -> pl.DataFrame:
    """Company names on one line: value, reason. See `read_cells`."""
    return read_text(raw)


def company_key(column: str) -> pl.Expr:
    """Key of the company name in `column`: no case, accents, punctuation, no legal form at either end; never empty.

    A name that is nothing but a legal form, or has no letter or digit, keeps its folded or its own text.
    """
    lowered = pl.col(column).str.to_lowercase()
    plain = lowered.str.normalize("NFKD").str.replace_all(r"\p{M}+", "").str.replace_all("ß", "ss", literal=True)
    spelled = plain.str.replace_all(r"\s*[&+]\s*", " and ").str.replace_all(r"(\p{L})\.", "$1")
    words = spelled.str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
    bare = words.str.replace(_LEGAL_FORMS_BEHIND, "").str.replace(_ARTICLE_BEFORE, "")
    return pl.when(bare.str.len_bytes() > 0).then(bare).when(words.str.len_bytes() > 0).then(words).otherwise(lowered)


def _legal_forms_pattern() -> str:
    forms = sorted(lines("legal_forms"), key=len, reverse=True)
    return r"(?: (?:and )?(?:" + "|".join(re.escape(form) for form in forms) + r"))+$"


_LEGAL_FORMS_BEHIND = _legal_forms_pattern()
_ARTICLE_BEFORE = r"^the "

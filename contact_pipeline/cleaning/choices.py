"""Values from a short list: yes and no, won and lost, opted out, the lifecycle stages.

Belongs here: which words mean which choice. Does not belong: what a choice leads to. An unknown word is left blank with a
reason; it is never taken for "no".
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from contact_pipeline.cleaning.cells import Reading, read_cells
from contact_pipeline.cleaning.date_texts import NO_DAY, read_date_text
from contact_pipeline.cleaning.opt_outs import says_opt_out
from contact_pipeline.cleaning.text import is_blank_word, read_text, tidy
from contact_pipeline.cleaning.vocabulary import fold, meanings
from contact_pipeline.settings import ImportSettings

UNKNOWN_STAGE = "is not a known lifecycle stage"
NEITHER_WON_NOR_LOST = "is neither a word for won nor for lost"
NEITHER_YES_NOR_NO = "is neither yes nor no"
UNDELIVERABLE = "tells that mail came back, not that the person opted out"

_ZERO_DATES = ("0000-00-00", "00/00/0000")  # how databases write "no date"


def read_categories(raw: pl.Series) -> pl.DataFrame:
    """Categories in the source's own words, tidied: value, reason."""
    return read_text(raw)


def read_lifecycle_stages(raw: pl.Series) -> pl.DataFrame:
    """Stages under their catalogue names: value, reason."""
    return read_cells(raw, _read_stage)


def read_conversions(raw: pl.Series, settings: ImportSettings) -> pl.DataFrame:
    """Won (true), lost (false) or unknown (null): value (Boolean), reason. The settings' words come first."""
    words = {fold(word): False for word in settings.lost_words} | {fold(word): True for word in settings.won_words}
    return read_cells(raw, lambda text: _read_word(text, words, NEITHER_WON_NOR_LOST), dtype=pl.Boolean)


def read_opt_outs(raw: pl.Series) -> pl.DataFrame:
    """True for anybody who may not be written to, a date of leaving included: value (Boolean), reason.

    Mail that came back ("bounced", "cleaned") is no wish of the person: blank, with the reason.
    """
    words = _truths("opt_outs")
    return read_cells(raw, lambda text: _read_opt_out(text, words), dtype=pl.Boolean)


def _read_stage(text: str) -> Reading:
    shown = tidy(text)
    if is_blank_word(shown):
        return Reading()
    known = meanings("lifecycle_stages")
    stage = known.get(fold(shown)) or known.get(fold(shown).replace(" ", ""))
    return Reading(stage, None if stage else UNKNOWN_STAGE)


def _read_word(text: str, words: Mapping[str, bool], reason: str) -> Reading:
    shown = tidy(text)
    if is_blank_word(shown):
        return Reading()
    folded = fold(shown) or shown
    value = words.get(folded, _truths("truths").get(folded))
    return Reading(value, None if value is not None else reason)


def _read_opt_out(text: str, words: Mapping[str, bool]) -> Reading:
    reading = _read_word(text, words, NEITHER_YES_NOR_NO)
    if reading.reason is None:
        return reading
    shown = tidy(text)
    if meanings("opt_outs").get(fold(shown)) == "undeliverable":
        return Reading(None, UNDELIVERABLE)
    if shown.startswith(_ZERO_DATES):
        return Reading()
    return Reading(True) if says_opt_out(shown) or _is_date(shown) else reading


def _is_date(text: str) -> bool:
    """Whether the text is a date in any order of its parts, or a month; here only that there is one matters."""
    if not any(c.isdigit() for c in text):
        return False
    date = read_date_text(text)
    if date.value or date.reason == NO_DAY:
        return True
    day = text.split(" ")[0].replace(".", "-").replace("/", "-").split("-")
    return len(day) == 3 and all(part.isdigit() for part in day) and any(int(part) > 0 for part in day)


def _truths(name: str) -> dict[str, bool]:
    """Folded word -> its truth, from the lists "true" and "false" of a data file."""
    return {word: meaning == "true" for word, meaning in meanings(name).items() if meaning in {"true", "false"}}

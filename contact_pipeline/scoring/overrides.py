"""Who is never Hot, whatever the score, and why.

Belongs here: the reasons, and finding out whose mail bounces. Does not belong: the thresholds (`categories`). A contact for
whom several reasons hold gets the first: opted out, customer, bounced, flagged twin, then the lines of the settings.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from contact_pipeline.scoring.conditions import asked, holds, with_asked
from contact_pipeline.scoring.naming import field_name
from contact_pipeline.scoring.policy import NeverHotRule
from contact_pipeline.settings import ScoringSettings

_BOUNCE = "bounce"
_ANSWERS = ("open", "click", "reply")  # signs that mail arrives


def with_overrides(
    contacts: pl.DataFrame, settings: ScoringSettings, as_of: datetime, activities: pl.DataFrame | None
) -> pl.DataFrame:
    """The contacts with `bounced`, and `never_hot`: the reason why a contact is never Hot, null where there is none.

    activities: contact_id, kind, at.
    """
    fields = {*settings.bounced_fields, *(line.field for line in settings.never_hot)}
    known = with_asked(contacts, fields)
    return known.with_columns(bounced=_bounced(settings, as_of, activities)).with_columns(
        never_hot=_reason(settings.never_hot)
    )


def _reason(lines: tuple[NeverHotRule, ...]) -> pl.Expr:
    reasons = [
        (pl.col("opted_out"), "opted out"),
        (pl.col("converted"), "customer"),
        (pl.col("bounced"), "bounced"),
        (pl.col("is_duplicate"), "flagged as a duplicate"),
        *((holds(line, asked(line.field), field_name(line.field)), line.reason) for line in lines),
    ]
    reason = pl.lit(None, dtype=pl.String)
    for held, words in reversed(reasons):
        reason = pl.when(held.fill_null(value=False)).then(pl.lit(words)).otherwise(reason)
    return reason


def _bounced(settings: ScoringSettings, as_of: datetime, activities: pl.DataFrame | None) -> pl.Expr:
    """Whose mail comes back: a field says so, or the last thing that mail to the contact did was to bounce."""
    words = [word.strip().lower() for word in settings.bounced_words]
    values = [pl.col(asked(name)).cast(pl.String) for name in settings.bounced_fields]
    told = [value.str.strip_chars().str.to_lowercase().is_in(words).fill_null(value=False) for value in values]
    if activities is not None:
        told.append(pl.col("contact_id").is_in(_bounced_last(activities, as_of).implode()))
    return pl.any_horizontal(pl.lit(value=False), *told)


def _bounced_last(activities: pl.DataFrame, as_of: datetime) -> pl.Series:
    """Contacts that bounced after the last time they opened, clicked or replied."""
    moments = (
        activities.filter(pl.col("kind").is_in([_BOUNCE, *_ANSWERS]) & (pl.col("at") <= as_of))
        .group_by("contact_id")
        .agg(
            bounced=pl.col("at").filter(pl.col("kind") == _BOUNCE).max(),
            answered=pl.col("at").filter(pl.col("kind") != _BOUNCE).max(),
        )
    )
    later = pl.col("answered").is_null() | (pl.col("bounced") > pl.col("answered"))
    return moments.filter(pl.col("bounced").is_not_null() & later)["contact_id"]

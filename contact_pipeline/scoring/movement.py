"""How a score moved since the day before.

Belongs here: the change beside a new score. Does not belong: the history of a contact's scores (`crm.scores`).
"""

from __future__ import annotations

from datetime import datetime

import polars as pl


def score_change(contacts: pl.DataFrame, score: pl.Series, as_of: datetime) -> pl.Series:
    """New score minus the one that stood before the day that begins at `as_of`; null where there was none.

    contacts: with lead_score, score_change and scored_at as they are on record, or without them where nothing is. What was
    scored on the same day already is compared with the day before, so that scoring again changes nothing.
    """
    if not {"lead_score", "score_change", "scored_at"} <= set(contacts.columns):
        return pl.Series("score_change", [None] * contacts.height, dtype=pl.Float64)
    of_today = pl.col("lead_score") - pl.col("score_change")
    stood = pl.when(pl.col("scored_at") < as_of).then(pl.col("lead_score")).otherwise(of_today)
    return contacts.select(score_change=(score - stood).round(1)).to_series()

"""How likely a contact responds, from what it did and when.

Belongs here: the engagement propensity. Does not belong: how good the contact fits (`model`).

Index = 1 * opens + 2 * visits + 3 * clicks + 5 * downloads, each worth half after every half-life since the last activity,
plus 5 * 2^(-days since the last activity / half-life) where that date is known.
Propensity = 1 - 0.95 * 2^(-index / 10): 0.05 for a contact without any sign, above one half from an index of about 9.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from contact_pipeline.scoring.features import decay_weight

HIGH_FROM = 0.5

_WORTH: dict[str, float] = {"email_opens": 1.0, "website_visits": 2.0, "email_clicks": 3.0, "content_downloads": 5.0}
_RECENT_WORTH = 5.0
_WITHOUT_SIGN = 0.05
_HALVING_INDEX = 10.0


def engagement_propensity(as_of: datetime, half_life_days: float) -> pl.Expr:
    """Expression over contacts, 0-1, three decimals; falls as time passes without news."""
    weight = decay_weight(as_of, half_life_days)
    counts = pl.sum_horizontal(pl.col(name).clip(lower_bound=0).fill_null(0) * worth for name, worth in _WORTH.items())
    recent = pl.when(pl.col("last_activity_at").is_not_null()).then(weight * _RECENT_WORTH).otherwise(0.0)
    silent = (1 - _WITHOUT_SIGN) * 0.5 ** ((counts * weight + recent) / _HALVING_INDEX)
    return (1 - silent).round(3)

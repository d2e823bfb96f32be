"""How likely a contact responds, by a formula: where activities on record cannot teach it.

Belongs here: the formula. Does not belong: how good the contact fits (`model`), and learning who responds (`responding`).

Index = 1 * opens + 2 * visits + 3 * clicks + 5 * downloads of the contact's fields, each worth half after every half-life since
the last activity; plus the faded counts of dated activities times their worth; plus 5 * 2^(-days since the last sign of
interest / half-life) where that day is known. Propensity = 1 - 0.95 * 2^(-index / 10): 0.05 for a contact without any sign,
above one half from an index of about 9.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from contact_pipeline.scoring.behaviour import ACTIVITY_PREFIX, LAST_ACTIVITY
from contact_pipeline.scoring.features import days_since, decay_weight

FloatArray = npt.NDArray[np.float64]

HIGH_FROM = 0.5

_WORTH: dict[str, float] = {"email_opens": 1.0, "website_visits": 2.0, "email_clicks": 3.0, "content_downloads": 5.0}
_ACTIVITY_WORTH: dict[str, float] = {
    "open": 1.0,
    "visit": 2.0,
    "click": 3.0,
    "call": 3.0,
    "download": 5.0,
    "event": 5.0,
    "form": 5.0,
    "reply": 8.0,
    "meeting": 8.0,
}
_RECENT_WORTH = 5.0
_WITHOUT_SIGN = 0.05
_HALVING_INDEX = 10.0


def formula_propensity(
    contacts: pl.DataFrame, attributes: pl.DataFrame, as_of: datetime, half_life_days: float
) -> FloatArray:
    """0-1 a contact; falls as time passes without news. attributes: the attribute frame of the same contacts."""
    weight = decay_weight(as_of, half_life_days)
    counts = pl.sum_horizontal(pl.col(name).clip(lower_bound=0).fill_null(0) * worth for name, worth in _WORTH.items())
    dated = pl.sum_horizontal(
        pl.col(ACTIVITY_PREFIX + kind).fill_null(0) * worth for kind, worth in _ACTIVITY_WORTH.items()
    )
    last = pl.min_horizontal(days_since(pl.col("last_activity_at"), as_of), LAST_ACTIVITY)
    recent = (0.5 ** (last / half_life_days) * _RECENT_WORTH).fill_null(0.0)
    activities = [name for name in attributes.columns if name.startswith(ACTIVITY_PREFIX)]
    index = contacts.hstack(attributes.select(activities)).select(index=counts * weight + dated + recent)["index"]
    return np.asarray(1 - (1 - _WITHOUT_SIGN) * 0.5 ** (index.to_numpy() / _HALVING_INDEX))

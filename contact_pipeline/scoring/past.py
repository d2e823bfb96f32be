"""The past leads: who may teach, what became of them within the horizon, and from when they are looked at.

Belongs here: the outcome, maturity, moments and weights of past leads. Does not belong: which of their columns may be used
(`selection`) and learning (`training`).

Where leads and conversions have dates, a lead converts within `horizon_days` of its creation or not at all, and leads younger
than that do not teach yet. Where activities are on record besides, each lead is looked at several times while it was open, as
it will be when it is scored: only what it had done by then is known, and the outcome is whether it converted within the
horizon from then. Each look counts alike, for so often a lead like it is there to be scored; were the looks at a lead to share
its weight, those that convert soon, with few looks, would make every chance too high. Looks of one lead never meet on both
sides of a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from contact_pipeline.scoring.features import newest_sign
from contact_pipeline.settings import ScoringSettings

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

# More history than this hardly makes a better model of small trees, only a slower one.
_MOST_LOOKS = 60_000
_LOOKS_AT_DAYS = (0, 3, 14, 42, 84, 168, 336)
_MOSTLY_DATED = 0.5
_FEWEST_OF_EACH = 10


@dataclass(frozen=True, slots=True)
class PastLeads:
    """One row of `leads` a look at a contact with a known outcome; `moment` is the time of the look.

    `outcome` (0 or 1), `weight` (mean 1), `lead` (number of the contact) and `place` (order in time, earliest first) have one
    entry a row. `known` and `conversions` count contacts. `clock` is the newest moment in the history: seen from there,
    waiting does not change what is learned. Without any date nothing decays. `horizon_days` is None without dates.
    """

    leads: pl.DataFrame
    outcome: FloatArray
    weight: FloatArray
    lead: IntArray
    place: IntArray
    known: int
    conversions: int
    clock: datetime
    decay: bool
    horizon_days: int | None
    warnings: tuple[str, ...]

    @property
    def base_rate(self) -> float:
        """Weighted share of looks that led to a conversion."""
        return float(np.average(self.outcome, weights=self.weight))


def past_leads(
    contacts: pl.DataFrame, settings: ScoringSettings, as_of: datetime, activities: pl.DataFrame | None = None
) -> PastLeads:
    """The contacts that may teach, by contact_id, a seeded sample where there are many; an unknown outcome never does."""
    is_past = pl.col("created_at") <= pl.lit(as_of, dtype=pl.Datetime("us"))  # a later date is a slip
    known = contacts.filter(pl.col("converted").is_not_null()).sort("contact_id")
    known = known.with_columns(created_at=pl.when(is_past).then("created_at"))
    clock = _clock(known, as_of, activities)
    dated = _mature(known, clock, settings) if clock else None
    taught = known if dated is None else dated
    horizon = None if dated is None else settings.horizon_days
    leads = _sampled(taught, settings, looks=len(_LOOKS_AT_DAYS) if horizon and activities is not None else 1)
    leads = leads.with_columns(lead=pl.int_range(pl.len()), place=_order(leads))
    looks = _looks(leads, clock or as_of, horizon, has_activities=activities is not None)
    won = _won(horizon)
    return PastLeads(
        leads=looks,
        outcome=looks.select(won.cast(pl.Float64)).to_series().to_numpy(),
        weight=_weights(looks, clock or as_of, settings),
        lead=looks["lead"].to_numpy().astype(np.intp),
        place=looks["place"].to_numpy().astype(np.intp),
        known=taught.height,
        conversions=int(taught.with_columns(moment=pl.col("created_at")).select(won.sum()).item()),
        clock=clock or as_of,
        decay=clock is not None,
        horizon_days=horizon,
        warnings=_warnings(known, horizon, settings, has_activities=activities is not None),
    )


def _sampled(taught: pl.DataFrame, settings: ScoringSettings, looks: int) -> pl.DataFrame:
    most = _MOST_LOOKS // looks
    return taught if taught.height <= most else taught.sample(most, seed=settings.seed).sort("contact_id")


def _clock(known: pl.DataFrame, as_of: datetime, activities: pl.DataFrame | None) -> datetime | None:
    """The newest date of the past leads and of their activities up to `as_of`; None where there is none."""
    newest = newest_sign(known, as_of)
    if activities is None:
        return newest
    done = activities.join(known.select("contact_id"), on="contact_id", how="semi")["at"]
    last = done.filter(done <= as_of).max()
    return max(newest or last, last) if isinstance(last, datetime) else newest


def _mature(known: pl.DataFrame, clock: datetime, settings: ScoringSettings) -> pl.DataFrame | None:
    """The leads that had the whole horizon to convert; None where dates do not carry that."""
    won = known.filter("converted")
    lost = known.filter(pl.col("converted").not_())
    both = pl.col("created_at").is_not_null() & pl.col("converted_at").is_not_null()
    if min(_share(won, both), _share(lost, pl.col("created_at").is_not_null())) < _MOSTLY_DATED:
        return None
    follow_up = clock - timedelta(days=settings.horizon_days)
    old_enough = _with_dates(known, settings.seed).filter(pl.col("created_at") <= follow_up)
    conversions = int(
        old_enough.with_columns(moment=pl.col("created_at")).select(_won(settings.horizon_days).sum()).item()
    )
    enough = min(conversions, old_enough.height - conversions) >= _FEWEST_OF_EACH
    return old_enough if enough else None


def _with_dates(known: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Conversions without a date are taken to have come as late as dated ones did, drawn from them.

    Leaving them out would leave those in that did not convert: a file that gives no dates would teach that nobody of its
    leads converts.
    """
    lasted = known.select((pl.col("converted_at") - pl.col("created_at")).filter("converted").drop_nulls()).to_series()
    undated = known["converted"] & known["converted_at"].is_null()
    drawn = lasted.sample(int(undated.sum()), with_replacement=True, seed=seed)
    at = pl.Series(np.cumsum(undated.to_numpy()) - 1)
    taken = pl.when(undated).then(pl.col("created_at") + drawn.gather(at.clip(0))) if len(drawn) else pl.lit(None)
    return known.with_columns(converted_at=pl.coalesce("converted_at", taken))


def _share(rows: pl.DataFrame, condition: pl.Expr) -> float:
    return rows.filter(condition).height / max(rows.height, 1)


def _won(horizon_days: int | None) -> pl.Expr:
    """Did the lead convert within the horizon from `moment`?"""
    if horizon_days is None:
        return pl.col("converted")
    in_time = pl.col("converted_at") - pl.col("moment") <= pl.duration(days=horizon_days)
    return pl.col("converted") & in_time.fill_null(value=True)


def _looks(leads: pl.DataFrame, clock: datetime, horizon_days: int | None, *, has_activities: bool) -> pl.DataFrame:
    """A row a look: one at creation or now where nothing but the contact's own fields is known of its past."""
    if horizon_days is None or not has_activities:
        moment = pl.lit(clock, dtype=pl.Datetime("us")) if horizon_days is None else pl.col("created_at")
        return leads.with_columns(moment=moment.cast(pl.Datetime("us")))
    days = pl.DataFrame({"days": _LOOKS_AT_DAYS})
    looks = leads.join(days, how="cross").with_columns(moment=pl.col("created_at") + pl.duration(days=pl.col("days")))
    open_then = pl.col("converted_at").is_null() | (pl.col("moment") < pl.col("converted_at"))
    followed_up = pl.col("moment") <= pl.lit(clock - timedelta(days=horizon_days))
    return looks.filter((pl.col("days") == 0) | (open_then & followed_up)).drop("days")


def _order(leads: pl.DataFrame) -> pl.Expr:
    """Place in time: by creation where that is mostly known, else as they arrived."""
    dated = _share(leads, pl.col("created_at").is_not_null()) >= _MOSTLY_DATED
    keys = ["created_at"] if dated else []
    keys += ["arrival"] if "arrival" in leads.columns else []
    ordered = leads.select("contact_id", *keys).with_row_index("row").sort(*keys, "contact_id", nulls_last=False)["row"]
    place = np.empty(leads.height, dtype=np.int64)
    place[ordered.to_numpy()] = np.arange(leads.height)
    return pl.lit(pl.Series("place", place))


def _weights(looks: pl.DataFrame, clock: datetime, settings: ScoringSettings) -> FloatArray:
    """Recent leads count more."""
    age = (
        (pl.lit(clock) - pl.col("created_at"))
        .dt.total_days()
        .clip(lower_bound=0)
        .fill_null(strategy="mean")
        .fill_null(0)
    )
    recency = 0.5 ** (age / settings.lead_half_life_days)
    raw = looks.select(recency.alias("weight"))["weight"].to_numpy()
    return np.asarray(raw / raw.mean()) if len(raw) else raw


def _warnings(
    known: pl.DataFrame, horizon: int | None, settings: ScoringSettings, *, has_activities: bool
) -> tuple[str, ...]:
    if horizon is not None or not known["converted"].any():
        return ()
    undated = (
        f"Most conversions have no dates of creation and conversion, or are younger than {settings.horizon_days} days: "
        "a contact counts as converted whenever that was."
    )
    uncut = "Without these dates activities are not cut at the conversion: some may be its consequence."
    return (undated, uncut) if has_activities else (undated,)

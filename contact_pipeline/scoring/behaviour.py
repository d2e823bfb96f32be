"""What people did and when, as attributes: counts that fade with time, from activity files.

Belongs here: the kinds of activity, how fast each fades, and counting them as of a moment. Does not belong: where activities
come from (`crm.activities`) and what they are worth (`points`, the models).

An activity of age a counts 2^(-a / half-life): a contact without new ones cools by itself. Unsubscribes and bounces stay.
Later activities than the moment of looking do not exist yet.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from contact_pipeline.scoring.attribute import Attribute, Group

ACTIVITY_PREFIX = "activity."
LAST_ACTIVITY = f"{ACTIVITY_PREFIX}last"
_SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class ActivityKind:
    """One kind of activity. Without a half-life it does not fade; `is_sign` says that it shows interest."""

    name: str
    label: str
    group: Group
    half_life_days: float | None
    is_sign: bool = True


ACTIVITY_KINDS: tuple[ActivityKind, ...] = (
    ActivityKind("visit", "Visits on record", "behaviour", 30),
    ActivityKind("download", "Downloads on record", "behaviour", 30),
    ActivityKind("form", "Forms sent", "behaviour", 60),
    ActivityKind("event", "Events attended", "behaviour", 60),
    ActivityKind("open", "E-mails opened, on record", "engagement", 30),
    ActivityKind("click", "Links clicked, on record", "engagement", 30),
    ActivityKind("reply", "Replies", "engagement", 60),
    ActivityKind("call", "Calls", "engagement", 60),
    ActivityKind("meeting", "Meetings", "engagement", 60),
    ActivityKind("other", "Other activities", "behaviour", 30),
    ActivityKind("unsubscribe", "Unsubscribed", "engagement", None, is_sign=False),
    ActivityKind("bounce", "E-mails bounced", "engagement", None, is_sign=False),
)
# Attributes that are no number of activities any more.
FADING: tuple[str, ...] = tuple(ACTIVITY_PREFIX + kind.name for kind in ACTIVITY_KINDS if kind.half_life_days)
SIGNS: tuple[str, ...] = tuple(kind.name for kind in ACTIVITY_KINDS if kind.is_sign)

ACTIVITY_ATTRIBUTES: tuple[Attribute, ...] = (
    *(
        Attribute(
            ACTIVITY_PREFIX + k.name, k.label, k.group, words=False, direction=int(k.is_sign), source="activities"
        )
        for k in ACTIVITY_KINDS
    ),
    Attribute(LAST_ACTIVITY, "Days since the last activity on record", "behaviour", words=False, direction=-1),
)


def activity_counts(looks: pl.DataFrame, activities: pl.DataFrame | None) -> pl.DataFrame:
    """One row a look in the order given, a column an activity attribute, Float64.

    looks: contact_id and `moment` (Datetime), the time of looking. activities: contact_id, kind, at, times; None
    where no activity of anybody is on record, and everything is null then. Who has done nothing yet has counts of 0 and no
    last activity.
    """
    if activities is None:
        return pl.DataFrame({a.name: pl.Series([None] * looks.height, dtype=pl.Float64) for a in ACTIVITY_ATTRIBUTES})
    named = looks.with_row_index("look")
    done = named.join(activities, on="contact_id").filter(pl.col("at") <= pl.col("moment"))
    ago = _days(pl.col("moment") - pl.col("at"))
    counts = done.group_by("look").agg(
        *(_count(kind, ago).alias(ACTIVITY_PREFIX + kind.name) for kind in ACTIVITY_KINDS),
        ago.filter(pl.col("kind").is_in(SIGNS)).min().alias(LAST_ACTIVITY),
    )
    filled = named.select("look").join(counts, on="look", how="left", maintain_order="left")
    return filled.select(
        pl.col(a.name) if a.name == LAST_ACTIVITY else pl.col(a.name).fill_null(0.0) for a in ACTIVITY_ATTRIBUTES
    )


def _days(elapsed: pl.Expr) -> pl.Expr:
    return elapsed.dt.total_seconds(fractional=True) / _SECONDS_A_DAY


def _count(kind: ActivityKind, ago: pl.Expr) -> pl.Expr:
    faded = pl.col("times") if kind.half_life_days is None else pl.col("times") * 0.5 ** (ago / kind.half_life_days)
    return faded.filter(pl.col("kind") == kind.name).sum()

"""Who buys: the hidden process behind the Converted column of the samples.

Belongs here: the true chance of each lead and the decision drawn from it. Does not belong: anything the product may know;
a model has to find these effects again from the exported columns, through their noise and blanks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import timedelta

from benchmarks.dice import Dice
from benchmarks.synthetic import AS_OF, Person

_INTERCEPT = -4.05  # about 22 % of the decided leads are won

_SENIORITY: dict[str, float] = {
    "Owner": 0.7, "C-Level": 1.2, "VP": 1.3, "Director": 0.9, "Manager": 0.1, "Senior": -0.5, "Staff": -0.9,
    "Entry": -1.9,
}  # fmt: skip
_SOURCE: dict[str, float] = {
    "Referrals": 2.0, "Direct Traffic": 0.8, "Offline Sources": 0.6, "Organic Search": 0.3, "Email Marketing": 0.0,
    "Organic Social": -0.7, "Paid Search": -0.7, "Paid Social": -1.4,
}  # fmt: skip
_INDUSTRY: dict[str, float] = {
    "Computer Software": 1.0,
    "Information Technology and Services": 0.7,
    "Financial Services": 0.7,
    "Manufacturing": 0.4,
    "Retail": -0.4,
    "Construction": -0.7,
    "Education Management": -1.1,
    "Non-profit Organization Management": -1.4,
}


def log_odds(person: Person) -> float:
    """The true log-odds that the lead is won once it is decided."""
    return (
        _INTERCEPT
        + _SENIORITY[person.seniority]
        + _SOURCE[person.source]
        + _INDUSTRY.get(person.company.industry, 0.0)
        + _size_effect(person.company.headcount)
        + _engagement_effect(person)
        + _product_effect(person)
        - (1.6 if person.opted_out else 0.0)
    )


def decide(people: Iterable[Person], dice: Dice) -> None:
    """Set outcome and converted_at of the leads that are decided: old ones mostly, fresh ones seldom."""
    for person in people:
        age_days = (AS_OF - person.created_at).days
        if not dice.chance(0.72 if age_days > 120 else 0.12):
            continue
        person.outcome = dice.chance(1 / (1 + math.exp(-log_odds(person))))
        if person.outcome:
            person.converted_at = min(AS_OF, person.created_at + timedelta(days=dice.between(9, 118)))


def _size_effect(headcount: int) -> float:
    """Best in the middle: the smallest have no budget, the largest have a vendor."""
    if headcount <= 10:
        return -1.2
    if headcount <= 50:
        return 0.0
    return 0.8 if headcount <= 1000 else -0.2


def _engagement_effect(person: Person) -> float:
    days_quiet = (AS_OF - person.last_activity_at).total_seconds() / 86400
    return (
        0.45 * math.log1p(person.page_views)
        + 0.6 * math.log1p(person.downloads)
        + 0.7 * math.log1p(person.clicks)
        + 1.4 * 2 ** (-days_quiet / 45)
    )


def _product_effect(person: Person) -> float:
    """A trial counts, and far more so for those who want the platform."""
    trial = 0.8 if person.started_trial else 0.0
    trial_of_platform = 1.4 if person.started_trial and person.product == "Platform" else 0.0
    unsure = -0.6 if person.product == "Not sure yet" else 0.0
    return trial + trial_of_platform + unsure + (0.5 if person.saw_webinar else 0.0)

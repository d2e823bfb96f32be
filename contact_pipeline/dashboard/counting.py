"""The values of a filter with their counts, as the filters beside the list show them.

Belongs here: which values are listed, and in which order. Does not belong: counting them (`index`).
"""

from __future__ import annotations

from typing import Final

from contact_pipeline.dashboard.answers import FilterCounts, FilterValue
from contact_pipeline.dashboard.filters import NO_VALUE_LABEL, Order
from contact_pipeline.dashboard.index import Coded, Found, Mask
from contact_pipeline.dashboard.query import LeadQuery

VALUES_LISTED: Final = 10


def filter_counts(
    filter_: Coded, found: Found, query: LeadQuery, scope: Mask | None, *, whole: bool = False
) -> FilterCounts:
    """The values that leads have once every other filter holds, and the chosen ones.

    A chosen value that no lead of the scope has is shown as it was asked for: its label may be the name of somebody whom
    the link does not see.

    Chosen ones come first, then those of the most leads; filters with an order of their own keep it. No value comes last.
    Without `whole` the first VALUES_LISTED, and the chosen ones in any case.
    """
    chosen = query.chosen.get(filter_.name, ())
    counts = filter_.counts(found.without(filter_.name)).tolist()
    listed = [
        FilterValue(value, label, leads, value in chosen)
        for value, label, leads in zip(filter_.in_address, filter_.labels, counts, strict=True)
        if leads or (value in chosen and filter_.is_met(value, scope))
    ]
    others = set(chosen) - {one.value for one in listed}
    listed += [FilterValue(value, value or NO_VALUE_LABEL, 0, True) for value in chosen if value in others]
    ordered = _in_order(filter_, listed)
    if not any(one.value for one in ordered):
        ordered = [one for one in ordered if one.is_chosen]  # with nothing but leads without a value there is no choice
    shown = [one for at, one in enumerate(ordered) if whole or at < VALUES_LISTED or one.is_chosen]
    return FilterCounts(filter_.name, filter_.label, shown, len(ordered) - len(shown))


def _in_order(filter_: Coded, listed: list[FilterValue]) -> list[FilterValue]:
    """`listed` comes in the order of the codes, no value first."""
    known = [one for one in listed if one.value]
    unknown = [one for one in listed if not one.value]
    if filter_.order is Order.BY_LEADS:
        return sorted([*known, *unknown], key=lambda one: (not one.is_chosen, not one.value, -one.leads))
    return [*(reversed(known) if filter_.order is Order.DOWN else known), *unknown]

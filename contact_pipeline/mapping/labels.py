"""Columns that tell of each row which phone or e-mail another column holds: "Phone 1 - Label", "Email Type".

Belongs here: finding such pairs, and what the labels mean. Does not belong: carrying it out (`apply`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from enum import IntEnum

from contact_pipeline.mapping.grammar import concepts_of
from contact_pipeline.mapping.normalise import normalise_header
from contact_pipeline.mapping.plan import Action, ColumnPlan

_EMAILS = frozenset({"email", "secondary_email"})
_PHONES = frozenset({"phone", "mobile_phone"})
_LABEL = re.compile(r" (?:label|type|typ|kind|tipo)$")
_VALUE = re.compile(r" (?:value|wert|valor|valeur)$")


class Rank(IntEnum):
    """How good a value is that bears a label; the best of a row is the contact's. NOT_A_PHONE is none at all."""

    PRIMARY = 0
    WORK = 1
    UNNAMED = 2
    PRIVATE = 3
    MOBILE = 4
    NOT_A_PHONE = 5


def rank_of(label: str | None) -> Rank:
    """What a label says. A star before it, as Google writes it, means the primary one."""
    concepts = concepts_of(normalise_header(label)) if label else None
    if concepts and "FAX" in concepts:
        return Rank.NOT_A_PHONE
    if concepts and "MOBILE" in concepts:
        return Rank.MOBILE
    if label and (label.lstrip().startswith("*") or (concepts and "PRIMARY" in concepts)):
        return Rank.PRIMARY
    if concepts and concepts & {"WORK", "BUSINESS", "COMPANY"}:
        return Rank.WORK
    return Rank.PRIVATE if concepts and concepts & {"HOME", "OTHER", "SECOND"} else Rank.UNNAMED


def with_labels(plans: Sequence[ColumnPlan], headers: Sequence[str]) -> list[ColumnPlan]:
    """The plans, with the column of labels named beside each labelled value.

    Further labelled phones are taken in too, where the first is mapped by its header: each row tells which of them is what.
    """
    labels = _label_columns(headers)
    paired = [replace(plan, label_index=labels.get(_stem(plan.header))) for plan in plans]
    has_labelled_phone = any(_is_mapped(plan, _PHONES) and plan.label_index is not None for plan in paired)
    return [
        _further_phone(plan) if has_labelled_phone and _is_spare_phone(plan) else _without_stray_label(plan)
        for plan in paired
    ]


def _label_columns(headers: Sequence[str]) -> dict[str, int]:
    """Stem of a header ("phone 1") -> index of the column of its labels."""
    plain = [normalise_header(header) for header in headers]
    return {_LABEL.sub("", text): index for index, text in enumerate(plain) if _LABEL.search(text)}


def _stem(header: str) -> str:
    plain = normalise_header(header)
    return "" if _LABEL.search(plain) else _VALUE.sub("", plain)


def _is_mapped(plan: ColumnPlan, fields: frozenset[str]) -> bool:
    return plan.action is Action.MAP and plan.field in fields


def _is_spare_phone(plan: ColumnPlan) -> bool:
    """A labelled phone that lost to the first one."""
    return plan.label_index is not None and plan.field is None and bool(_PHONES & set(plan.alternatives[:1]))


def _further_phone(plan: ColumnPlan) -> ColumnPlan:
    reason = f"header '{plan.header}' is a further phone; its label tells of each row which"
    return replace(plan, action=Action.MAP, field="phone", reason=reason)


def _without_stray_label(plan: ColumnPlan) -> ColumnPlan:
    return plan if _is_mapped(plan, _EMAILS | _PHONES) else replace(plan, label_index=None)

"""What becomes of a column that was read, in words: the last step of its plan.

Belongs here: action, confidence and reason. Does not belong: reading (`examination`) and contests (`contest`).
"""

from __future__ import annotations

from collections.abc import Sequence

from contact_pipeline.fields import FIELD_BY_NAME, Kind
from contact_pipeline.mapping.claims import GUARDED_FIELDS, RECORD_DATE, Claim, label_of
from contact_pipeline.mapping.contest import Verdict
from contact_pipeline.mapping.evidence import Evidence, value_type
from contact_pipeline.mapping.examination import Column, holds_addresses, looks_like_email
from contact_pipeline.mapping.plan import Action, ColumnPlan

_KINDS_WITH_UNITS = frozenset({Kind.MONEY, Kind.RATE, Kind.HEADCOUNT, Kind.COUNT})


def conclude(column: Column, verdict: Verdict | None, headers: Sequence[str]) -> ColumnPlan:
    """The plan of a column; `headers` are those of the table."""
    claim = column.claim
    if claim is None or claim.field is None:
        return _unread(column)
    if claim.field == RECORD_DATE:
        reason = f"header '{column.header}' tells when the record was changed: it dates the record"
        return _plan(column, Action.CUSTOM, None, claim.confidence, reason, dates=True)
    alternatives = tuple(field for field in claim.fields[1:] if field in FIELD_BY_NAME)
    if verdict is None:
        reason = f"header '{column.header}' {claim.reason} {label_of(claim.field)}, which is not sure enough"
        return _plan(column, Action.ASK, None, claim.confidence, reason, (claim.field, *alternatives))
    if verdict.field is None:
        action = Action.ASK if verdict.equal and claim.field in GUARDED_FIELDS else Action.CUSTOM
        winner = headers[verdict.lost_to] if verdict.lost_to is not None else ""
        reason = f"{label_of(claim.field)} comes from '{winner}', which is the better column for it"
        return _plan(column, action, None, claim.confidence, reason, (claim.field, *alternatives))
    reason = f"header '{column.header}' {claim.reason} {label_of(claim.field)}{_support(claim.field, column.evidence)}"
    if verdict.field != claim.field:
        reason += f"; {_why_other(claim)}, so it is {label_of(verdict.field)}"
    return _plan(column, Action.MAP, verdict.field, _confidence(claim, column.evidence), reason, alternatives)


def unit_for(field: str | None, unit: str) -> str:
    """The unit, where the field is one of numbers."""
    return unit if field is not None and FIELD_BY_NAME[field].kind in _KINDS_WITH_UNITS else ""


def _why_other(claim: Claim) -> str:
    return "it is a further one" if claim.ordinal > 1 else f"{label_of(claim.fields[0])} is taken"


def _unread(column: Column) -> ColumnPlan:
    """The plan of a column that names no field: a custom field, asked about where its values look like identity."""
    if column.refusal is not None:
        return _plan(column, Action.ASK, None, 0.5, column.refusal)
    if holds_addresses(column):
        reason = "its values are e-mail addresses, but its header does not say that they are the contact's own"
        return _plan(column, Action.ASK, None, 0.5, reason, ("email", "secondary_email"))
    known = column.claim is not None
    words = "is known to be none of the CRM fields" if known else "is no known spelling of a CRM field"
    reason = f"header '{column.header}' {words}" if column.plain else "the column has no header"
    return _plan(column, Action.CUSTOM, None, 0.9 if known else 0.6, reason)


def _plan(
    column: Column,
    action: Action,
    field: str | None,
    confidence: float,
    reason: str,
    alternatives: tuple[str, ...] = (),
    *,
    dates: bool = False,
) -> ColumnPlan:
    claim = column.claim
    return ColumnPlan(
        column.index,
        column.header,
        action,
        field,
        round(confidence, 2),
        f"{claim.source}: {reason}" if claim is not None and claim.source else reason,
        alternatives,
        dates_the_record=dates,
        unit=unit_for(field, column.unit),
        type=value_type(column.evidence) if field is None else "text",
        inverted=field == "opted_out" and claim is not None and claim.inverted,
    )


def _support(field: str, evidence: Evidence) -> str:
    """What the values add to the reason."""
    if field not in {"email", "secondary_email"} or evidence.values.is_empty():
        return ""
    return f"; {evidence.share('email'):.0%} of its values are e-mail addresses"


def _confidence(claim: Claim, evidence: Evidence) -> float:
    """The header's word, strengthened where the values look as they should."""
    supported = claim.field == "email" and looks_like_email(evidence)
    return 1 - (1 - claim.confidence) / 3 if supported else claim.confidence

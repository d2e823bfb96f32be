"""One lead as its template shows it: bars, the line of its scores, links that are safe to follow.

Belongs here: turning what is known of a lead into parts of a page. Does not belong: finding it (`reader`) and markup
(`templates`). Addresses and numbers come from files, so a link is made only of what can be nothing but one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from markupsafe import Markup

from contact_pipeline.dashboard.answers import Contribution, LeadDetail
from contact_pipeline.reporting.charts import diverging_bars
from contact_pipeline.reporting.factors import Factor

_WIDTH = 400
_LEAST_POINTS = 0.05  # below it a bar would say 0.0
_LINE_WIDTH, _LINE_HEIGHT, _MARGIN = 400.0, 64.0, 8.0
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_CONTACT_FIELDS = frozenset({"email", "phone", "mobile_phone", "linkedin_url", "website", "opted_out", "converted"})


class Way(NamedTuple):
    """A way to reach a lead; `address` is None where it is to be read and not followed."""

    label: str
    text: str
    address: str | None


class ScorePoint(NamedTuple):
    """A score on the line: where it stands in the picture, and what it was."""

    x: float
    y: float
    at: datetime
    score: float
    category: str


@dataclass(frozen=True, slots=True)
class LeadParts:
    """What the page of a lead shows beside the plain values of `LeadDetail`."""

    groups: Markup | None
    factors: Markup | None
    ways: Sequence[Way]
    line: Sequence[ScorePoint]  # empty for a single score
    fields: Sequence[tuple[str, str, str]]


def parts(lead: LeadDetail) -> LeadParts:
    """The parts of one lead."""
    return LeadParts(
        groups=_bars(lead.groups),
        factors=_bars(lead.factors),
        ways=_ways(lead),
        line=_line(lead.scores),
        fields=[one for one in lead.fields if one[0] not in _CONTACT_FIELDS],
    )


def _bars(contributions: Sequence[Contribution]) -> Markup | None:
    shown = [one for one in contributions if abs(one.points) >= _LEAST_POINTS]
    factors = [
        Factor(one.label, one.points if one.points > 0 else None, one.points if one.points < 0 else None)
        for one in shown
    ]
    return Markup(diverging_bars(factors, width=_WIDTH)) if factors else None  # noqa: S704  (charts escapes every text)


def _ways(lead: LeadDetail) -> list[Way]:
    """How to reach somebody. To who opted out nothing is a link: it must not happen by a slip of the hand."""
    found = [
        Way("E-mail", lead.email or "", _mail_address(lead.email)),
        Way("Phone", lead.phone or "", _call_address(lead.phone)),
        Way("Mobile", lead.mobile_phone or "", _call_address(lead.mobile_phone)),
        Way("LinkedIn", lead.linkedin_url or "", _web_address(lead.linkedin_url)),
        Way("Website", lead.website or "", _web_address(lead.website)),
    ]
    return [way._replace(address=None) if lead.opted_out else way for way in found if way.text]


def _mail_address(email: str | None) -> str | None:
    return f"mailto:{quote(email, safe='@')}" if email and _MAIL.fullmatch(email) else None


def _call_address(number: str | None) -> str | None:
    digits = re.sub(r"[\s().\-/]", "", number or "")
    return f"tel:{digits}" if re.fullmatch(r"\+?[0-9]{3,20}", digits) else None


def _web_address(address: str | None) -> str | None:
    """The address where it is one of a web page; anything else, such as a script, is text."""
    try:
        split = urlsplit(address or "")
    except ValueError:
        return None
    return address if split.scheme in ("http", "https") and split.netloc else None


def _line(scores: Sequence[tuple[datetime, float, str]]) -> list[ScorePoint]:
    """The scores from left to right by time; the height of the picture is 0 to 100."""
    if len(scores) < 2:
        return []
    first, span = scores[0][0], (scores[-1][0] - scores[0][0]).total_seconds() or 1.0
    across, up = _LINE_WIDTH - 2 * _MARGIN, _LINE_HEIGHT - 2 * _MARGIN
    return [
        ScorePoint(
            round(_MARGIN + (at - first).total_seconds() / span * across, 1),
            round(_MARGIN + (1 - score / 100) * up, 1),
            at,
            score,
            category,
        )
        for at, score, category in scores
    ]

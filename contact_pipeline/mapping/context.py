"""Headers that mean different things in different tools: "Title", "Name", "Status", "URL".

Belongs here: deciding between their readings by the values, then by the other columns. Does not belong: finding the
readings (`spellings`, `grammar`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from contact_pipeline.mapping.claims import ADDRESS_FIELDS, Claim
from contact_pipeline.mapping.evidence import Evidence

_MOST = 0.6
_SOME = 0.3


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The sure readings of the table's columns, by position; None where there is none."""

    fields: tuple[str | None, ...]
    headers: tuple[str, ...]  # normalised

    def has(self, *fields: str) -> bool:
        """Whether a column surely holds one of these fields."""
        return any(field in self.fields for field in fields)

    def around(self, index: int) -> set[str | None]:
        """Readings of the columns beside one."""
        return {*self.fields[max(0, index - 1) : index], *self.fields[index + 1 : index + 2]}


def settle(claim: Claim, index: int, neighbours: Neighbours, evidence: Evidence) -> Claim:
    """One reading of an ambiguous header first, with the reason; the others stay as alternatives."""
    readings = set(claim.fields)
    if readings == {"job_title", "salutation"}:
        field, why, sure = _title(index, neighbours, evidence)
    elif readings >= {"full_name", "last_name"}:
        field, why, sure = _name(index, neighbours, evidence)
    elif readings == {"website", "linkedin_url"}:
        field, why, sure = _url(neighbours, evidence)
    elif readings == {"lead_status", "opted_out"}:
        field, why, sure = _status(evidence)
    elif readings == {"region", "lead_status"}:
        field, why, sure = _state(index, neighbours)
    elif readings == {"region", "country"}:
        field, why, sure = _region(neighbours)
    else:
        return claim
    rest = tuple(other for other in claim.fields if other != field)
    return replace(claim, fields=(field, *rest), confidence=sure, reason=f"is ambiguous; {why}, so it names")


def _title(index: int, neighbours: Neighbours, evidence: Evidence) -> tuple[str, str, float]:
    if evidence.share("salutation") >= _MOST:
        return "salutation", "its values are salutations", 0.95
    if evidence.distinct and evidence.share("salutation") <= 1 - _MOST:
        return "job_title", "its values are no salutations", 0.9
    if not neighbours.has("job_title"):
        before_name = {"first_name", "last_name", "full_name"} & set(neighbours.fields[index + 1 : index + 2])
        if before_name and not neighbours.has("salutation"):
            return "job_title", "it stands before the name, as a salutation would", 0.5
        return "job_title", "no other column holds the job title", 0.8
    if neighbours.has("salutation"):
        return "job_title", "another column holds the salutation", 0.8
    if "first_name" in neighbours.fields[index + 1 : index + 3]:
        return "salutation", "it stands before the first name and another column holds the job title", 0.85
    return "salutation", "another column holds the job title", 0.5


def _name(index: int, neighbours: Neighbours, evidence: Evidence) -> tuple[str, str, float]:
    header = neighbours.headers[index]
    first, last = neighbours.has("first_name"), neighbours.has("last_name")
    if evidence.share("legal_form") >= _SOME and not neighbours.has("company"):
        return "company", "its values are names of companies", 0.85
    if last and not first and header in {"nombre", "nome"}:
        return "first_name", "another column holds the last name", 0.9
    if first and not last:
        return "last_name", "another column holds the first name", 0.85
    if not first and not last and neighbours.has("website") and not neighbours.has("email", "job_title", "company"):
        return "company", "no column tells of a person", 0.6
    return "full_name", "nothing speaks for a part of the name", 0.8


def _url(neighbours: Neighbours, evidence: Evidence) -> tuple[str, str, float]:
    if evidence.share("linkedin") >= _MOST:
        return "linkedin_url", "its values are LinkedIn addresses", 0.95
    if "connected on" in neighbours.headers:
        return "linkedin_url", "the file is a list of LinkedIn connections", 0.9
    return "website", "no value is a LinkedIn address", 0.8


def _status(evidence: Evidence) -> tuple[str, str, float]:
    if evidence.share("subscription") >= 1 and evidence.share("unsubscribed") > 0:
        return "opted_out", "its values tell who unsubscribed", 0.9
    return "lead_status", "its values do not tell who unsubscribed", 0.8


def _state(index: int, neighbours: Neighbours) -> tuple[str, str, float]:
    if neighbours.around(index) & ADDRESS_FIELDS:
        return "region", "it stands beside an address", 0.85
    if not neighbours.has("city", "postal_code"):
        return "lead_status", "there is no address", 0.8
    return "region", "there is an address, but not beside it", 0.5


def _region(neighbours: Neighbours) -> tuple[str, str, float]:
    if neighbours.has("region") and not neighbours.has("country"):
        return "country", "another column holds the state", 0.8
    return "region", "no other column holds the state", 0.8


def sure_fields(claims: Sequence[Claim | None]) -> tuple[str | None, ...]:
    """Readings that need no context."""
    return tuple(claim.field if claim is not None and claim.is_sure else None for claim in claims)

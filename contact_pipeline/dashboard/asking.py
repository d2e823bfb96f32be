"""From a request to the question it asks.

Belongs here: reading address and posted fields. Does not belong: what a question is (`query`) and how it is answered
(`reader`).
"""

from __future__ import annotations

from starlette.requests import Request

from contact_pipeline.dashboard.posting import posted
from contact_pipeline.dashboard.query import LeadQuery

SEARCH = "q"
_MOST_SEARCHED = 200
_FROM, _TO = "from", "to"  # what the form of the score range sends; an address has both as one


def asked(request: Request) -> LeadQuery:
    """The question of a request: filters, order and page in the address, the search in what is posted. Raises NotAsked."""
    fields = posted(request)
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name not in (_FROM, _TO)]
    ends = [fields.get(name, request.query_params.get(name, "")).strip() for name in (_FROM, _TO)]
    if _has_range(request):
        pairs = [pair for pair in pairs if pair[0] not in ("score", "page")]
    if any(ends):
        pairs.append(("score", "-".join(ends)))
    return LeadQuery.of_pairs(pairs, search=fields.get(SEARCH, "")[:_MOST_SEARCHED])


def is_in_short(request: Request) -> bool:
    """Is the address the one that the question has, not the longer one of a form?"""
    return not any(name in request.query_params for name in (_FROM, _TO))


def _has_range(request: Request) -> bool:
    fields = posted(request)
    return any(name in fields or name in request.query_params for name in (_FROM, _TO))

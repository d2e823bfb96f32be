"""What a reader asks for: filters, search, order and page; and the same as an address.

Belongs here: the question, its text in an address, and the questions one click away. Does not belong: finding leads
(`index`) and which filters there are (`filters`). One question serves list, counts and export, so they cannot differ.
A search may name a person, so it never stands in an address: it travels in the body of a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

CALL_ORDER = "call_order"
LEADS_A_PAGE = 50
MOST_CHOSEN = 200  # every link of a page carries all of them, so an answer grows with their square
_DIGITS_OF_A_PAGE = 7
_SCORE, _SORT, _PAGE = "score", "sort", "page"


class NotAsked(ValueError):
    """An address that asks for what there is not; the message says which part, in one line."""


@dataclass(frozen=True, slots=True)
class LeadQuery:
    """`chosen` maps the name of a filter to the values of which a lead must have one; "" is "no value".

    Scores are 0-100, both ends included. `sort` is the name of a column or CALL_ORDER; pages count from 1.
    """

    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    score_from: float | None = None
    score_to: float | None = None
    search: str = ""
    sort: str = CALL_ORDER
    descending: bool = False
    page: int = 1

    @classmethod
    def of_pairs(cls, pairs: Iterable[tuple[str, str]], search: str = "") -> LeadQuery:
        """Read the pairs of an address. Raises NotAsked; whether a filter exists is for the index to say."""
        chosen: dict[str, tuple[str, ...]] = {}
        plain = {_SCORE: "", _SORT: CALL_ORDER, _PAGE: "1"}
        for name, value in pairs:
            if name in plain:
                plain[name] = value
            elif value not in chosen.get(name, ()):
                chosen[name] = (*chosen.get(name, ()), value)
        if sum(map(len, chosen.values())) > MOST_CHOSEN:
            raise NotAsked(f"Up to {MOST_CHOSEN} values can be chosen at once.")
        score_from, score_to = _score_range(plain[_SCORE])
        sort = plain[_SORT]
        return cls(
            chosen=chosen,
            score_from=score_from,
            score_to=score_to,
            search=search.strip(),
            sort=sort.removeprefix("-"),
            descending=sort.startswith("-"),
            page=_page_number(plain[_PAGE]),
        )

    def pairs(self) -> list[tuple[str, str]]:
        """The pairs of the address, in a fixed order; without the search."""
        found = [(name, value) for name in sorted(self.chosen) for value in self.chosen[name]]
        if self.has_score_range:
            found.append((_SCORE, f"{_short(self.score_from, 0)}-{_short(self.score_to, 100)}"))
        if self.sort != CALL_ORDER or self.descending:
            found.append((_SORT, ("-" if self.descending else "") + self.sort))
        if self.page != 1:
            found.append((_PAGE, str(self.page)))
        return found

    def address(self, path: str = "/") -> str:
        """The address of this question under `path`."""
        pairs = self.pairs()
        return f"{path}?{urlencode(pairs)}" if pairs else path

    @property
    def has_score_range(self) -> bool:
        """Is the score limited?"""
        return self.score_from is not None or self.score_to is not None

    @property
    def is_filtered(self) -> bool:
        """Does it leave any lead out?"""
        return bool(self.chosen or self.search or self.has_score_range)

    def toggled(self, name: str, value: str) -> LeadQuery:
        """With the value chosen where it was not, and not where it was; on the first page."""
        before = self.chosen.get(name, ())
        after = tuple(one for one in before if one != value) if value in before else (*before, value)
        rest = {other: values for other, values in self.chosen.items() if other != name}
        return replace(self, chosen={**rest, name: after} if after else rest, page=1)

    def with_score(self, score_from: float | None, score_to: float | None) -> LeadQuery:
        """With another range of scores, on the first page; None is no limit."""
        return replace(self, score_from=score_from, score_to=score_to, page=1)

    def sorted_by(self, column: str, *, descending: bool) -> LeadQuery:
        """In another order, from its first page."""
        return replace(self, sort=column, descending=descending, page=1)

    def on_page(self, page: int) -> LeadQuery:
        """Another page of the same."""
        return replace(self, page=page)

    def without_filters(self) -> LeadQuery:
        """All leads, in the same order."""
        return LeadQuery(sort=self.sort, descending=self.descending)


def _score_range(text: str) -> tuple[float | None, float | None]:
    """ "75-100" as two numbers; an open end may be left out."""
    if not text:
        return None, None
    low, dash, high = text.partition("-")
    try:
        ends = (float(low) if low else None, float(high) if high else None)
    except ValueError:
        ends = (None, None)
    if not dash or ends == (None, None) or any(end is not None and not 0 <= end <= 100 for end in ends):
        raise NotAsked(f"'{text}' is no range of scores: it is written 75-100.")
    return ends


def _page_number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _DIGITS_OF_A_PAGE or int(text) == 0:
        raise NotAsked(f"'{text}' is no page: pages count from 1.")
    return int(text)


def _short(end: float | None, otherwise: int) -> str:
    return f"{otherwise if end is None else end:g}"

"""Who gets a field that several columns claim, and which columns share one.

Belongs here: the rules of rank, of joining (street lines, notes) and of coalescing (columns that never contradict each
other). Does not belong: what a header means (`claims`) and carrying the plan out (`apply`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from contact_pipeline.mapping.claims import ADDRESS_FIELDS, Place

# All columns of these count: texts are joined, one opt-out is enough.
_SHARED = frozenset({"notes", "opted_out"})
_OWN = frozenset({Place.PRIMARY, Place.PLAIN, Place.WORK})
_SURE = 0.85  # below it a reading yields to a surer one

Contradict = Callable[[int, int], bool]


@dataclass(frozen=True, slots=True)
class Contender:
    """A column that claims a field. `base` is its header without numbers; `fixed` means that a setting says so."""

    index: int
    field: str
    confidence: float
    place: Place
    ordinal: int
    base: str
    fixed: bool = False

    @property
    def rank(self) -> tuple[bool, int, int, int, int, int]:
        """Sort key, the best first."""
        return (not self.fixed, *self.tier, int(self.place), self.index)

    @property
    def tier(self) -> tuple[int, int, int]:
        """Columns of one tier are equals; the others only stand in."""
        return (self.ordinal, _tier(self.place, self.field), int(self.confidence < _SURE))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a contender gets: a field, or none because of `lost_to` (a column); `equal` where it lost to an equal."""

    field: str | None
    lost_to: int | None = None
    equal: bool = False


def _tier(place: Place, field: str) -> int:
    if field in {"phone", "mobile_phone"} and place is Place.PRIMARY:
        return 1  # tools that have a primary number beside a work number repeat one of the others in it
    if field == "mobile_phone" and place is Place.WORK:
        return 1  # beside a mobile of no named place it is a further one
    return 0 if place in _OWN else int(place)


def decide(contenders: Iterable[Contender], contradict: Contradict) -> dict[int, Verdict]:
    """The verdict for each column. `contradict(a, b)` tells whether two columns ever hold different values in a row."""
    by_field: dict[str, list[Contender]] = defaultdict(list)
    for contender in sorted(contenders, key=lambda c: c.rank):
        by_field[contender.field].append(contender)
    verdicts = _one_address(by_field)
    emails = by_field.pop("email", [])
    verdicts |= _emails(emails, by_field.pop("secondary_email", []), contradict)
    for field, rivals in by_field.items():
        verdicts |= _field(field, rivals, contradict)
    return verdicts


def _one_address(by_field: dict[str, list[Contender]]) -> dict[int, Verdict]:
    """Keep the columns of the first address only: a street of one and the city of another make a third."""
    found = [c for field in ADDRESS_FIELDS for c in by_field.get(field, [])]
    tiers = {_tier(c.place, c.field) for c in found if not c.fixed}
    if len(tiers) < 2:
        return {}
    lost: dict[int, Verdict] = {}
    for field in ADDRESS_FIELDS & set(by_field):
        kept = [c for c in by_field[field] if c.fixed or _tier(c.place, field) == min(tiers)]
        best = next(iter(kept or [c for c in found if _tier(c.place, c.field) == min(tiers)]))
        lost |= {c.index: Verdict(None, best.index) for c in by_field[field] if c not in kept}
        by_field[field] = kept
    return lost


def _emails(primary: list[Contender], second: list[Contender], contradict: Contradict) -> dict[int, Verdict]:
    """The best column is the e-mail, the next the second one."""
    verdicts, rest = _share("email", primary, contradict)
    further, left = _share("secondary_email", [*second, *rest], contradict, any_tier=True)
    return verdicts | further | _losers(left, [*second, *rest][:1])


def _field(field: str, rivals: list[Contender], contradict: Contradict) -> dict[int, Verdict]:
    if field in _SHARED:
        return {c.index: Verdict(field) for c in rivals}
    if field == "street_address":
        return _streets(rivals, contradict)
    verdicts, left = _share(field, rivals, contradict)
    return verdicts | _losers(left, rivals[:1])


def _streets(rivals: list[Contender], contradict: Contradict) -> dict[int, Verdict]:
    """Lines of one street (same words, other numbers, or "line" added) belong together."""
    if not rivals:
        return {}
    first = rivals[0]
    lines = [c for c in rivals if c.place is first.place and _is_line_of(c, first)]
    others = [c for c in rivals if c not in lines]
    verdicts, left = _share("street_address", [rivals[0], *others], contradict)
    return {c.index: Verdict("street_address") for c in lines} | verdicts | _losers(left, rivals[:1])


def _is_line_of(line: Contender, first: Contender) -> bool:
    return line.base == first.base or (line.ordinal > 1 and line.base.startswith(f"{first.base} "))


def _share(
    field: str, rivals: Sequence[Contender], contradict: Contradict, *, any_tier: bool = False
) -> tuple[dict[int, Verdict], list[Contender]]:
    """The first column and its equals that never contradict it; and the columns left over."""
    kept: list[Contender] = []
    left: list[Contender] = []
    for rival in rivals:
        equal = not kept or any_tier or rival.fixed or rival.tier == kept[0].tier
        agrees = equal and not any(contradict(rival.index, other.index) for other in kept)
        (kept if agrees else left).append(rival)
    return {c.index: Verdict(field) for c in kept}, left


def _losers(left: Sequence[Contender], winners: Sequence[Contender]) -> dict[int, Verdict]:
    return {c.index: Verdict(None, w.index, c.tier == w.tier) for w in winners for c in left}

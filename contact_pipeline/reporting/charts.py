"""Charts of leads as SVG text: no library, no script, no style sheet needed, a few kilobytes each.

Belongs here: geometry of bars. Does not belong: shapes and escaping (`svg`), pictures of a model (`model_charts`), where
numbers come from, and pages. Every chart fits `width` (below NARROW it puts labels above bars, for phones), names itself
for screen readers, and is readable on light and dark ground.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from contact_pipeline.reporting.aggregates import BIN_POINTS, CATEGORIES, ScoreBin, Split
from contact_pipeline.reporting.factors import Factor
from contact_pipeline.reporting.palette import CATEGORY_COLOURS, GRID, LOWERS, RAISES, WITHHELD
from contact_pipeline.reporting.svg import line, link, picture, rect, text

NARROW = 360
_CHARACTER_WIDTH = 6.4  # a generous mean of the fonts in use at their size
_ROW, _TALL_ROW, _BAR = 24, 38, 13
_PANEL, _PANEL_GAP = 128, 28


class Standing(NamedTuple):
    """How leads stood after a run: Hot, Warm, Cold."""

    label: str
    by_category: tuple[int, int, int]


def histogram(bins: Sequence[ScoreBin], *, width: int = 760, links: Sequence[str] = ()) -> str:
    """Leads by score, each bar split by category. With `links` (one a bin) a bar leads to its address."""
    height, left, bottom, top = 210, 44, 26, 10
    tallest = max((sum(one.by_category) for one in bins), default=0)
    ticks = _ticks(tallest)
    scale = (height - top - bottom) / (ticks[-1] or 1)
    step = (width - left - 12) / max(len(bins), 1)
    body = [_value_grid(ticks, scale, left, width, height - bottom)]
    for place, (one, address) in enumerate(zip(bins, links or [""] * len(bins), strict=True)):
        body.append(_score_bar(one, left + place * step, step - 2, scale, height - bottom, address))
    ends = range(0, 101, 25 if width < NARROW else 10)
    body += [text(left + end / BIN_POINTS * step, height - 8, str(end), anchor="middle") for end in ends]
    return picture(width, height, "Number of leads by score", body, has_links=any(links))


def stacked_bars(
    splits: Sequence[Split], *, width: int = 760, title: str = "Leads by category", links: Sequence[str] = ()
) -> str:
    """One bar a group, as long as it has leads, split by category where that is safe to show.

    With `links` (one a group; "" for none) a bar leads to its address.
    """
    most = max((one.leads for one in splits), default=1) or 1
    rows = _Rows(width, [one.label for one in splits], value_characters=16)
    addresses = links or [""] * len(splits)
    body = []
    for place, (one, address) in enumerate(zip(splits, addresses, strict=True)):
        drawn = _stacked_bar(rows, place, one, most)
        said = f"{one.label}: {one.leads:,} leads{_hot_share(one, ', ')}"
        body.append(link(address, said, drawn) if address else "".join(drawn))
    return picture(width, rows.height, title, body, has_links=any(links))


def diverging_bars(factors: Sequence[Factor], *, width: int = 760, reach: float = 0) -> str:
    """How far each factor lowers (left) and raises (right) the score, in points; the longest bar stands for at least
    `reach`.
    """
    reach = max([reach, *(factor.reach for factor in factors)]) or 1.0
    rows = _Rows(width, [factor.label for factor in factors], value_characters=0)
    half = rows.room / 2 - 40
    middle = rows.left + rows.room / 2
    body = [line(middle, 0, middle, rows.height, "axis")]
    for place, factor in enumerate(factors):
        body.append(rows.label(place))
        y = rows.bar_top(place)
        if factor.raises is not None:
            length = factor.raises / reach * half
            body.append(rect(middle, y, length, _BAR, RAISES))
            body.append(text(middle + length + 7, y + 10.5, f"+{factor.raises:.1f}"))
        if factor.lowers is not None:
            length = -factor.lowers / reach * half
            body.append(rect(middle - length, y, length, _BAR, LOWERS))
            body.append(text(middle - length - 7, y + 10.5, f"\u2212{-factor.lowers:.1f}", anchor="end"))
    return picture(width, rows.height, "How far each factor moves the score, in points", body)


def share_bars(shares: Sequence[tuple[str, float]], *, width: int = 760, title: str = "Share") -> str:
    """One bar a label, on a track that stands for 100 %."""
    rows = _Rows(width, [label for label, _ in shares], value_characters=6)
    body = []
    for place, (_, share) in enumerate(shares):
        y = rows.bar_top(place)
        body.append(rows.label(place))
        body.append(rect(rows.left, y, rows.room, _BAR, GRID, opacity=0.16))
        body.append(rect(rows.left, y, share * rows.room, _BAR, CATEGORY_COLOURS["Cold"]))
        body.append(text(width, y + 10.5, percent(share), anchor="end"))
    return picture(width, rows.height, title, body)


def trend(runs: Sequence[Standing], *, width: int = 760) -> str:
    """Hot, Warm and Cold by run, each on a scale of its own: beside each other, or below where it is narrow."""
    down = width <= NARROW
    wide = width if down else (width - 2 * _PANEL_GAP) / len(CATEGORIES)
    body = []
    for place, category in enumerate(CATEGORIES):
        x, y = (0.0, place * (_PANEL + _PANEL_GAP)) if down else (place * (wide + _PANEL_GAP), 0.0)
        counts = [(one.label, one.by_category[place]) for one in runs]
        body += _panel(category, counts, x, y, wide)
    height = len(CATEGORIES) * (_PANEL + _PANEL_GAP) - _PANEL_GAP if down else _PANEL
    return picture(width, height, "Hot, Warm and Cold leads after each run", body)


def percent(share: float) -> str:
    """A share in percent, one decimal below ten; never 0% or 100% for something in between."""
    if 0 < share < 0.0005:
        return "<0.1%"
    if 0.995 <= share < 1:
        return ">99%"
    return f"{share:.1%}".replace(".0%", "%") if share < 0.0995 else f"{share:.0%}"


def signed(change: int) -> str:
    """A change in a number of leads: +12, −3, ±0."""
    return f"{change:+,}".replace("-", "\u2212") if change else "±0"


class _Rows:
    """Geometry of bars under each other, with labels at the left, or above them where it is narrow."""

    def __init__(self, width: int, labels: Sequence[str], *, value_characters: int) -> None:
        self._narrow = width < NARROW
        longest = max((len(label) for label in labels), default=0) * _CHARACTER_WIDTH + 14
        self.left = 0.0 if self._narrow else min(longest, width * 0.42)
        self.room = width - self.left - value_characters * _CHARACTER_WIDTH
        self._labels = labels
        self._fits = int((width if self._narrow else self.left - 8) / _CHARACTER_WIDTH)
        self.height = max(len(labels), 1) * (_TALL_ROW if self._narrow else _ROW)

    def bar_top(self, place: int) -> int:
        return place * _TALL_ROW + 17 if self._narrow else place * _ROW + 5

    def label(self, place: int) -> str:
        words = self._labels[place]
        y = place * _TALL_ROW + 12 if self._narrow else self.bar_top(place) + 10.5
        return text(0, y, words if len(words) <= self._fits else words[: self._fits - 1] + "…", strong=True, hint=words)


def _stacked_bar(rows: _Rows, place: int, one: Split, most: int) -> list[str]:
    drawn = [rows.label(place)]
    x, y = rows.left, rows.bar_top(place)
    parts = one.by_category or (one.leads,)
    colours = [CATEGORY_COLOURS[name] for name in CATEGORIES] if one.by_category else [WITHHELD]
    for leads, colour in zip(parts, colours, strict=True):
        length = leads / most * rows.room
        drawn.append(rect(x, y, length, _BAR, colour))
        x += length
    return [*drawn, text(x + 7, y + 10.5, f"{one.leads:,}{_hot_share(one, ' · ')}")]


def _hot_share(one: Split, before: str) -> str:
    return "" if one.hot_share is None else f"{before}{percent(one.hot_share)} Hot"


def _panel(category: str, counts: Sequence[tuple[str, int]], x: float, y: float, wide: float) -> list[str]:
    """Bars of one category: the last one full, earlier ones faint; above them the last number and its change."""
    top, floor = y + 34, y + _PANEL - 18
    most = max((count for _, count in counts), default=0) or 1
    step = wide / max(len(counts), 4)  # two runs make no two walls
    drawn = [line(x, floor, x + wide, floor, "axis"), text(x, y + 14, category, strong=True)]
    for place, (label, count) in enumerate(counts):
        tall = count / most * (floor - top)
        opacity = 1 if place == len(counts) - 1 else 0.45
        bar = rect(x + place * step, floor - tall, step - 3, tall, CATEGORY_COLOURS[category], opacity=opacity)
        drawn.append(f"<g><title>{label}: {count:,} {category}</title>{bar}</g>")
    if counts:
        change = f" ({signed(counts[-1][1] - counts[-2][1])})" if len(counts) > 1 else ""
        end = x + len(counts) * step - 3
        drawn.append(text(x + wide, y + 14, f"{counts[-1][1]:,}{change}", anchor="end", strong=True))
        drawn.append(text(x, floor + 15, counts[0][0]))
        drawn += [text(end, floor + 15, counts[-1][0], anchor="end")] if len(counts) > 3 else []
    return drawn


def _score_bar(one: ScoreBin, x: float, wide: float, scale: float, floor: float, address: str) -> str:
    parts = []
    y = floor
    for leads, category in zip(reversed(one.by_category), reversed(CATEGORIES), strict=True):
        if leads:
            tall = max(leads * scale, 1.5)  # a rare score must not look like none
            y -= tall
            parts.append(rect(x, y, wide, tall, CATEGORY_COLOURS[category]))
    hint = f"Score {one.start} to {one.start + BIN_POINTS}: {sum(one.by_category):,} leads"
    return link(address, hint, parts) if address else f"<g><title>{hint}</title>{''.join(parts)}</g>"


def _value_grid(ticks: Sequence[int], scale: float, left: float, right: float, floor: float) -> str:
    lines = [
        line(left, floor - tick * scale, right, floor - tick * scale, "grid" if tick else "axis") for tick in ticks
    ]
    labels = [text(left - 8, floor - tick * scale + 4, _short(tick), anchor="end") for tick in ticks]
    return "".join(lines + labels)


def _ticks(most: int) -> list[int]:
    """Up to five round values from 0 to at least `most`."""
    steps = (digit * 10**power for power in range(12) for digit in (1, 2, 5))
    step = next(step for step in steps if step * 4 >= most)
    return list(range(0, max(most, 1) + step, step))


def _short(count: int) -> str:
    for limit, unit in ((1_000_000, "M"), (1_000, "k")):
        if count >= limit:
            return f"{count / limit:g}{unit}"
    return str(count)

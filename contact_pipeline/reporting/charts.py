"""Charts as SVG text: no library, no script, no style sheet needed, a few kilobytes each.

Belongs here: geometry and escaping. Does not belong: where numbers come from, and pages. Every chart fits `width`
(below NARROW it puts labels above bars, for phones), names itself for screen readers, and is readable on light and dark
ground. Pages may restyle it by its classes: ink, strong, grid, axis.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from html import escape

from contact_pipeline.reporting.aggregates import BIN_POINTS, CATEGORIES, ScoreBin, Split
from contact_pipeline.reporting.factors import Factor
from contact_pipeline.reporting.palette import CATEGORY_COLOURS, GRID, INK, LINE, LOWERS, RAISES, WITHHELD
from contact_pipeline.scoring.card import CalibrationBin, GainPoint

NARROW = 360
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_FONT = "Inter, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_TEXT_SIZE = 12
_CHARACTER_WIDTH = 6.4  # a generous mean of the fonts above at that size
_ROW, _TALL_ROW, _BAR = 24, 38, 13


def histogram(bins: Sequence[ScoreBin], *, width: int = 760) -> str:
    """Leads by score, each bar split by category."""
    height, left, bottom, top = 210, 44, 26, 10
    tallest = max((sum(one.by_category) for one in bins), default=0)
    ticks = _ticks(tallest)
    scale = (height - top - bottom) / (ticks[-1] or 1)
    step = (width - left - 12) / max(len(bins), 1)
    body = [_value_grid(ticks, scale, left, width, height - bottom)]
    for place, one in enumerate(bins):
        body.append(_score_bar(one, left + place * step, step - 2, scale, height - bottom))
    ends = range(0, 101, 25 if width < NARROW else 10)
    body += [_text(left + end / BIN_POINTS * step, height - 8, str(end), anchor="middle") for end in ends]
    return _svg(width, height, "Number of leads by score", body)


def stacked_bars(splits: Sequence[Split], *, width: int = 760, title: str = "Leads by category") -> str:
    """One bar a group, as long as it has leads, split by category where that is safe to show."""
    most = max((one.leads for one in splits), default=1)
    rows = _Rows(width, [one.label for one in splits], value_characters=16)
    body = []
    for place, one in enumerate(splits):
        body.append(rows.label(place))
        x, y = rows.left, rows.bar_top(place)
        parts = one.by_category or (one.leads,)
        colours = [CATEGORY_COLOURS[name] for name in CATEGORIES] if one.by_category else [WITHHELD]
        for leads, colour in zip(parts, colours, strict=True):
            length = leads / most * rows.room
            body.append(_rect(x, y, length, _BAR, colour))
            x += length
        share = f" · {one.hot_share:.0%} Hot" if one.hot_share is not None else ""
        body.append(_text(x + 7, y + 10.5, f"{one.leads:,}{share}"))
    return _svg(width, rows.height, title, body)


def diverging_bars(factors: Sequence[Factor], *, width: int = 760) -> str:
    """How far each factor lowers (left) and raises (right) the score, in points."""
    reach = max((factor.reach for factor in factors), default=1.0) or 1.0
    rows = _Rows(width, [factor.label for factor in factors], value_characters=0)
    half = rows.room / 2 - 40
    middle = rows.left + rows.room / 2
    body = [_line(middle, 0, middle, rows.height, "axis")]
    for place, factor in enumerate(factors):
        body.append(rows.label(place))
        y = rows.bar_top(place)
        if factor.raises is not None:
            length = factor.raises / reach * half
            body.append(_rect(middle, y, length, _BAR, RAISES))
            body.append(_text(middle + length + 7, y + 10.5, f"+{factor.raises:.1f}"))
        if factor.lowers is not None:
            length = -factor.lowers / reach * half
            body.append(_rect(middle - length, y, length, _BAR, LOWERS))
            body.append(_text(middle - length - 7, y + 10.5, f"\u2212{-factor.lowers:.1f}", anchor="end"))
    return _svg(width, rows.height, "How far each factor moves the score, in points", body)


def share_bars(shares: Sequence[tuple[str, float]], *, width: int = 760, title: str = "Share") -> str:
    """One bar a label, on a track that stands for 100 %."""
    rows = _Rows(width, [label for label, _ in shares], value_characters=6)
    body = []
    for place, (_, share) in enumerate(shares):
        y = rows.bar_top(place)
        body.append(rows.label(place))
        body.append(
            f'<rect x="{rows.left:.1f}" y="{y}" width="{rows.room:.1f}" height="{_BAR}" rx="2" '
            f'fill="{GRID}" fill-opacity=".16"/>'
        )
        body.append(_rect(rows.left, y, share * rows.room, _BAR, CATEGORY_COLOURS["Cold"]))
        body.append(_text(width, y + 10.5, percent(share), anchor="end"))
    return _svg(width, rows.height, title, body)


def gains_curve(points: Sequence[GainPoint], *, width: int = 370) -> str:
    """Share of the conversions found by the share of leads called, best first, against calling at random."""
    plot = _SquarePlot(width, 1.0)
    places = [plot.at(0, 0), *(plot.at(point.leads_share, point.conversions_share) for point in points)]
    body = [plot.frame("leads called, best first", "conversions found"), _polyline(places)]
    body += [_dot(x, y, 2.6) for x, y in places] if len(places) <= 25 else []
    return _svg(width, plot.height, "Share of conversions found by share of leads called", body)


def calibration_plot(bins: Sequence[CalibrationBin], *, width: int = 370) -> str:
    """Observed conversion by predicted conversion; a dot is as large as the leads behind it. On the line is honest."""
    most = max((max(one.predicted, one.observed) for one in bins), default=1.0)
    plot = _SquarePlot(width, next(limit for limit in (0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if most <= limit or limit == 1.0))
    largest = max((one.leads for one in bins), default=1)
    places = [plot.at(one.predicted, one.observed) for one in bins]
    body = [plot.frame("predicted conversion", "observed conversion"), _polyline(places)]
    body += [_dot(x, y, 3 + 4 * (one.leads / largest) ** 0.5) for (x, y), one in zip(places, bins, strict=True)]
    return _svg(width, plot.height, "Observed against predicted conversion", body)


def svg_data_uri(svg: str) -> str:
    """The picture as an address, for an <img> or a Markdown page."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")


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
        text = self._labels[place]
        y = place * _TALL_ROW + 12 if self._narrow else self.bar_top(place) + 10.5
        return _text(0, y, text if len(text) <= self._fits else text[: self._fits - 1] + "…", strong=True, hint=text)


class _SquarePlot:
    """Two axes from 0 to the same limit, and the diagonal between them."""

    def __init__(self, width: int, limit: float) -> None:
        self._limit, self._left, self._bottom, self._top = limit, 46, 42, 8
        self._width, self.height = width, round(width * 0.68)
        self._across, self._up = width - self._left - 16, self.height - self._bottom - self._top

    def at(self, x: float, y: float) -> tuple[float, float]:
        return (
            self._left + min(x / self._limit, 1) * self._across,
            self._top + (1 - min(y / self._limit, 1)) * self._up,
        )

    def frame(self, x_title: str, y_title: str) -> str:
        marks = []
        for part in (0, 0.25, 0.5, 0.75, 1):
            (x, y), share = self.at(part * self._limit, part * self._limit), percent(part * self._limit)
            marks.append(_line(self._left, y, self._left + self._across, y, "axis" if part == 0 else "grid"))
            marks.append(_text(self._left - 6, y + 4, share, anchor="end"))
            marks.append(_text(x, self.height - 26, share, anchor="middle"))
        (x0, y0), (x1, y1) = self.at(0, 0), self.at(self._limit, self._limit)
        marks.append(_line(x0, y0, x1, y1, "axis", dashed=True))
        marks.append(_text(self._left + self._across / 2, self.height - 7, x_title, anchor="middle"))
        marks.append(_text(self._left + 8, self._top + 12, y_title))
        return "".join(marks)


def _score_bar(one: ScoreBin, x: float, wide: float, scale: float, floor: float) -> str:
    parts = []
    y = floor
    for leads, category in zip(reversed(one.by_category), reversed(CATEGORIES), strict=True):
        if leads:
            tall = max(leads * scale, 1.5)  # a rare score must not look like none
            y -= tall
            parts.append(_rect(x, y, wide, tall, CATEGORY_COLOURS[category]))
    hint = f"Score {one.start} to {one.start + BIN_POINTS}: {sum(one.by_category):,} leads"
    return f"<g><title>{hint}</title>{''.join(parts)}</g>"


def _value_grid(ticks: Sequence[int], scale: float, left: float, right: float, floor: float) -> str:
    lines = [
        _line(left, floor - tick * scale, right, floor - tick * scale, "grid" if tick else "axis") for tick in ticks
    ]
    labels = [_text(left - 8, floor - tick * scale + 4, _short(tick), anchor="end") for tick in ticks]
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


def percent(share: float) -> str:
    """A share in percent, one decimal below ten; never 0% or 100% for something in between."""
    if 0 < share < 0.0005:
        return "<0.1%"
    if 0.995 <= share < 1:
        return ">99%"
    return f"{share:.1%}".replace(".0%", "%") if share < 0.0995 else f"{share:.0%}"


def _svg(width: int, height: int, title: str, body: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    look = f'role="img" aria-label="{_safe(title)}" font-family="{_FONT}" font-size="{_TEXT_SIZE}"'
    return f"{head} {look}>{''.join(body)}</svg>"


def _text(x: float, y: float, text: str, *, anchor: str = "start", strong: bool = False, hint: str = "") -> str:
    name = "strong" if strong else "ink"
    title = f"<title>{_safe(hint)}</title>" if hint and hint != text else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{name}" fill="{INK}">{_safe(text)}{title}</text>'
    )


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" fill="{colour}"/>'


def _line(x0: float, y0: float, x1: float, y1: float, name: str, *, dashed: bool = False) -> str:
    look = ' stroke-dasharray="3 4"' if dashed else ""
    opacity = ".25" if name == "grid" else ".7"
    return (
        f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" class="{name}" stroke="{GRID}" '
        f'stroke-opacity="{opacity}"{look}/>'
    )


def _polyline(places: Sequence[tuple[float, float]]) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="2" stroke-linejoin="round"/>'


def _dot(x: float, y: float, radius: float) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{LINE}" fill-opacity=".85"/>'


def _safe(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text), quote=True)

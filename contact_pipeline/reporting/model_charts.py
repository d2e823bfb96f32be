"""Pictures of how good a model is, each with what chance alone would show shaded behind it.

Belongs here: geometry of plots with two axes, and of lift. Does not belong: shapes (`svg`), the bands (`chance`), and
measuring (`scoring.metrics`).
"""

from __future__ import annotations

from collections.abc import Sequence

from contact_pipeline.reporting import svg
from contact_pipeline.reporting.chance import Band, calibration_bands, gain_bands, lift_band, lift_by_tenth
from contact_pipeline.reporting.charts import percent
from contact_pipeline.reporting.palette import GRID, LINE
from contact_pipeline.scoring.card import ModelCard

_SMALL = 300
_LIMITS = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)


def gains_curve(card: ModelCard, *, width: int = 370) -> str:
    """Share of the conversions found by the share of leads called, best first, against calling at random."""
    plot = _SquarePlot(width, 1.0)
    places = [plot.at(0, 0), *(plot.at(point.leads_share, point.conversions_share) for point in card.gains)]
    body = [plot.band(gain_bands(card)), plot.frame("leads called, best first", "conversions found")]
    body += [svg.polyline(places), *(svg.dot(x, y, 2.6) for x, y in places)]
    return svg.picture(width, plot.height, "Share of conversions found by share of leads called", body)


def calibration_plot(card: ModelCard, *, width: int = 370) -> str:
    """Observed conversion by predicted conversion; a dot is as large as the leads behind it. On the line is honest."""
    bins, bands = card.calibration, calibration_bands(card)
    most = max((max(one.predicted, one.observed) for one in bins), default=1.0)
    plot = _SquarePlot(width, next(limit for limit in _LIMITS if most <= limit or limit == 1.0))
    largest = max((one.leads for one in bins), default=1)
    body = [plot.band(bands), plot.frame("predicted conversion", "observed conversion")]
    for one, band in zip(bins, bands, strict=True):
        hint = f"{percent(one.predicted)} predicted, {percent(one.observed)} observed; {_by_chance(band)}"
        body.append(svg.dot(*plot.at(one.predicted, one.observed), 3 + 3 * (one.leads / largest) ** 0.5, hint=hint))
    return svg.picture(width, plot.height, "Observed against predicted conversion", body)


def lift_bars(card: ModelCard, *, width: int = 370) -> str:
    """How much more often than the average each tenth of the leads converts, best first; chance is shaded around 1."""
    lifts, chance = lift_by_tenth(card), lift_band(card)
    height, left, bottom, top = _height(width), 30, 42, 22
    scale = (height - top - bottom) / max([*lifts, chance.high, 1.0])
    floor, step = height - bottom, (width - left - 8) / max(len(lifts), 1)
    body = [
        svg.rect(
            left, floor - chance.high * scale, width - left, (chance.high - chance.low) * scale, GRID, opacity=0.22
        ),
        svg.line(left, floor, width, floor, "axis"),
    ]
    for place, lift in enumerate(lifts):
        x, tall = left + 4 + place * step, lift * scale
        body.append(svg.rect(x, floor - tall, step - 5, tall, LINE, opacity=0.85))
        body.append(svg.text(x + step / 2 - 2.5, floor - tall - 5, f"{lift:.1f}", anchor="middle", strong=True))
        body.append(svg.text(x + step / 2 - 2.5, floor + 16, str(place + 1), anchor="middle"))
    body.append(svg.line(left, floor - scale, width, floor - scale, "axis", dashed=True))
    body.append(svg.text(left - 6, floor - scale + 4, "1.0", anchor="end"))
    body.append(svg.text(left + (width - left) / 2, height - 7, "tenth of the leads, best first", anchor="middle"))
    return svg.picture(width, height, "Lift of each tenth of the leads", body)


class _SquarePlot:
    """Two axes from 0 to the same limit, and the diagonal between them."""

    def __init__(self, width: int, limit: float) -> None:
        self._limit, self._left, self._bottom, self._top = limit, 46, 42, 24
        self._width, self.height = width, _height(width)
        self._across, self._up = width - self._left - 16, self.height - self._bottom - self._top

    def at(self, x: float, y: float) -> svg.Place:
        return (
            self._left + min(x / self._limit, 1) * self._across,
            self._top + (1 - min(y / self._limit, 1)) * self._up,
        )

    def band(self, bands: Sequence[Band]) -> str:
        ordered = sorted(bands)
        return svg.band([self.at(one.at, one.low) for one in ordered], [self.at(one.at, one.high) for one in ordered])

    def frame(self, x_title: str, y_title: str) -> str:
        marks = []
        for part in (0, 0.25, 0.5, 0.75, 1):
            (x, y), share = self.at(part * self._limit, part * self._limit), percent(part * self._limit)
            marks.append(svg.line(self._left, y, self._left + self._across, y, "axis" if part == 0 else "grid"))
            marks.append(svg.text(self._left - 6, y + 4, share, anchor="end"))
            marks.append(svg.text(x, self.height - 26, share, anchor="middle"))
        (x0, y0), (x1, y1) = self.at(0, 0), self.at(self._limit, self._limit)
        marks.append(svg.line(x0, y0, x1, y1, "axis", dashed=True))
        marks.append(svg.text(self._left + self._across / 2, self.height - 7, x_title, anchor="middle"))
        marks.append(svg.text(self._left, 11, y_title))
        return "".join(marks)


def _height(width: int) -> int:
    return round(width * (0.68 if width > _SMALL else 0.9))


def _by_chance(band: Band) -> str:
    return f"by chance {percent(band.low)} to {percent(band.high)}"

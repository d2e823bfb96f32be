"""Charts on a page: each twice, for a wide screen and for a phone; the style sheet shows one of them.

Belongs here: getting SVG into a template. Does not belong: drawing it (`reporting.charts`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from markupsafe import Markup

from contact_pipeline.reporting import charts

WIDE, HALF, THIRD, PHONE = 1100, 520, 350, 330


def chart(draw: Callable[[int], str], width: int = HALF) -> Markup:
    """What `draw` gives for a width in pixels."""
    wide, phone = Markup(draw(width)), Markup(draw(PHONE))  # noqa: S704  (reporting.svg escapes every text)
    return Markup('<div class="chart wide">{}</div><div class="chart phone">{}</div>').format(wide, phone)


def completeness(shares: Sequence[tuple[str, float]], title: str) -> list[Markup]:
    """How full fields are, in two halves beside each other."""
    middle = (len(shares) + 1) // 2
    return [chart(partial(_share_bars, half, title)) for half in (shares[:middle], shares[middle:]) if half]


def _share_bars(shares: Sequence[tuple[str, float]], title: str, width: int) -> str:
    return charts.share_bars(shares, width=width, title=title)

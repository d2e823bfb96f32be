"""Charts on a page: each twice, for a wide screen and for a phone; the style sheet shows one of them.

Belongs here: getting SVG into a template. Does not belong: drawing it (`reporting.charts`).
"""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

WIDE, HALF, THIRD, PHONE = 1100, 520, 350, 330


def chart(draw: Callable[[int], str], width: int = HALF) -> Markup:
    """What `draw` gives for a width in pixels."""
    wide, phone = Markup(draw(width)), Markup(draw(PHONE))  # noqa: S704  (reporting.svg escapes every text)
    return Markup('<div class="chart wide">{}</div><div class="chart phone">{}</div>').format(wide, phone)

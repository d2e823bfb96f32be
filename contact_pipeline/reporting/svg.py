"""Shapes and texts as SVG: escaped, readable on light and dark ground, without style sheet or script.

Belongs here: primitives that every chart is made of. Does not belong: charts (`charts`, `model_charts`) and numbers. Looks
are attributes, so a page whose policy forbids inline styles draws them all the same; it may restyle by the classes ink,
strong, grid and axis.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from html import escape

from contact_pipeline.reporting.palette import GRID, INK, LINE

_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_FONT = "Inter, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_TEXT_SIZE = 12

Place = tuple[float, float]


def picture(width: int, height: float, title: str, body: Sequence[str], *, has_links: bool = False) -> str:
    """The whole picture, named for screen readers; one with links in it is a group, since an image hides its parts."""
    size = f'viewBox="0 0 {width} {height:g}" width="{width}" height="{height:g}"'
    role = "group" if has_links else "img"
    look = f'role="{role}" aria-label="{safe(title)}" font-family="{_FONT}" font-size="{_TEXT_SIZE}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {look}>{"".join(body)}</svg>'


def data_uri(svg: str) -> str:
    """The picture as an address, for an <img> or a Markdown page."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")


def link(address: str, name: str, body: Sequence[str]) -> str:
    """What is drawn inside leads to `address`; `name` is read out and shown as a hint."""
    return f'<a href="{safe(address)}" aria-label="{safe(name)}"><title>{safe(name)}</title>{"".join(body)}</a>'


def text(
    x: float,
    y: float,
    words: str,
    *,
    anchor: str = "start",
    strong: bool = False,
    hint: str = "",
    size: int = _TEXT_SIZE,
) -> str:
    """A line of text at its baseline."""
    name = "strong" if strong else "ink"
    title = f"<title>{safe(hint)}</title>" if hint and hint != words else ""
    large = f' font-size="{size}" font-weight="600"' if size != _TEXT_SIZE else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{name}" fill="{INK}"{large}>'
        f"{safe(words)}{title}</text>"
    )


def rect(x: float, y: float, width: float, height: float, colour: str, *, opacity: float = 1) -> str:
    """A bar."""
    faint = "" if opacity == 1 else f' fill-opacity="{opacity:g}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" fill="{colour}"{faint}/>'


def line(x0: float, y0: float, x1: float, y1: float, name: str, *, dashed: bool = False) -> str:
    """A line of the frame: grid or axis."""
    look = ' stroke-dasharray="3 4"' if dashed else ""
    opacity = ".25" if name == "grid" else ".7"
    return (
        f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" class="{name}" stroke="{GRID}" '
        f'stroke-opacity="{opacity}"{look}/>'
    )


def polyline(places: Sequence[Place]) -> str:
    """A curve."""
    return f'<polyline points="{_path(places)}" fill="none" stroke="{LINE}" stroke-width="2" stroke-linejoin="round"/>'


def band(lower: Sequence[Place], upper: Sequence[Place]) -> str:
    """The ground between two curves: where chance alone would put things."""
    return f'<polygon points="{_path([*lower, *reversed(upper)])}" fill="{GRID}" fill-opacity=".22"/>'


def dot(x: float, y: float, radius: float, *, hint: str = "") -> str:
    """A point of a curve."""
    title = f"<title>{safe(hint)}</title>" if hint else ""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{LINE}" fill-opacity=".85">{title}</circle>'


def safe(words: str) -> str:
    """Any text as text of an XML document."""
    return escape(_NOT_XML.sub("\ufffd", words), quote=True)


def _path(places: Sequence[Place]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)

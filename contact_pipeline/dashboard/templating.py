"""Pages as HTML: the one way from values to an answer.

Belongs here: the template engine, how numbers and times are written, the frame that all pages share. Does not belong: what a
page says (`pages`, `templates`). Every value is escaped; what comes from files is wrapped in <bdi>, so that marks of writing
direction in it end with it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from contact_pipeline.dashboard.answers import RunFacts
from contact_pipeline.dashboard.reader import NothingPublished
from contact_pipeline.dashboard.static_files import static_address
from contact_pipeline.reporting.charts import percent


class Tab(NamedTuple):
    """A page in the bar. `of_all` pages are about everybody, so a limited link has no such tab."""

    path: str
    label: str
    of_all: bool


TABS: tuple[Tab, ...] = (
    Tab("/", "Leads", of_all=False),
    Tab("/insights", "Insights", of_all=False),
    Tab("/playbook", "Playbook", of_all=False),
    Tab("/model", "Model", of_all=True),
    Tab("/imports", "Imports", of_all=True),
)


def page(
    request: Request, template: str, *, run: RunFacts | None = None, status: int = 200, **values: object
) -> HTMLResponse:
    """The page as an answer. `run` is the scoring run that `values` tell of; where it is None the one published last.

    Templates extend `base.html.j2`. Beside `values` they know `access`, `run` (None before the first one), `tabs` and `path`.
    """
    access, shown = request.state.access, run or _published(request)
    frame = {
        "access": access,
        "run": shown,
        "is_stale": shown is not None and _is_stale(request, shown),
        "tabs": [tab for tab in TABS if access.sees_all or not tab.of_all],
        "path": request.url.path,
    }
    return HTMLResponse(environment().get_template(template).render(frame | values), status_code=status)


@cache
def environment() -> Environment:
    """The template engine: escapes everything, and fails on a name that has no value."""
    made = Environment(
        loader=PackageLoader("contact_pipeline.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        count=count, percent=share, score=score, points=points, day=day, moment=moment, machine_time=datetime.isoformat
    )
    made.globals.update(static_address=static_address)
    return made


def count(number: float) -> str:
    """A whole number with separators: 6,563."""
    return f"{number:,.0f}"


def share(number: float | None) -> str:
    """A share of 0-1 in percent; a dash where it is not known."""
    return "–" if number is None else percent(number)


def score(number: float | None) -> str:
    """A score with its one decimal, as its category goes by it; a dash where there is none."""
    return "–" if number is None else f"{number:.1f}"


def points(number: float) -> str:
    """Points gained or lost: +3.2 or −0.8."""
    return f"{number:+.1f}".replace("-", "\u2212")


def day(moment: datetime | None) -> str:
    """20 Nov 2026; empty where it is not known."""
    return "" if moment is None else f"{moment.day} {moment:%b %Y}"


def moment(at: datetime | None) -> str:
    """20 Nov 2026, 06:12 UTC; empty where it is not known."""
    return "" if at is None else f"{day(at)}, {at:%H:%M} UTC"


def _is_stale(request: Request, run: RunFacts) -> bool:
    state = request.app.state
    stale_after = timedelta(days=state.home.settings.scoring.life.stale_after_days)
    return run.is_stale(state.clock().replace(tzinfo=None), stale_after)


def _published(request: Request) -> RunFacts | None:
    try:
        facts: RunFacts = request.app.state.snapshots.current().run
    except NothingPublished:  # nothing is published yet: the frame stands all the same
        return None
    return facts

"""A small CRM behind a dashboard that is really served: leads of all kinds, among them hostile ones, and links to it.

Served from a thread of this process, as `contact-pipeline dashboard serve` does from one of its own.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import numpy as np
import uvicorn

from contact_pipeline.dashboard.app import build_app
from contact_pipeline.dashboard.links import Links, utc_now
from contact_pipeline.dashboard.snapshot import publish_snapshot
from contact_pipeline.home import Home
from contact_pipeline.rescoring import learn_if_due, score_due
from contact_pipeline_tests.unit.whole_way import bring_file, write_rows

_SOURCES = {"Referral": 0.6, "Webinar": 0.3, "Web": 0.15, "Purchased List": 0.05}  # and how often their leads convert
_TITLES = ("CEO", "Sales Manager", "Clerk", "Head of IT")
_INDUSTRIES = ("Software", "Retail", "Health Care")
_COUNTRIES = ("Germany", "France", "United States")
OWNERS = ("Toni Blakeway", "Robin Castellan")
CUSTOM_HEADER = '<i>Budget</i> & "plan"'
MARKUP = "\"><img src=x onerror=\"document.title='stolen'\"><script>document.title='stolen'</script>"
FORMULA = "=1+cmd|' /C calc'!A0"
BIDI = "gnp.\u202eexe\u202c"
_HOSTILE = (
    {"Full Name": "Mark Up", "Company": MARKUP},
    {"Full Name": "For Mula", "Company": FORMULA, "Job Title": "@SUM(A1)", CUSTOM_HEADER: "=1+1"},
    {"Full Name": "Bi Di", "Company": "-2+3", "Owner": "{{ 7*7 }}", CUSTOM_HEADER: BIDI},
)
_OPTED_OUT = {"Full Name": "Olga Optout", "Company": "Quiet Ltd", "Lead Source": "Referral", "Opted Out": "Yes"}


class ServedDashboard:
    """A home with leads, and the address where its dashboard answers."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "home")
        self.home.set_up()
        self.links = Links(self.home)
        self._folder = folder
        self.address = ""

    def bring(self, name: str, rows: list[dict[str, str]]) -> None:
        """Import, score and publish these rows."""
        bring_file(self.home, write_rows(self._folder / name, rows))
        now = datetime.now(UTC).replace(tzinfo=None)
        learn_if_due(self.home, now)
        score_due(self.home, now, everybody=False)
        publish_snapshot(self.home)

    def link(self, only: Mapping[str, tuple[str, ...]] | None = None, made_days_ago: float = 0) -> str:
        """The address of a link that holds a week from when it was made."""
        links = Links(self.home, lambda: utc_now() - timedelta(days=made_days_ago))
        return f"{self.address}/open#{links.make('Field sales', 7, only or {})[1]}"


@contextmanager
def served_dashboard(folder: Path) -> Iterator[ServedDashboard]:
    """A dashboard over some hundred leads, served until the block ends."""
    made = ServedDashboard(folder)
    made.bring("leads.csv", _leads())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made.address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(
            uvicorn.Config(build_app(made.home), log_config=None, access_log=False, lifespan="off", ws="none")
        )
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield made
        finally:
            server.should_exit = True
            thread.join(10)


def _leads() -> list[dict[str, str]]:
    """Past leads with outcomes, that a model learns from; open ones; and those that mean harm."""
    draw = np.random.default_rng(6)
    past = [_lead(draw, number, is_past=True) for number in range(260)]
    still_open = [_lead(draw, number, is_past=False) for number in range(260, 400)]
    special = [
        {**_lead(draw, 400 + number, is_past=False), "Lead Source": "Referral", "Job Title": "CEO", **own}
        for number, own in enumerate((*_HOSTILE, _OPTED_OUT))
    ]
    return [*past, *still_open, *special]


def lead_row(number: int) -> dict[str, str]:
    """One more row of such a file, of a lead that is open."""
    return _lead(np.random.default_rng(number), number, is_past=False)


def _lead(draw: np.random.Generator, number: int, *, is_past: bool) -> dict[str, str]:
    source = list(_SOURCES)[draw.integers(0, len(_SOURCES))]
    title = _TITLES[draw.integers(0, len(_TITLES))]
    won = draw.random() < _SOURCES[source] * (1.5 if title == "CEO" else 0.8)
    active = datetime.now(UTC) - timedelta(days=int(draw.integers(1, 90)))
    return {
        "Email": f"person{number}@firm{number % 60}.example",
        "Full Name": f"Person {number:03d}",
        "Company": f"Firm {number % 60}",
        "Job Title": title,
        "Phone": f"+49 30 5550{number:04d}",
        "Industry": _INDUSTRIES[draw.integers(0, len(_INDUSTRIES))],
        "Company Size": str(int(draw.integers(1, 3000))),
        "Country": _COUNTRIES[draw.integers(0, len(_COUNTRIES))],
        "Lead Source": source,
        "Owner": OWNERS[number % 2],
        "Website Visits": str(int(draw.poisson(4))),
        "Last Activity Date": f"{active:%Y-%m-%d}",
        "Website": f"https://firm{number % 60}.example",
        CUSTOM_HEADER: ("S", "M", "L")[number % 3],
        "Opted Out": "",
        "Converted": ("won" if won else "lost") if is_past else "",
    }

"""A home whose snapshot the tabs are tested on: leads of two countries, hostile words, an import with files."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from shutil import copytree

import pytest

from contact_pipeline.crm.session import open_crm
from contact_pipeline.dashboard.access import Access
from contact_pipeline.dashboard.reader import LeadReader, Snapshots
from contact_pipeline.dashboard.snapshot import publish_snapshot
from contact_pipeline.home import Home
from contact_pipeline.rescoring import learn_if_due, score_due
from contact_pipeline.scoring.card import Drift, ExcludedColumn, FeatureSummary, GainPoint
from contact_pipeline_tests.unit.reporting.conftest import make_card
from contact_pipeline_tests.unit.whole_way import bring_file, write_rows

HOSTILE = '<img src=x onerror=alert(1)>"&\u202e'
HOSTILE_FILE = '<b>mallory & "co".csv'
CANARY = "Canary Breeding"  # an industry of leads that a link limited to Germany does not see
GERMAN, OTHERS = 61, 256  # leads; numbers that stand for nothing else on a page
DAY = datetime(2026, 5, 4, 6)  # noqa: DTZ001  the CRM's times have no zone

_SOURCES, _TITLES = ("Referral", "Webinar", ""), ("CEO", "Head of Sales", "Intern", "")


def _row(number: int) -> dict[str, str]:
    is_german = number < GERMAN
    return {
        "Email": f"p{number}@firm{number % 9}.example",
        "Full Name": f"Person {number}",
        "Country": "Germany" if is_german else "France",
        "Industry": ("Software", "Retail")[number % 2] if is_german else CANARY,
        "Lead Source": _SOURCES[number % 3],
        "Job Title": _TITLES[number % 4],
        "Company Size": str(5 + 40 * (number % 6)),
        "Owner": ("Ann Example", "Bob Example")[number % 2],
        "Website Visits": "" if is_german else str(number % 30),
        "Converted": ("yes", "no", "")[min(2, number % 5)] if number % 2 else "",
        HOSTILE: HOSTILE if number % 3 else "plain",
    }


@pytest.fixture(scope="session")
def tabs_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Scored on two days with points; between them some titles became better ones, and others came."""
    folder = tmp_path_factory.mktemp("tabs")
    home = Home(folder / "home")
    home.set_up()
    rows = [_row(number) for number in range(GERMAN + OTHERS)]
    bring_file(home, write_rows(folder / "first.csv", rows[:-40]))
    _score(home, DAY)
    better = [{**row, "Job Title": "CEO", "Lead Source": "Referral"} for row in rows[5:60:5]]
    receipt, _ = bring_file(home, write_rows(folder / HOSTILE_FILE, [*better, *rows[-40:], _broken(rows[0])]))
    _score(home, DAY + timedelta(days=1))
    _leave_files(home, receipt.import_id)
    publish_snapshot(home)
    return home


def _broken(row: dict[str, str]) -> dict[str, str]:
    return {**row, "Email": "no address"}


def _score(home: Home, at: datetime) -> None:
    learn_if_due(home, at)
    score_due(home, at, everybody=True)


def _leave_files(home: Home, import_id: str) -> None:
    """What is there to take away, and what is not."""
    for name in ("leads.xlsx", "report.html", "quarantine.csv", "duplicates.xlsx", "duplicates.csv", "secret.txt"):
        for place in (import_id, "latest"):
            path = home.reports / place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"<script>{place} {name}</script>")


@pytest.fixture(scope="session")
def home_with_model(tabs_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The same leads, under the card of a model that tells everything, hostile words among it."""
    home = Home(tmp_path_factory.mktemp("model") / "home")
    copytree(tabs_home.root, home.root)
    made, hostile = make_card(), HOSTILE
    card = made.model_copy(
        update={
            "engagement": made.candidates[0].model_copy(update={"name": "engagement", "roc_auc": 0.912}),
            "gains": tuple(GainPoint(leads_share=n / 20, conversions_share=(n / 20) ** 0.5) for n in range(21)),
            "features": (FeatureSummary(name=hostile, label=hostile, group="custom", importance=0.5),),
            "excluded": (ExcludedColumn(column=hostile, reason="It is written after the outcome is known."),),
            "drift": (Drift(column="score", psi=0.03), Drift(column=hostile, psi=0.31)),
            "warnings": (f"Look at {hostile}.",),
        }
    )
    with open_crm(home) as connection:
        connection.execute("UPDATE model_versions SET card = ? WHERE in_use", [card.model_dump_json()])
    publish_snapshot(home)
    return home


@pytest.fixture(scope="session")
def reader(tabs_home: Home) -> LeadReader:
    """The snapshot of `tabs_home`."""
    return Snapshots(tabs_home).current()


def of_countries(*codes: str) -> Access:
    """A link that is limited to leads of these countries."""
    return Access("id", "some", {"country": codes})


EVERYBODY = Access("id", "all", {})


def seen(html: str) -> str:
    """What somebody sees or hears of a page: its texts, and the names of its parts; not the geometry of its pictures."""
    return " ".join([*re.findall(r">([^<]*)<", html), *re.findall(r'(?:aria-label|title)="([^"]*)"', html)])

"""How long the scoring of a full CRM takes, by points and by a model: `python -m benchmarks.lead_speed [rows] [--keep FOLDER]`.

Belongs here: these measurements, and the CRM that others measure on. It is made of so many contacts by importing them, and of
twice as many activities; a tenth has an outcome, all have custom fields. Then, for each method, learning and scoring as the
assets do it, scores of everybody written back, are timed in processes of their own, so that the peak of memory is theirs; and
the parts of scoring, for a profile. The home stays scored by the model.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl

from benchmarks.import_speed import lap
from benchmarks.isolated import Told, preload, run
from benchmarks.synthetic import write_contacts_csv
from contact_pipeline.crm.activities import activities_frame
from contact_pipeline.crm.companies import refresh_companies
from contact_pipeline.crm.models import model_in_use
from contact_pipeline.crm.scores import EVERYBODY, to_score
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.home import Home
from contact_pipeline.rescoring import learn_if_due, score_due
from contact_pipeline.scoring.categories import model_confidence
from contact_pipeline.scoring.explanation import key_factors, score_breakdown
from contact_pipeline.scoring.model import LeadModel
from contact_pipeline.settings import ScoringSettings
from contact_pipeline_tests.unit.whole_way import bring_file

T = TypeVar("T")
AS_OF = datetime(2026, 3, 1)  # noqa: DTZ001  the CRM's times have no zone
ROWS = 1_000_000
_SLICE_ROWS = 50_000
_DEADLINE = 1_800.0
_NEVER = "[scoring]\nminimum_conversions = 1000000000\n"  # settings under which points are used
_PLANS = ("Starter", "Platform", "Analytics", "Not sure yet")
_KINDS = ("Email opened", "Link clicked", "Page visited", "Form submitted", "Meeting")
_CAMPAIGNS = tuple(f"Campaign {number}" for number in range(40))


def make_home(root: Path, rows: int) -> None:
    """Import `rows` contacts with behaviour, custom fields and, for a tenth, an outcome that depends on them."""
    home, source = Home(root), root.parent / "contacts.csv"
    home.set_up()
    write_leads_csv(source, rows, outcomes=rows // 10)
    bring_file(home, source)
    _write_activities(source, root.parent / "activities.csv", 2 * rows)
    bring_file(home, root.parent / "activities.csv")
    with open_crm(home) as connection:
        refresh_companies(connection)


def make_scored_home(root: Path, rows: int) -> None:
    """The same, scored by the model that was learned from it."""
    root.parent.mkdir(parents=True, exist_ok=True)
    make_home(root, rows)
    for part in (learn, score_whole):
        _done(part.__name__, run(part, root, deadline=_DEADLINE))


def write_leads_csv(path: Path, rows: int, *, outcomes: int, first_person: int = 0) -> None:
    """Write so many people, from `first_person` on, with further columns; the first `outcomes` of them have an outcome."""
    write_contacts_csv(path, rows, duplicates=0, first_person=first_person)
    pl.read_csv(path, infer_schema=False).with_columns(_further_columns(rows, outcomes)).write_csv(path)


def learn(root: Path) -> dict[str, float]:
    """Read the contacts with an outcome and learn; what was learned is in use afterwards."""
    model = learn_if_due(Home(root), AS_OF, retrain=True).model
    return {"attributes": len(model.attributes), "past leads": model.card.leads, "by points": model.method == "points"}


def score_whole(root: Path) -> dict[str, float]:
    """What the assets do: read, score, write back."""
    found = score_due(Home(root), AS_OF, everybody=True)
    return {"scored": found.scored.height, "written": found.changed}


def score_by_parts(root: Path) -> dict[str, float]:
    """Seconds of each part on all contacts, slice by slice as the product does it; nothing is written."""
    home, laps = Home(root), dict[str, float]()
    with read_crm(home) as connection:
        model = model_in_use(connection)
        contacts = lap(laps, "read contacts", lambda: to_score(connection, EVERYBODY))
        activities = lap(laps, "read activities", lambda: activities_frame(connection, EVERYBODY))
    assert model is not None  # noqa: S101  it was learned just now
    for start in range(0, contacts.height, _SLICE_ROWS):
        part = contacts.slice(start, _SLICE_ROWS)
        of_part = activities.join(part, on="contact_id", how="semi")
        _score_slice(laps, part, of_part, model, home.settings.scoring)
    return laps


def _score_slice(
    laps: dict[str, float],
    contacts: pl.DataFrame,
    activities: pl.DataFrame,
    model: LeadModel,
    settings: ScoringSettings,
) -> None:
    found = _added(laps, "features and effects", lambda: model.effects(contacts, AS_OF, activities))
    _added(laps, "factors in words", lambda: key_factors(model, found))
    _added(laps, "breakdown", lambda: score_breakdown(model.attributes, found))
    if (shifts := found.shifts) is not None:
        _added(laps, "confidence", lambda: model_confidence(found.log_odds, shifts, settings))


def _write_activities(contacts: Path, target: Path, rows: int) -> None:
    """What some of the people of a contact file did on the days before AS_OF, some of them much, most of them nothing."""
    dice = np.random.default_rng(20260102)
    addresses = pl.read_csv(contacts, columns=["Email"], infer_schema=False).to_series()
    whose = (addresses.len() * dice.random(rows) ** 3).astype(np.int64)
    ago = (dice.integers(400 * 86_400, size=rows) * 1_000).astype("timedelta64[ms]")
    pl.DataFrame(
        {
            "Email": addresses.gather(whose),
            "Activity": pl.Series(_KINDS).gather(dice.integers(len(_KINDS), size=rows)),
            "Date": np.datetime64(AS_OF, "ms") - ago,
        }
    ).with_columns(pl.col("Date").dt.to_string("%Y-%m-%d %H:%M:%S")).write_csv(target)


def _further_columns(rows: int, outcomes: int) -> list[pl.Series]:
    """Behaviour, custom fields and the outcome of the first ones."""
    dice = np.random.default_rng(20260101)
    visits, clicks = dice.poisson(4, rows), dice.poisson(1, rows)
    plan, campaign = dice.integers(len(_PLANS), size=rows), dice.integers(len(_CAMPAIGNS), size=rows)
    seconds = dice.gamma(1.5, 200, rows).round()
    log_odds = -4.0 + 0.2 * visits + 0.5 * clicks + 1.5 * (plan == 1) + 1.2 * (seconds > 300) + 0.02 * campaign
    won = dice.random(rows) < 1 / (1 + np.exp(-log_odds))
    outcome = np.where(np.arange(rows) < outcomes, np.where(won, "Yes", "No"), "")
    return [
        pl.Series("Website Visits", visits).cast(pl.String),
        pl.Series("Content Downloads", dice.poisson(0.6, rows)).cast(pl.String),
        pl.Series("Email Opens", dice.poisson(3, rows)).cast(pl.String),
        pl.Series("Email Clicks", clicks).cast(pl.String),
        pl.Series("Plan of interest", _PLANS).gather(plan),
        pl.Series("First campaign", _CAMPAIGNS).gather(campaign),
        pl.Series("Seconds on the site", seconds).cast(pl.Int64).cast(pl.String),
        pl.Series("Converted", outcome),
    ]


def _added(laps: dict[str, float], name: str, work: Callable[[], T]) -> T:
    """The result of the work, its seconds added to those of the same name."""
    started = time.perf_counter()
    result = work()
    laps[name] = laps.get(name, 0.0) + time.perf_counter() - started
    return result


def measure(root: Path, method: str) -> dict[str, dict[str, float]]:
    """Learning and scoring by one method: points (which no history could replace) or model."""
    settings = root / "settings.toml"
    settings.write_text(_NEVER if method == "points" else "")
    facts = {part.__name__: _timed(part, root) for part in (learn, score_whole)}
    settings.unlink()
    if bool(facts["learn"]["by points"]) != (method == "points"):
        raise SystemExit(f"asked for {method}, and the other was learned")
    return facts


def _timed(part: Callable[[Path], dict[str, float]], root: Path) -> dict[str, float]:
    told = run(part, root, deadline=_DEADLINE)
    return {**told.cost(), **_done(part.__name__, told)}


def _done(title: str, told: Told[dict[str, float]]) -> dict[str, float]:
    if told.result is None:
        raise SystemExit(f"{title}: {told.death}")
    return told.result


def _report(title: str, facts: dict[str, float]) -> None:
    told = ", ".join(f"{name} {round(fact, 2):,}" for name, fact in facts.items() if name not in ("seconds", "peak_mb"))
    print(f"  {title:<24}{facts['seconds']:7.1f} s {facts['peak_mb']:7,.0f} MB  {told}", flush=True)


def main() -> None:
    """Print each measurement, as a table and as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="?", type=int, default=ROWS)
    parser.add_argument("--keep", type=Path, help="folder with the CRM; made where it is not there, kept afterwards")
    asked = parser.parse_args()
    preload([])  # forked with polars loaded, a process gives memory back to the system later than that of a user does
    facts: dict[str, dict[str, dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        root = (asked.keep or Path(temporary)) / "home"
        if not root.exists():
            root.parent.mkdir(parents=True, exist_ok=True)
            make_home(root, asked.rows)
        print(f"Scoring {asked.rows:,} contacts")
        for method in ("points", "model"):
            facts[method] = measure(root, method)
            for part, one in facts[method].items():
                _report(f"{method}: {part}", one)
        parts = _timed(score_by_parts, root)
        _report("model: score_by_parts", parts)
    print(json.dumps({"rows": asked.rows, **facts, "parts": parts}))


if __name__ == "__main__":
    main()

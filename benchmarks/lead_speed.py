"""How long the scoring of a full CRM takes, part by part: `python -m benchmarks.lead_speed [rows] [--keep FOLDER]`.

Belongs here: these measurements. A CRM of so many contacts is made by importing them, and twice as many activities; a tenth
has an outcome, all have custom fields. Then learning, the parts of scoring (features and effects, factors in words,
confidence, writing back) and scoring as a whole are timed in a process of their own, so that the peak of memory is theirs.
"""

from __future__ import annotations

import argparse
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
from contact_pipeline.crm.scores import EVERYBODY, PAST_LEADS, contacts_frame, to_score, write_scores
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.home import Home
from contact_pipeline.scoring.categories import model_confidence
from contact_pipeline.scoring.explanation import key_factors, score_breakdown
from contact_pipeline.scoring.model import LeadModel
from contact_pipeline.scoring.scores import Scores, score_contacts
from contact_pipeline.scoring.training import train
from contact_pipeline.settings import ScoringSettings
from contact_pipeline_tests.unit.whole_way import bring_file

T = TypeVar("T")
AS_OF = datetime(2026, 3, 1)  # noqa: DTZ001  the CRM's times have no zone
ROWS = 1_000_000
_SLICE_ROWS = 50_000
_DEADLINE = 1_800.0
_MOST_SECONDS, _MOST_MB = 60.0, 3_000.0
_PLANS = ("Starter", "Platform", "Analytics", "Not sure yet")
_KINDS = ("Email opened", "Link clicked", "Page visited", "Form submitted", "Meeting")
_CAMPAIGNS = tuple(f"Campaign {number}" for number in range(40))


def make_home(root: Path, rows: int) -> None:
    """Import `rows` contacts with behaviour, custom fields and, for a tenth, an outcome that depends on them."""
    home, source = Home(root), root.parent / "contacts.csv"
    home.set_up()
    write_contacts_csv(source, rows)
    pl.read_csv(source, infer_schema=False).with_columns(_further_columns(rows)).write_csv(source)
    bring_file(home, source)
    _write_activities(source, root.parent / "activities.csv", 2 * rows)
    bring_file(home, root.parent / "activities.csv")


def learn(root: Path) -> dict[str, float]:
    """Read the contacts with an outcome and learn; the model is kept beside the home."""
    home, laps = Home(root), dict[str, float]()
    contacts, activities = _read(home, laps, PAST_LEADS)
    model = lap(laps, "learn", lambda: train(contacts, home.settings.scoring, AS_OF, activities))
    (root.parent / "model.json").write_bytes(model.to_bytes())
    print(f"  {model.method}, {model.card.chosen}: {len(model.attributes)} attributes, {model.card.leads:,} past leads")
    return laps


def score_by_parts(root: Path) -> dict[str, float]:
    """Each part on all contacts, slice by slice as the product does it; nothing is written."""
    home, model, laps = Home(root), _model(root), dict[str, float]()
    settings = home.settings.scoring
    contacts, activities = _read(home, laps)
    for start in range(0, contacts.height, _SLICE_ROWS):
        part = contacts.slice(start, _SLICE_ROWS)
        _score_slice(laps, part, activities.join(part, on="contact_id", how="semi"), model, settings)
    return laps


def score_whole(root: Path) -> dict[str, float]:
    """What the assets do: read, score, write back."""
    home, laps = Home(root), dict[str, float]()
    scores = _scores(home, _model(root), laps)
    with open_crm(home) as connection:
        lap(laps, "write back", lambda: write_scores(connection, scores.slices(), AS_OF, rewrite=True))
    return laps


def _scores(home: Home, model: LeadModel, laps: dict[str, float]) -> Scores:
    """What was read is let go before anything is written."""
    contacts, activities = _read(home, laps)
    settings = home.settings.scoring
    return lap(laps, "score", lambda: score_contacts(contacts, model, settings, AS_OF, activities=activities))


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


def _further_columns(rows: int) -> list[pl.Series]:
    """Behaviour, custom fields and the outcome of the first tenth."""
    dice = np.random.default_rng(20260101)
    visits, clicks = dice.poisson(4, rows), dice.poisson(1, rows)
    plan, campaign = dice.integers(len(_PLANS), size=rows), dice.integers(len(_CAMPAIGNS), size=rows)
    seconds = dice.gamma(1.5, 200, rows).round()
    log_odds = -3.0 + 0.2 * visits + 0.5 * clicks + 0.4 * (plan == 1) * (seconds > 300) + 0.02 * campaign
    won = dice.random(rows) < 1 / (1 + np.exp(-log_odds))
    outcome = np.where(np.arange(rows) < rows // 10, np.where(won, "Yes", "No"), "")
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


def _read(home: Home, laps: dict[str, float], chosen: str = EVERYBODY) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The contacts and what they did."""
    with read_crm(home) as connection:
        read = to_score if chosen == EVERYBODY else contacts_frame
        contacts = lap(laps, "read contacts", lambda: read(connection, chosen))
        return contacts, lap(laps, "read activities", lambda: activities_frame(connection, chosen))


def _model(root: Path) -> LeadModel:
    return LeadModel.from_bytes((root.parent / "model.json").read_bytes())


def _report(title: str, told: Told[dict[str, float]], rows: int) -> None:
    if told.result is None:
        raise SystemExit(f"{title}: {told.death}")
    print(f"  {title}: {told.seconds:.1f} s, peak {told.peak_mb:,.0f} MB")
    for name, seconds in told.result.items():
        print(f"    {name:<24}{seconds:7.2f} s  {rows / max(seconds, 1e-9):12,.0f} rows/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="?", type=int, default=ROWS)
    parser.add_argument("--keep", type=Path, help="folder with the CRM; made where it is not there, kept afterwards")
    asked = parser.parse_args()
    preload([])  # forked with polars loaded, a process gives memory back to the system later than that of a user does
    with tempfile.TemporaryDirectory() as temporary:
        root = (asked.keep or Path(temporary)) / "home"
        if not root.exists():
            root.parent.mkdir(parents=True, exist_ok=True)
            make_home(root, asked.rows)
        print(f"Scoring {asked.rows:,} contacts")
        _report("learning", run(learn, root, deadline=_DEADLINE), asked.rows)
        _report("parts", run(score_by_parts, root, deadline=_DEADLINE), asked.rows)
        whole = run(score_whole, root, deadline=_DEADLINE)
        _report("whole", whole, asked.rows)
        met = whole.seconds <= _MOST_SECONDS and whole.peak_mb <= _MOST_MB
        print(f"    at most {_MOST_SECONDS:.0f} s and {_MOST_MB:,.0f} MB: {'met' if met else 'MISSED'}")


if __name__ == "__main__":
    main()

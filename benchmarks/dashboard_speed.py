"""How long readers of the dashboard wait at a million leads: `python -m benchmarks.dashboard_speed [rows] [--keep FOLDER]`.

Belongs here: these measurements. A CRM is imported and scored as for `lead_speed` (which may leave one in FOLDER). Then a
snapshot is published, and views that differ in filters, order and page, searches and single leads are asked for, none of them
twice: of the reader alone, and as whole requests of the application by somebody with a link. Each part has a process of its
own. Beside the seconds on the clock stand those of the processor, which a busy machine changes less.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.isolated import Told, preload, run
from contact_pipeline.dashboard.access import Access
from contact_pipeline.dashboard.orders import SORTS
from contact_pipeline.dashboard.query import LeadQuery
from contact_pipeline.dashboard.reader import LeadReader, Snapshots
from contact_pipeline.home import Home
from contact_pipeline_tests.unit.dashboard.opened import opened_client

ROWS = 1_000_000
_DEADLINE = 1_800.0
_VIEWS, _FEWER = 200, 40
_PERCENTILES = (50, 95)
_WORDS = ("anna", "peter", "group", "gmbh", "kestrel", "foods", "zoe", "labs", "example", "osprey", "van", "mill")
_EVERYBODY = Access("benchmark", "benchmark")

Laps = dict[str, list[tuple[float, float]]]  # seconds on the clock and of the processor, by what was asked


def publish(root: Path) -> dict[str, float]:
    """A snapshot of the CRM: its size in megabytes and how many leads it has."""
    from contact_pipeline.dashboard.snapshot import publish_snapshot

    snapshot = publish_snapshot(Home(root))
    return {"megabytes": snapshot.size / 1e6, "leads": snapshot.leads}


def ask_reader(root: Path) -> Laps:
    """Views, searches and leads, asked of the reader."""
    reader = Snapshots(Home(root)).current()
    laps: Laps = {}
    dice = random.Random(1)
    for query in _questions(reader, seed=1, many=_VIEWS):
        _lap(laps, "view", lambda query=query: reader.view(query, _EVERYBODY))
        if (pages := reader.view(query, _EVERYBODY).pages) > 1:
            deeper = query.on_page(dice.randint(2, pages))
            _lap(laps, "deeper", lambda query=deeper: reader.view(query, _EVERYBODY))
    for query in _searches(seed=1, many=_FEWER):
        _lap(laps, "search", lambda query=query: reader.view(query, _EVERYBODY))
    for contact_id in _contact_ids(reader, seed=1):
        _lap(laps, "lead", lambda contact_id=contact_id: reader.lead(contact_id, _EVERYBODY))
        _lap(laps, "sources", lambda contact_id=contact_id: reader.sources(contact_id, _EVERYBODY))
    return laps


def ask_app(root: Path) -> tuple[Laps, float]:
    """The same as requests: from the address to the page. With the memory of the process at the end, in megabytes."""
    client = opened_client(Home(root))
    reader: LeadReader = client.app.state.snapshots.current()  # type: ignore[attr-defined]
    laps: Laps = {}
    _answered(client.get("/"))  # templates are read once
    for query in _questions(reader, seed=2, many=_VIEWS):
        _lap(laps, "view", lambda query=query: _answered(client.get(query.address("/"))))
    for query in _searches(seed=2, many=_FEWER):
        _lap(laps, "search", lambda query=query: _answered(client.post(query.address("/"), data={"q": query.search})))
    for contact_id in _contact_ids(reader, seed=2):
        _lap(laps, "lead", lambda contact_id=contact_id: _answered(client.get(f"/lead/{contact_id}")))
    return laps, _resident_mb()


def _questions(reader: LeadReader, seed: int, many: int) -> Iterator[LeadQuery]:
    """Questions of up to three filters, some with a range of scores, in any order."""
    dice = random.Random(seed)
    filters = {one.name: [value.value for value in one.values] for one in reader.view(LeadQuery(), _EVERYBODY).filters}
    asked: set[tuple[tuple[str, str], ...]] = set()
    while len(asked) < many:
        names = dice.sample(sorted(filters), dice.randrange(4))
        low = dice.choice((None, None, dice.randrange(60)))
        query = LeadQuery(
            chosen={
                name: tuple(dice.sample(filters[name], min(len(filters[name]), dice.randint(1, 2)))) for name in names
            },
            score_from=low,
            score_to=None if low is None else low + 30,
            sort=dice.choice(sorted(SORTS)),
            descending=dice.random() < 0.5,
        )
        if tuple(query.pairs()) not in asked:
            asked.add(tuple(query.pairs()))
            yield query


def _searches(seed: int, many: int) -> Iterator[LeadQuery]:
    dice = random.Random(seed)
    for number in range(many):
        words = dice.sample(_WORDS, dice.randint(1, 2))
        yield LeadQuery(search=" ".join([*words, str(number % 10)]), sort=dice.choice(("call_order", "name", "score")))


def _contact_ids(reader: LeadReader, seed: int) -> list[str]:
    places = random.Random(seed).sample(range(reader.run.leads), min(reader.run.leads, _FEWER))
    with closing(reader.connection()) as connection:
        chosen = ", ".join(map(str, places))
        rows = connection.execute(f"SELECT contact_id FROM leads WHERE rowid IN ({chosen})").fetchall()
    return [contact_id for (contact_id,) in rows]


def _lap(laps: Laps, name: str, work: Callable[[], object]) -> None:
    started, used = time.perf_counter(), time.process_time()
    work()
    laps.setdefault(name, []).append((time.perf_counter() - started, time.process_time() - used))


def _answered(response: Any) -> None:  # noqa: ANN401  of httpx2, which only the tests know
    if response.status_code != 200:
        raise SystemExit(f"{response.request.url.path} answered {response.status_code}")


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def _published(told: Told[dict[str, float]]) -> dict[str, float]:
    """What publishing took, told and returned."""
    facts = {**told.cost(), **_result("publishing", told)}
    size = f"{facts['leads']:,.0f} leads, {facts['megabytes']:,.0f} MB"
    print(f"  published {size}, in {told.seconds:.1f} s ({facts['processor']:.1f}), peak {told.peak_mb:,.0f} MB")
    return facts


def _shares(title: str, laps: Laps) -> dict[str, dict[str, float]]:
    """Of each question the 50th and 95th percentile of seconds on the clock, and of the processor; told and returned."""
    print(f"  {title}")
    facts = {}
    for name, taken in laps.items():
        clock, processor = np.array(taken).T
        found = {f"p{share}": float(np.percentile(clock, share)) for share in _PERCENTILES}
        found |= {f"p{share} processor": float(np.percentile(processor, share)) for share in _PERCENTILES}
        told = "   ".join(
            f"p{share} {found[f'p{share}'] * 1e3:6.1f} ({found[f'p{share} processor'] * 1e3:6.1f})"
            for share in _PERCENTILES
        )
        print(f"    {len(taken):>4} x {name:<8} {told} ms", flush=True)
        facts[name] = found
    return facts


def _result(title: str, told: Told[Any]) -> Any:  # noqa: ANN401  whatever the part gives
    if told.result is None:
        raise SystemExit(f"{title}: {told.death}")
    return told.result


def main() -> None:
    """Print each measurement, as a table and as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="?", type=int, default=ROWS)
    parser.add_argument("--keep", type=Path, help="folder with the CRM; made where it is not there, kept afterwards")
    asked = parser.parse_args()
    preload([])
    with tempfile.TemporaryDirectory() as temporary:
        root = (asked.keep or Path(temporary)) / "home"
        if not root.exists():
            # What learns is loaded here alone, for no reader needs it.
            from benchmarks.lead_speed import make_scored_home

            make_scored_home(root, asked.rows)
        print("Dashboard; time on the clock, and of the processor in brackets")
        published = _published(run(publish, root, deadline=_DEADLINE))
        reader = _shares("the reader", _result("reader", run(ask_reader, root, deadline=_DEADLINE)))
        laps, server_mb = _result("requests", run(ask_app, root, deadline=_DEADLINE))
        requests = _shares("whole requests", laps)
        print(f"    memory of the server {server_mb:,.0f} MB")
    facts = {"published": published, "reader": reader, "requests": requests, "server_mb": server_mb}
    print(json.dumps({"rows": asked.rows, **facts}))


if __name__ == "__main__":
    main()

"""The product as it runs for real: `contact-pipeline start`, a file put into the drop folder, no hand on it, and kills."""

from __future__ import annotations

import os
import shutil
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import duckdb
import pytest

from benchmarks.soaking.arrivals import slowly
from benchmarks.soaking.feeding import Feeder, Live
from benchmarks.soaking.figures import runs_on_record
from benchmarks.soaking.files import FileMaker, SoakFile
from benchmarks.soaking.judgement import violations
from benchmarks.soaking.ledger import Drop, Ledger
from benchmarks.soaking.service import RUN_WORKER, kill
from contact_pipeline.dashboard.links import Links
from contact_pipeline.definitions import build_defs
from contact_pipeline.home import Home
from contact_pipeline_tests.e2e.served_product import Server, answers, product, programs_of, until


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with product(Home(tmp_path_factory.mktemp("start") / "home")) as made:
        yield made


def _scored(home: Home) -> int:
    if not home.crm.exists():
        return 0
    try:
        with duckdb.connect(str(home.crm), read_only=True) as connection:
            return len(connection.execute("SELECT 1 FROM contacts WHERE lead_score IS NOT NULL").fetchall())
    except duckdb.Error:  # the run holds the file, or has not made its tables yet
        return 0


RUNS = "{ runsOrError { ... on Runs { results { status jobName tags { key value } } } } }"
CHECKS = """{ assetNodes { assetKey { path } assetChecksOrError { ... on AssetChecks { checks { name
  executionForLatestMaterialization { status } } } } } }"""


def test_a_dropped_file_ends_as_scored_contacts_with_every_check_green(server: Server, samples: Path) -> None:
    shutil.copy(samples / "event_attendees.xlsx", server.home.drop / "event_attendees.xlsx")
    until(lambda: _scored(server.home) > 0, "the contacts are scored")
    done = server.home.drop / "done" / "event_attendees.xlsx"
    until(done.exists, "the file is put away")
    until(lambda: [run["status"] for run in _runs(server)] == ["SUCCESS"], "the run has ended")
    statuses = {
        f"{node['assetKey']['path'][-1]}.{check['name']}": (check["executionForLatestMaterialization"] or {}).get(
            "status"
        )
        for node in server.graphql(CHECKS)["assetNodes"]
        for check in node["assetChecksOrError"].get("checks", [])
    }
    in_the_run = {
        key.name for key in build_defs().resolve_job_def("import_contacts").asset_layer.asset_graph.asset_check_keys
    }
    evaluated = {check: status for check, status in statuses.items() if check.partition(".")[2] in in_the_run}
    assert len(evaluated) == len(in_the_run)
    assert set(evaluated.values()) == {"SUCCEEDED"}, statuses


def test_who_has_a_link_sees_the_contacts_on_the_dashboard_beside_it(server: Server) -> None:
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(server.dashboard, timeout=20)  # noqa: S310  our own server on loopback
    _, token = Links(server.home).make("a test", 1, {})
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    browser.open(f"{server.dashboard}/open", urlencode({"token": token}).encode(), timeout=20)
    with duckdb.connect(str(server.home.crm), read_only=True) as connection:
        (best,) = connection.execute("SELECT contact_id FROM contacts ORDER BY lead_score DESC, contact_id").fetchall()[
            :1
        ]
    assert f"/lead/{best[0]}" in browser.open(server.dashboard, timeout=20).read().decode()


LAUNCH = """mutation { launchRun(executionParams: {
  selector: { repositoryLocationName: "%s", repositoryName: "%s", pipelineName: "__ASSET_JOB",
              assetSelection: [{ path: ["%s"] }], assetCheckSelection: [] }
  executionMetadata: { tags: [{ key: "dagster/partition", value: "%s" }] }
  mode: "default" }) { __typename ... on PythonError { message } ... on RunConfigValidationInvalid { errors { message } } } }"""
WHERE = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } } } } }"


@pytest.mark.parametrize("stage", ["mapped_contacts", "crm_contacts"])
def test_materializing_a_stage_again_from_the_ui_changes_no_contact(server: Server, stage: str) -> None:
    """The request is the one that the button "Materialize" sends."""
    until(lambda: bool(_repositories(server)), "the code location is loaded")
    (repository,) = _repositories(server)
    (import_id,) = (path.name for path in server.home.inbox.iterdir() if path.is_dir())
    before, runs = _everything(server.home), len(_runs(server))
    launched = server.graphql(LAUNCH % (repository["location"]["name"], repository["name"], stage, import_id))
    assert launched["launchRun"]["__typename"] == "LaunchRunSuccess", launched
    until(lambda: [run["status"] for run in _runs(server)] == ["SUCCESS"] * (runs + 1), f"{stage} has run again")
    assert _everything(server.home) == before


def _repositories(server: Server) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.graphql(WHERE)["repositoriesOrError"].get("nodes", [])
    return found


def _everything(home: Home) -> dict[str, list[Any]]:
    with duckdb.connect(str(home.crm), read_only=True) as connection:
        return {
            table: connection.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall()
            for table in ("contacts", "companies", "records", "imports")
        }


def _runs(server: Server) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = server.graphql(RUNS)["runsOrError"]["results"]
    return runs


def test_nobody_else_may_read_what_all_this_left_in_the_home(server: Server) -> None:
    found = {path: path.stat().st_mode for path in server.home.root.rglob("*")}
    assert {path.name for path in found} >= {"crm.duckdb", "runs.db", "leads.xlsx", "current", "receipt.json", "done"}
    assert not [path for path, mode in found.items() if mode & 0o077]


def test_a_small_soak_loses_nothing_and_does_nothing_twice(server: Server, samples: Path, tmp_path: Path) -> None:
    """One file that comes slowly, and its run is killed; `make campaign` has half an hour of it."""
    home, ledger, maker = server.home, Ledger(), FileMaker(seed=1)
    sample = SoakFile("event_attendees.xlsx", (samples / "event_attendees.xlsx").read_bytes(), "contacts", "imported")
    ledger.dropped(Drop(sample, sample.name, "at_once", 0.0))  # by the first test
    feeder = Feeder(home, ledger, maker, Live(home))
    feeder.drop(maker.contacts(), slowly)
    feeder.drop(maker.again(sample), slowly)
    until(lambda: "STARTED" in _statuses(home) and kill(home.root, RUN_WORKER), "a run is killed")
    feeder.finish()
    until(lambda: not [path for path in home.drop.iterdir() if path.is_file()], "both files are put away")
    until(lambda: set(_statuses(home)) == {"SUCCESS", "FAILURE"}, "all runs have ended")
    assert list(violations(home, ledger, tmp_path / "replayed")) == []
    assert _statuses(home).count("FAILURE") == 1
    forgetful = Ledger()
    forgetful.dropped(ledger.drops[0])
    assert len(list(violations(home, forgetful, tmp_path / "other"))) >= 3, "the judge sees nothing"


def _statuses(home: Home) -> list[str]:
    return [status for status, _, _ in runs_on_record(home.root)]


@pytest.mark.browser
def test_the_asset_graph_is_drawn_in_a_browser(server: Server) -> None:
    if not shutil.which("chromium"):
        pytest.skip("chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.goto(f"{server.url}/asset-groups")
        for group in ("intake", "crm", "scoring", "reports"):
            page.get_by_text(group, exact=True).first.wait_for(timeout=60_000)
        assert not page.get_by_text("Join the community").count()
        browser.close()


def test_if_the_dashboard_dies_it_is_started_again_and_the_log_says_so(server: Server) -> None:
    (dashboard,) = [p for p in programs_of(server.process.pid) if b"dashboard\0serve" in _words(p)]
    os.kill(dashboard, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{dashboard}").exists(), "it is gone")
    until(lambda: answers(server.dashboard), "another one answers")
    log = (server.home.root / "product.log").read_text(encoding="utf-8")
    assert "The dashboard ended by itself (exit status -9); it starts again in 1 s." in log


def test_everything_killed_in_the_middle_of_a_run_is_completed_after_the_next_start(server: Server) -> None:
    """The last test of the module: nothing is served after it."""
    home = server.home
    known = _scored(home)
    rows = [f"p{number}@acme{number % 50}.example,Ann,Lee {number}" for number in range(2_000)]
    (home.drop / "many.csv").write_text("\n".join(["Email,First Name,Last Name", *rows]) + "\n")
    ended = set(_lives(home))
    until(lambda: bool(set(_lives(home)) - ended), "its run is under way", look_every=0.02)
    for process_id in reversed(programs_of(server.process.pid)):
        os.kill(process_id, signal.SIGKILL)
    server.process.wait()
    assert _scored(home) == known, "it was killed too late for this test to mean anything"
    with product(home) as again:
        until(lambda: _scored(home) == known + len(rows), "the contacts are scored")
        until(lambda: [run["status"] for run in _runs(again)][:2] == ["SUCCESS", "FAILURE"], "the runs have ended")
    assert (home.drop / "done" / "many.csv").exists()
    with duckdb.connect(str(home.crm), read_only=True) as connection:
        assert connection.execute("SELECT attempt, created FROM imports ORDER BY sequence DESC LIMIT 1").fetchall() == [
            (1, len(rows))
        ]


def _lives(home: Home) -> list[str]:
    """Runs that have shown a sign of life."""
    folder = home.dagster / "alive"
    return [path.name for path in folder.iterdir()] if folder.exists() else []


def _words(process_id: int) -> bytes:
    return Path(f"/proc/{process_id}/cmdline").read_bytes()

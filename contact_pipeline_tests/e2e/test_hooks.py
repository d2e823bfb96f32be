"""Others are told what happened, by real runs: of the command line, and of the daemon's records; each event once, nobody's name."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import dagster as dg
import pytest
from click.testing import CliRunner
from dagster._core.remote_origin import InProcessCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from contact_pipeline import turning_back
from contact_pipeline.cli import main
from contact_pipeline.defs.following import hooks_sensor
from contact_pipeline.defs.home import HomeResource
from contact_pipeline.defs.instance import opened_instance
from contact_pipeline.defs.running import runner
from contact_pipeline.errors import HomeBusy, LedgerMismatch, StorageFailed
from contact_pipeline.home import Home
from contact_pipeline.hooks.telling import note_refused
from contact_pipeline.imports import RunOutcome, import_files
from contact_pipeline_tests.unit.hooks.receiver import Receiver, receiving

SETTINGS = """
dagster_address = "https://dagster.example.com/ui/"
[dashboard]
address = "https://leads.example.com"
[limits]
file_bytes = 500
[[files]]
match = "held*"
review = "hold"
[[hooks]]
name = "view"
url = "{address}"
timeout_seconds = 5
"""
FILES = {
    "ann_lee.csv": "Email,Name,Phone\nann.lee@acme.example,Ann Lee,+44 20 7946 0001\nno address,Bob Ray,\n",
    "bob_ray_no_address.csv": "Name,Town\nBob Ray,Leeds\n",
    "held_for_ann_lee.csv": "Email\nann.lee@acme.example\n",
    "ann_lee_too_large.csv": "Email\n" + "ann.lee@acme.example\n" * 50,
}
PERSONAL = ("ann", "lee", "bob", "ray", "acme", "7946", "csv")


class Told(NamedTuple):
    """A home, who was told, and what came of the files."""

    home: Home
    receiver: Receiver
    outcome: RunOutcome

    def one(self, name: str, **of_import: object) -> dict[str, Any]:
        """The one event of that name, of an import with these facts."""
        found = [
            event
            for event in self.receiver.events
            if event["event"] == name and of_import.items() <= (event["import"] or {}).items()
        ]
        assert len(found) == 1
        return found[0]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Four files were brought by the command line, then one was undone."""
    folder = tmp_path_factory.mktemp("hooks")
    with receiving() as receiver:
        home = Home(folder / "home")
        home.set_up()
        (home.root / "settings.toml").write_text(SETTINGS.format(address=receiver.address))
        for name, text in FILES.items():
            (folder / name).write_text(text)
        with runner(home, lambda _: None) as running:
            outcome = import_files(running, [folder / name for name in FILES], None)
        with runner(home, lambda _: None):
            turning_back.undo(home, str(outcome.imports[0].import_id))
        yield Told(home, receiver, outcome)


def test_everything_that_happened_is_told_once(told: Told) -> None:
    names = Counter(told.receiver.names)
    assert names == {"imported": 1, "refused": 2, "waiting": 1, "scored": 1, "undone": 1}
    assert len({event["id"] for event in told.receiver.events}) == 6


def test_an_import_is_told_with_its_ledger_its_run_and_where_to_look(told: Told) -> None:
    event = told.one("imported")
    rows = {"total": 2, "created": 1, "updated": 0, "unchanged": 0, "skipped": 0, "failed": 1, "not_data": 0}
    own = str(told.outcome.imports[0].import_id)
    assert event["import"] == {"id": own.split("@")[1], "kind": "contacts", "status": "imported", "rows": rows}
    assert (event["schema"], event["reason"], event["dashboard"]) == (1, None, "https://leads.example.com/")
    run = event["run"]
    assert run["url"] == f"https://dagster.example.com/ui/runs/{run['id']}"
    assert run["seconds"] > 0
    assert run["failed_checks"] == ["few_records_fail"]


def test_scores_are_told_with_their_counts(told: Told) -> None:
    event = told.one("scored")
    assert event["import"] is None
    scores = event["scores"]
    assert scores["scored"] == scores["hot"] + scores["warm"] + scores["cold"]
    assert (scores["method"], event["run"]["stage"]) == ("points", None)


def test_a_refusal_is_told_by_its_code_also_where_no_import_came_of_it(told: Told) -> None:
    assert told.one("refused", status="refused")["reason"] == "no_email_column"
    without = [event for event in told.receiver.events if event["event"] == "refused" and event["import"] is None]
    assert [(event["reason"], event["run"]) for event in without] == [("too_large", None)]


def test_an_import_that_waits_and_one_that_was_undone_are_told_with_their_state(told: Told) -> None:
    assert told.one("waiting")["import"]["status"] == "waiting"
    undone = told.one("undone")["import"]
    assert (undone["status"], undone["rows"]["total"]) == ("undone", 2)


def test_no_event_names_a_person_or_a_file(told: Told) -> None:
    said = b" ".join(body for _, _, body in told.receiver.requests).decode().lower()
    kept = (told.home.root / "hooks.sqlite").read_bytes().decode(errors="replace").lower()
    assert not [word for word in PERSONAL if f'"{word}' in said or f"{word}_" in said or f"{word}@" in said]
    assert not [name for name in FILES if name in said + kept or name.removesuffix(".csv").replace("_", "-") in said]


def test_the_daemon_tells_nothing_again_that_the_command_line_told(told: Told) -> None:
    before = len(told.receiver.requests)
    with opened_instance(told.home) as instance:
        _tick(told.home, instance)
    assert len(told.receiver.requests) == before


def test_the_command_lists_what_was_told_and_tries_the_hooks(told: Told) -> None:
    def command(*words: str) -> Any:
        return CliRunner().invoke(main, ["hooks", *words], env={"CONTACT_PIPELINE_HOME": str(told.home.root)})

    listed = json.loads(command("--json").output)
    assert {(one["hook"], one["state"], one["trouble"]) for one in listed} == {("view", "delivered", None)}
    assert "imported  view: delivered" in command().output
    assert json.loads(command("test", "--json").output) == {"view": "delivered"}
    assert told.receiver.names[-1] == "test"
    told.receiver.status = 418
    tried = command("test", "view")
    told.receiver.status = 204
    assert (tried.exit_code, tried.output) == (1, "view: answered 418\n")
    assert command("test", "nobody").exit_code == 2


class Daemon(NamedTuple):
    """A home that is followed, with records of Dagster that a test writes."""

    home: Home
    receiver: Receiver
    instance: dg.DagsterInstance

    def told(self) -> list[tuple[str, str | None]]:
        """The events and their reasons, after a look of the sensor."""
        _tick(self.home, self.instance)
        return [(event["event"], event["reason"]) for event in self.receiver.events]


@pytest.fixture
def daemon(home: Home) -> Iterator[Daemon]:
    with receiving() as receiver, dg.DagsterInstance.ephemeral() as instance:
        (home.root / "settings.toml").write_text(SETTINGS.format(address=receiver.address))
        _tick(home, instance)
        yield Daemon(home, receiver, instance)


def _tick(home: Home, instance: dg.DagsterInstance) -> None:
    resources = {"home": HomeResource(root=str(home.root))}
    with dg.build_sensor_context(instance, resources=resources) as context:
        assert isinstance(hooks_sensor(context), dg.SkipReason)


_OF_THE_DAEMON = RemoteJobOrigin(
    RemoteRepositoryOrigin(InProcessCodeLocationOrigin(LoadableTargetOrigin(python_file="any")), "any"), "any"
)


@dg.job
def any_job() -> None:
    """Something that runs of it may be put on record."""


def _killed(daemon: Daemon, **facts: Any) -> dg.DagsterRun:
    tags = {"dagster/partition": "ann-lee@0123456789ab"}
    run = daemon.instance.create_run_for_job(any_job, status=dg.DagsterRunStatus.STARTED, tags=tags, **facts)
    daemon.instance.report_run_failed(run, "killed")
    return run


def test_a_run_that_was_killed_for_good_is_told_as_failed_once(daemon: Daemon) -> None:
    run = _killed(daemon)
    assert daemon.told() == daemon.told() == [("failed", "died")]
    (event,) = daemon.receiver.events
    assert event["import"] == {"id": "0123456789ab", "kind": None, "status": None, "rows": None}
    assert event["run"]["id"] == run.run_id


def test_a_run_that_is_tried_again_is_told_only_when_it_is_not_any_more(daemon: Daemon) -> None:
    run = _killed(daemon, remote_job_origin=_OF_THE_DAEMON)
    daemon.instance.add_run_tags(run.run_id, {"dagster/will_retry": "true"})
    assert daemon.told() == []
    daemon.instance.add_run_tags(run.run_id, {"dagster/will_retry": "false"})
    assert daemon.told() == [("failed", "died")]


def test_an_import_that_is_tried_again_and_again_is_told_as_failed_once(daemon: Daemon) -> None:
    for _ in range(3):
        _killed(daemon)
        assert daemon.told() == [("failed", "died")]


def test_a_run_that_was_canceled_is_told_as_failed(daemon: Daemon) -> None:
    run = daemon.instance.create_run_for_job(any_job, status=dg.DagsterRunStatus.CANCELING)
    daemon.instance.report_run_canceled(run)
    assert daemon.told() == [("failed", "canceled")]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (HomeBusy("held for 60 s"), "home_busy"),
        (StorageFailed("The disk of ann is full"), "storage_failed"),
        (LedgerMismatch("2 in, 1 out"), "ledger_mismatch"),
        (ZeroDivisionError("ann.lee@acme.example"), "fault"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_reason_of_a_failure_is_a_code_and_never_its_message(daemon: Daemon, error: Exception, reason: str) -> None:
    @dg.op
    def stage() -> None:
        raise error

    @dg.job
    def fails() -> None:
        stage()

    fails.execute_in_process(instance=daemon.instance, raise_on_error=False)
    assert daemon.told() == [("failed", reason)]
    assert daemon.receiver.events[0]["run"]["stage"] == "stage"
    assert str(error) not in daemon.receiver.requests[0][2].decode()


def test_a_home_without_hooks_is_left_as_it_is(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        _tick(home, instance)
    assert not list(home.root.glob("*hooks*"))


def test_an_outbox_that_cannot_be_used_fails_no_command(home: Home) -> None:
    (home.root / "settings.toml").write_text(SETTINGS.format(address="http://127.0.0.1:9/"))
    (home.root / "hooks.sqlite").write_text("this is no database")
    note_refused(home, "too_large")
    with runner(home, lambda _: None) as running:
        assert running.home is home

"""The drop folder as the daemon sees it: ticks of the real sensor, and the runs it asks for really executed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import dagster as dg
import pytest

from contact_pipeline.approvals import approve
from contact_pipeline.crm.history import past_imports
from contact_pipeline.crm.session import read_crm
from contact_pipeline.definitions import build_defs
from contact_pipeline.defs import asking, sensors
from contact_pipeline.defs.home import IMPORTS, HomeResource
from contact_pipeline.defs.sensors import drop_folder_sensor
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import Receipt, receive
from contact_pipeline.turning_back import undo
from contact_pipeline.turns import turn_of_runs

LONG_AGO = 1_000_000_000
SETTLES_AT_ONCE = "[drop]\nsettle_seconds = 0\n"


class Daemon:
    """Ticks and runs as the daemon would, with the same instance and cursor."""

    def __init__(self, home: Home, instance: dg.DagsterInstance) -> None:
        self.home, self.instance, self.cursor = home, instance, None
        self.resource = HomeResource(root=str(home.root))
        self.keys_seen: set[str] = set()
        self.ahead = 0.0

    def tick(self, *, later: float = 0.0) -> dg.SensorResult:
        """One tick, so many seconds after those before."""
        self.ahead += later
        clock = SimpleNamespace(time=lambda: time.time() + self.ahead)
        with (
            dg.build_sensor_context(self.instance, self.cursor, resources={"home": self.resource}) as context,
            patch.object(sensors, "time", clock),
        ):
            result = drop_folder_sensor(context)
        assert isinstance(result, dg.SensorResult)
        self.cursor = result.cursor
        for request in result.dynamic_partitions_requests or []:
            self.instance.add_dynamic_partitions(str(IMPORTS.name), list(request.partition_keys))
        return result

    def run(self, result: dg.SensorResult) -> list[bool]:
        """Execute what the tick asked for; a run key that was seen is skipped, as Dagster does."""
        job = build_defs(self.resource).resolve_job_def("import_contacts")
        fresh = [request for request in result.run_requests or [] if request.run_key not in self.keys_seen]
        self.keys_seen |= {str(request.run_key) for request in fresh}
        return [
            job.execute_in_process(
                instance=self.instance, partition_key=request.partition_key, raise_on_error=False
            ).success
            for request in fresh
        ]


@pytest.fixture
def daemon(home: Home) -> Iterator[Daemon]:
    (home.root / "settings.toml").write_text(SETTLES_AT_ONCE)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Daemon(home, instance)


def _drop(home: Home, name: str, text: str) -> Path:
    path = home.drop / name
    path.write_text(text)
    return path


CONTACTS = "Email,Name\nann@acme.example,Ann Lee\n"


def _drop_and_import(daemon: Daemon) -> Path:
    """Where the file lay before it was imported and put away."""
    path = _drop(daemon.home, "list.csv", CONTACTS)
    daemon.tick()
    daemon.run(daemon.tick())
    return path


def test_a_dropped_file_is_imported_and_put_away(daemon: Daemon) -> None:
    path = _drop(daemon.home, "list.csv", CONTACTS)
    assert not daemon.tick().run_requests, "one look does not show that a file stands still"
    assert daemon.run(daemon.tick()) == [True]
    assert not path.exists()
    assert (daemon.home.drop / "done" / "list.csv").read_text() == CONTACTS


def test_what_dagster_keeps_of_a_tick_tells_no_name_of_a_file(daemon: Daemon) -> None:
    _drop(daemon.home, "zora.quibble@home.example.csv", CONTACTS)
    results = [daemon.tick(), daemon.tick(), daemon.tick()]
    assert results[1].run_requests
    kept = " ".join(f"{one.cursor} {one.skip_reason} {one.run_requests}" for one in results).lower()
    assert not [word for word in ("zora", "quibble", "home.example") if word in kept]


def test_a_file_that_still_grows_is_left_alone(daemon: Daemon) -> None:
    path = _drop(daemon.home, "list.csv", CONTACTS)
    for number in range(3):
        daemon.tick()
        path.write_text(path.read_text() + f"more{number}@acme.example,More\n")
        assert not daemon.tick().run_requests
    assert len(daemon.tick().run_requests or []) == 1


def test_a_file_that_was_copied_just_now_has_not_settled_though_the_copy_says_it_is_old(daemon: Daemon) -> None:
    (daemon.home.root / "settings.toml").write_text("")
    os.utime(_drop(daemon.home, "list.csv", CONTACTS), (LONG_AGO, LONG_AGO))
    daemon.tick()
    assert not daemon.tick().run_requests


def test_names_of_unfinished_files_links_and_folders_are_ignored(daemon: Daemon, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_text(CONTACTS)
    for name in (".hidden.csv", "~$list.xlsx", "list.csv.part", "list.tmp", "list.crdownload"):
        _drop(daemon.home, name, CONTACTS)
    (daemon.home.drop / "link.csv").symlink_to(elsewhere)
    (daemon.home.drop / "folder.csv").mkdir()
    daemon.tick()
    assert not daemon.tick().run_requests


def test_a_refused_file_moves_aside_with_a_note_and_may_come_again(daemon: Daemon) -> None:
    for attempt in (1, 2):
        _drop(daemon.home, "people.csv", "Name,Town\nAnn,Leeds\n")
        daemon.tick()
        result = daemon.tick()
        assert [str(request.run_key).rsplit("#", 1)[1] for request in result.run_requests or []] == [str(attempt)]
        assert daemon.run(result) == [False]
    refused = daemon.home.drop / "refused"
    assert "e-mail" in (refused / "people.csv.why.txt").read_text()


def test_known_bytes_under_another_name_start_no_run(daemon: Daemon) -> None:
    _drop_and_import(daemon)
    _drop(daemon.home, "again.csv", CONTACTS)
    daemon.tick()
    assert not daemon.tick().run_requests
    assert (daemon.home.drop / "done" / "again.csv").exists()


def test_a_lost_cursor_imports_nothing_twice(daemon: Daemon) -> None:
    _drop(daemon.home, "list.csv", CONTACTS)
    daemon.tick()
    first = daemon.tick()
    daemon.cursor = None
    daemon.tick()
    second = daemon.tick()
    keys = {request.run_key for result in (first, second) for request in result.run_requests or []}
    assert len(keys) == 1


def test_a_file_left_behind_by_a_crash_after_the_import_is_put_away(daemon: Daemon) -> None:
    path = _drop_and_import(daemon)
    shutil.move(daemon.home.drop / "done" / "list.csv", path)
    daemon.tick()
    assert not daemon.tick().run_requests
    assert not path.exists()


def test_two_hundred_files_at_once_all_become_imports_each_asked_for_once(daemon: Daemon) -> None:
    for number in range(200):
        _drop(daemon.home, f"list{number}.csv", f"Email\np{number}@acme.example\n")
    daemon.tick()
    asked = [request.run_key for _ in range(11) for request in daemon.tick().run_requests or []]
    assert len(asked) == len(set(asked)) == 200


def test_a_file_that_must_be_reviewed_waits_and_goes_on_by_itself_once_it_was_approved(daemon: Daemon) -> None:
    (daemon.home.root / "settings.toml").write_text(SETTLES_AT_ONCE + '[imports]\nreview = "hold"\n')
    _drop(daemon.home, "leads.csv", "Email\nann@acme.example\n")
    daemon.tick()
    assert daemon.run(daemon.tick()) == [True]
    with read_crm(daemon.home) as connection:
        (waiting,) = past_imports(connection)
        assert (waiting.status, connection.sql("SELECT * FROM contacts").fetchall()) == ("waiting", [])
    assert daemon.run(daemon.tick()) == []
    approve(daemon.home, waiting.import_id)
    assert daemon.run(daemon.tick()) == [True]
    with read_crm(daemon.home) as connection:
        assert [past.status for past in past_imports(connection)] == ["imported"]
        assert connection.sql("SELECT email FROM contacts").fetchall() == [("ann@acme.example",)]
    assert daemon.run(daemon.tick()) == []


def test_known_bytes_under_a_name_that_says_so_opt_everybody_out_once(daemon: Daemon) -> None:
    keys = []
    for name in ("list.csv", "unsubscribed_list.csv", "unsubscribed again.csv"):
        _drop(daemon.home, name, CONTACTS)
        daemon.tick()
        result = daemon.tick()
        keys.append([str(request.run_key).rsplit("#", 1)[1] for request in result.run_requests or []])
        assert daemon.run(result) == [True] * len(keys[-1])
        assert (daemon.home.drop / "done" / name).exists()
    assert keys == [["1"], ["opt-out"], []]
    with read_crm(daemon.home) as connection:
        assert connection.execute("SELECT email, opted_out FROM contacts").fetchall() == [("ann@acme.example", True)]
        assert connection.execute("SELECT count(*), min(attempt) FROM imports").fetchall() == [(1, 1)]


def test_known_bytes_that_need_more_than_being_put_away_wait_until_no_run_is_under_way(daemon: Daemon) -> None:
    _drop_and_import(daemon)
    _drop(daemon.home, "unsubscribed_list.csv", CONTACTS)
    daemon.tick()
    with turn_of_runs(daemon.home):
        assert not daemon.tick().run_requests
    assert len(daemon.tick().run_requests or []) == 1


def test_bytes_that_were_undone_may_come_again(daemon: Daemon) -> None:
    for attempt in (1, 2):
        _drop(daemon.home, "list.csv", CONTACTS)
        daemon.tick()
        result = daemon.tick()
        assert [str(request.run_key).rsplit("#", 1)[1] for request in result.run_requests or []] == [str(attempt)]
        assert daemon.run(result) == [True]
        if attempt == 1:
            undo(daemon.home, str((result.run_requests or [])[0].partition_key))
    with read_crm(daemon.home) as connection:
        assert connection.execute("SELECT status, attempt FROM imports").fetchall() == [("imported", 2)]


def _ends_early(daemon: Daemon, result: dg.SensorResult) -> None:
    """The runs that a tick asked for end as on a full disk: with nothing written, and nobody's fault."""
    job = build_defs(daemon.resource).resolve_job_def("import_contacts")
    for request in result.run_requests or []:
        daemon.keys_seen.add(str(request.run_key))
        tags = {"dagster/partition": str(request.partition_key)}
        daemon.instance.create_run_for_job(job, status=dg.DagsterRunStatus.FAILURE, tags=tags)


def _keys(result: dg.SensorResult) -> list[str]:
    return [str(request.run_key) for request in result.run_requests or []]


def test_a_dropped_file_whose_run_ended_early_is_asked_for_again_after_a_pause_that_grows(daemon: Daemon) -> None:
    path = _drop(daemon.home, "list.csv", CONTACTS)
    daemon.tick()
    _ends_early(daemon, daemon.tick())
    assert _keys(daemon.tick(later=30)) == [], "not at once"
    again = daemon.tick(later=31)
    assert len(_keys(again)) == 1
    _ends_early(daemon, again)
    assert _keys(daemon.tick(later=31)) == [], "not as soon as the first time"
    last = daemon.tick(later=150)
    assert len({*_keys(again), *_keys(last)}) == 2
    assert daemon.run(last) == [True]
    assert not path.exists()
    assert _keys(daemon.tick(later=4000)) == []


def test_a_live_import_whose_run_ended_before_its_results_is_completed_though_its_file_is_put_away(
    daemon: Daemon,
) -> None:
    _drop_and_import(daemon)
    with read_crm(daemon.home) as connection:
        (before,) = past_imports(connection)
    _ends_early(daemon, dg.SensorResult(run_requests=[dg.RunRequest(run_key="x", partition_key=before.import_id)]))
    again = daemon.tick(later=61)
    assert [request.partition_key for request in again.run_requests or []] == [before.import_id]
    assert daemon.run(again) == [True]
    with read_crm(daemon.home) as connection:
        assert [past.ledger for past in past_imports(connection)] == [before.ledger]
    assert _keys(daemon.tick(later=4000)) == []


def test_a_refused_file_is_not_asked_for_again(daemon: Daemon) -> None:
    _drop(daemon.home, "people.csv", "Name,Town\nAnn,Leeds\n")
    daemon.tick()
    assert daemon.run(daemon.tick()) == [False]
    assert [_keys(daemon.tick(later=4000)) for _ in range(2)] == [[], []]


def test_a_file_whose_run_dagster_has_forgotten_is_not_left_lying(daemon: Daemon) -> None:
    _drop(daemon.home, "list.csv", CONTACTS)
    daemon.tick()
    (asked,) = _keys(daemon.tick())
    assert _keys(daemon.tick(later=31)) == [asked]


def test_a_file_that_is_renamed_replaced_or_removed_after_it_was_asked_for_is_imported_as_it_is(daemon: Daemon) -> None:
    renamed, replaced, removed = (
        _drop(daemon.home, f"{name}.csv", CONTACTS.replace("ann", name)) for name in ("ren", "rep", "rem")
    )
    daemon.tick()
    first = daemon.tick()
    renamed.rename(daemon.home.drop / "other name.csv")
    replaced.write_text(CONTACTS.replace("ann", "rep") + "zoe@acme.example,Zoe\n")
    removed.unlink()
    daemon.tick()
    second = daemon.tick()
    assert [len(set(_keys(one)) - daemon.keys_seen) for one in (first, second)] == [3, 2]
    assert set(_keys(second)) - set(_keys(first)), "the longer file is another import"
    assert daemon.run(second) == [True, True]
    daemon.tick()
    assert not [path for path in daemon.home.drop.iterdir() if path.is_file()]
    with read_crm(daemon.home) as connection:
        found = connection.execute("SELECT email FROM contacts ORDER BY email").fetchall()
    assert found == [("ren@acme.example",), ("rep@acme.example",), ("zoe@acme.example",)]


def test_a_file_that_a_slow_writer_still_holds_open_is_left_alone_however_long_it_pauses(daemon: Daemon) -> None:
    path = daemon.home.drop / "list.csv"
    with path.open("w") as writer:
        writer.write(CONTACTS[:20])
        writer.flush()
        assert [_keys(daemon.tick(later=100)) for _ in range(3)] == [[], [], []]
        writer.write(CONTACTS[20:])
    daemon.tick()
    assert len(_keys(daemon.tick())) == 1


def test_a_file_that_changes_while_it_is_copied_is_left_for_another_look(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _drop(daemon.home, "list.csv", CONTACTS)

    def copy_and_grow(*given: Any, **named: Any) -> Receipt:
        receipt = receive(*given, **named)
        path.write_text(CONTACTS + "bob@acme.example,Bob\n")
        return receipt

    daemon.tick()
    with monkeypatch.context() as growing:
        growing.setattr(asking, "receive", copy_and_grow)
        assert _keys(daemon.tick()) == []
    daemon.tick()
    (asked,) = daemon.tick().run_requests or []
    assert str(asked.partition_key).endswith(hashlib.sha256(path.read_bytes()).hexdigest()[:12])


_SHOWS_LIFE = """
import sys
from pathlib import Path
from contact_pipeline import signs_of_life
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import Receipt, receive
signs_of_life.show(Home(Path(sys.argv[1])), sys.argv[2])
"""


def test_a_run_whose_process_died_holds_up_no_other(daemon: Daemon) -> None:
    """Three that died before they showed a sign of life or after, and one that is only just starting."""
    job = build_defs(daemon.resource).resolve_job_def("import_contacts")
    started, starting = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING)
    shown = daemon.instance.create_run_for_job(job, status=started)
    subprocess.run([sys.executable, "-c", _SHOWS_LIFE, str(daemon.home.root), shown.run_id], check=True)
    fresh = daemon.instance.create_run_for_job(job, status=starting)
    daemon.tick()
    assert [_status(daemon, run.run_id) for run in (shown, fresh)] == [dg.DagsterRunStatus.FAILURE, starting]
    daemon.tick(later=61)
    assert _status(daemon, fresh.run_id) == dg.DagsterRunStatus.FAILURE


def _status(daemon: Daemon, run_id: str) -> dg.DagsterRunStatus:
    run = daemon.instance.get_run_by_id(run_id)
    assert run is not None
    return run.status

"""An import killed with SIGKILL and run again ends as if it had never been killed; `make campaign` does it 100 times."""

from __future__ import annotations

import subprocess
from pathlib import Path

import dagster as dg
import pytest

from benchmarks.home_state import faults_of, state_of
from benchmarks.kills import Scenario, changing_contacts, kill_once
from contact_pipeline import handover
from contact_pipeline.definitions import build_defs
from contact_pipeline.defs.home import HomeResource
from contact_pipeline.defs.instance import opened_instance
from contact_pipeline.defs.interrupted import BY_COMMAND, STARTED_BY
from contact_pipeline.defs.running import runner
from contact_pipeline.errors import PipelineError
from contact_pipeline.home import Home
from contact_pipeline.imports import import_files


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return changing_contacts(tmp_path_factory.mktemp("scenario"))


@pytest.mark.parametrize("stage", ["crm_contacts", "lead_workbook"])
def test_a_killed_import_run_again_leaves_the_same_tables_and_files(
    scenario: Scenario, tmp_path: Path, stage: str
) -> None:
    assert kill_once(list(scenario.stages).index(stage), [scenario], tmp_path).faults == []


def test_a_home_that_differs_or_has_something_left_over_is_told_apart(scenario: Scenario, tmp_path: Path) -> None:
    """Without this the comparison above could be blind."""
    home = Home(tmp_path / "home")
    subprocess.run(["cp", "-r", str(scenario.home), str(home.root)], check=True)
    assert any("contacts" in one for one in state_of(home.root).differences(scenario.unharmed))
    (home.reports / "latest" / "leads.xlsx").write_bytes(b"PK half a workbook")
    (home.inbox / ".receiving.1-0123abcd.tmp").touch()
    assert len(faults_of(home.root)) == 2


def test_bytes_whose_run_ended_before_the_results_are_completed_by_the_same_command(
    home: Home, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = samples / "event_attendees.xlsx"
    with runner(home, lambda _: None) as running:
        with monkeypatch.context() as broken, pytest.raises(PipelineError, match="are in the CRM; the same command"):
            broken.setattr(handover, "write_workbooks", _fail)
            import_files(running, [sample], None)
        assert not (home.reports / "latest" / "leads.xlsx").exists()
        assert [import_files(running, [sample], None).imports[0].status for _ in range(2)] == [
            "imported",
            "already_imported",
        ]
    assert (home.reports / "latest" / "leads.xlsx").exists()


def test_the_next_command_knows_that_the_run_of_one_killed_a_moment_ago_is_dead(home: Home) -> None:
    """Though it has shown no sign of life yet; but a run that Dagster starts in its place may be only just starting."""
    job, of_a_command = (
        build_defs(HomeResource(root=str(home.root))).resolve_job_def("import_contacts"),
        {STARTED_BY: BY_COMMAND},
    )
    with opened_instance(home) as instance:
        killed = instance.create_run_for_job(job, tags=of_a_command).run_id
        once_more = instance.create_run_for_job(job, tags=of_a_command, root_run_id=killed, parent_run_id=killed).run_id
    with runner(home, lambda _: None) as running:
        found = {run.run_id: run.status for run in running.instance.get_runs()}
    assert found == {killed: dg.DagsterRunStatus.FAILURE, once_more: dg.DagsterRunStatus.NOT_STARTED}


def _fail(*_: object) -> None:
    raise RuntimeError("the printer is on fire")

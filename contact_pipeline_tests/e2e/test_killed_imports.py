"""An import killed with SIGKILL and run again ends as if it had never been killed; `make campaign` does it 100 times."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from benchmarks.home_state import faults_of, state_of
from benchmarks.kills import Scenario, changing_contacts, kill_once
from contact_pipeline import handover
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


def _fail(*_: object) -> None:
    raise RuntimeError("the printer is on fire")

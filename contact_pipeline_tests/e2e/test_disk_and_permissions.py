"""A full disk or a lost permission: the CRM is as before or as after, one line says what to do, and the next run heals.

`make campaign` does it at every stage.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.hardships import Trial, hardships, meet, prepare

HARDSHIPS = {one.name: one for one in hardships()}


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    return prepare(tmp_path_factory.mktemp("trial"))


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("disk full, 131,072 bytes left", "crm_contacts"),
        ("files limited in size", "mapped_contacts"),
        ("permission lost", "lead_workbook"),
    ],
)
def test_what_cannot_be_written_is_said_in_one_line_and_done_by_the_next_run(
    trial: Trial, tmp_path: Path, name: str, stage: str
) -> None:
    if name not in HARDSHIPS:
        pytest.skip("this machine does not let us do it")
    assert meet(HARDSHIPS[name], stage, trial, tmp_path) == []

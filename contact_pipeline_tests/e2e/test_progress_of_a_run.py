"""What a run tells on stderr while it works, as its user and a log file see it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

LINES = (
    "Email,First Name,Company,Email Status",
    "ann@acme.example,Annabella,Acme,Unsubscribed",
    "ann@acme.example,,Acme Ltd,",
    "nobody,Bo,Acme,",
    ",Cy,Acme,",
    "short,row",
)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """A run of a file without an e-mail column and of a good one, with --json."""
    folder = tmp_path_factory.mktemp("run")
    files = {"paint.csv": ("Colour,Size", "red,4", "blue,5"), "leads.csv": LINES}
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "contact_pipeline", "run", *(str(folder / name) for name in files), "--json"],
        capture_output=True,
        text=True,
        env={**os.environ, "CONTACT_PIPELINE_HOME": str(folder / "home")},
        check=False,
    )


def test_each_stage_leaves_a_plain_line_and_stdout_stays_json(done: subprocess.CompletedProcess[str]) -> None:
    told = done.stderr
    refused, imported = json.loads(done.stdout)["imports"]
    assert (refused["status"], imported["status"]) == ("refused", "imported")
    assert re.search(r"^raw file: 5 rows(, [\d,]+ rows/s)?; 1 broken$", told, re.MULTILINE)
    assert re.search(r"^mapped contacts: 5 rows.*; 1 opted out$", told, re.MULTILINE)
    assert re.search(r"^validated contacts: 5 rows.*; 3 cannot come in: 1 broken row, 1 .*, 1 .*$", told, re.MULTILINE)
    assert re.search(
        rf"^quarantined rows: 3 rows set aside.*{re.escape(imported['quarantine_file'])}$", told, re.MULTILINE
    )
    assert re.search(r"^crm contacts: 5 rows.*; 1 created, 1 skipped, 3 failed$", told, re.MULTILINE)
    assert re.search(r"^this does not hold: few records fail$", told, re.MULTILINE)
    assert f"{imported['import_id']}:" in told.splitlines()
    assert "\x1b" not in told
    assert not [word for word in ("ann@", "Annabella", "nobody", "Bo,") if word in told]


def test_a_file_that_is_refused_at_once_leaves_one_line(done: subprocess.CompletedProcess[str]) -> None:
    refused = json.loads(done.stdout)["imports"][0]
    assert "failed after" not in done.stderr
    assert f"{refused['import_id']}:" not in done.stderr.splitlines()
    assert [line for line in done.stderr.splitlines() if "paint.csv" in line] == [
        f"contact-pipeline: {refused['reason']}"
    ]

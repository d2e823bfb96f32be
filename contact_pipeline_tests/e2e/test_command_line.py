"""The command line as its user meets it: a process of its own, exit status, one line for an error."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from contact_pipeline.cli import main

LINES = ("Email,First Name,Company", "ann@acme.example,Ann,Acme", "nobody,Bo,Acme", "ann@acme.example,,Acme Ltd")


def _command(home: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "contact_pipeline", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "CONTACT_PIPELINE_HOME": str(home)},
        check=False,
    )


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Commands over a home that nobody has used yet."""
    return partial(_command, tmp_path / "home")


class Imported(NamedTuple):
    """Commands over a home into which one file was imported, and what was said of it."""

    command: Callable[..., subprocess.CompletedProcess[str]]
    said: Any


@pytest.fixture(scope="module")
def imported_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("imported")
    (folder / "contacts.csv").write_text("\n".join(LINES) + "\n", encoding="utf-8")
    return folder / "home", _facts(_command(folder / "home", "run", folder / "contacts.csv", "--json"))


@pytest.fixture
def imported(imported_once: tuple[Path, Any], tmp_path: Path) -> Imported:
    """A copy, to go on with."""
    home, said = imported_once
    shutil.copytree(home, tmp_path / "copy")
    return Imported(partial(_command, tmp_path / "copy"), said)


def _facts(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode in {0, 1}, done.stderr
    return json.loads(done.stdout)


def test_run_prints_what_the_design_promises(imported_once: tuple[Path, Any]) -> None:
    _, facts = imported_once
    (one,) = facts["imports"]
    assert set(one) == {
        "file", "import_id", "status", "reason", "rows", "failures", "skips", "quarantine_file",
        "contacts", "changes", "sample_check",
    }  # fmt: skip
    assert one["sample_check"] == {"rows": 2, "cells": 5, "differing": {}, "places": []}
    assert (one["status"], one["rows"]["total"], one["rows"]["created"]) == ("imported", 3, 1)
    assert one["failures"] == {"e-mail address cannot be used": 1}
    assert Path(one["quarantine_file"]).exists()
    assert facts["scores"].keys() == {"method", "scored", "hot", "warm", "cold", "model"}
    assert all(Path(path).exists() for path in facts["artifacts"].values())


def test_a_dry_run_counts_what_the_run_does_and_leaves_no_trace(
    command: Callable[..., Any], contacts_csv: Callable[..., Path], tmp_path: Path, imported_once: tuple[Path, Any]
) -> None:
    tried = _facts(command("run", contacts_csv(*LINES), "--dry-run", "--json"))["imports"][0]
    assert tried["status"] == "would_import"
    assert not (tmp_path / "home").exists()
    done = imported_once[1]["imports"][0]
    assert (tried["rows"], tried["failures"], tried["skips"]) == (done["rows"], done["failures"], done["skips"])


def test_a_dry_run_shows_what_would_change_and_trace_tells_where_it_came_from(
    imported: Imported, contacts_csv: Callable[..., Path]
) -> None:
    command = imported.command
    second = contacts_csv("Email,Company", "ann@acme.example, Acme  GmbH ", name="second.csv")
    (change,) = _facts(command("run", second, "--dry-run", "--json"))["imports"][0]["changes"]
    assert change == {
        "sheet": "", "line": 2, "email": "ann@acme.example", "field": "Company", "before": "Acme Ltd", "after": "Acme GmbH",
    }  # fmt: skip
    assert "Acme Ltd  Acme GmbH" in command("run", second, "--dry-run").stdout
    command("run", second)
    (contact,) = _facts(command("trace", "Ann@acme.example", "--field", "company", "--json"))
    (value,) = contact["fields"]
    assert value["sources"][0]["cells"] == [{"header": "Company", "raw": " Acme  GmbH "}]
    assert [(one["value"], one["line"]) for one in value["others"]] == [("Acme", 2), ("Acme Ltd", 4)]
    assert "second.csv, line 2; 'Company' ' Acme  GmbH '" in command("trace", "ann@acme.example").stdout
    past = _facts(command("imports", "--json"))[0]
    assert past["sample_check"]["differing"] == {}
    assert {"kind", "who", "seconds"} <= past.keys()
    unknown = command("trace", "nobody@acme.example")
    assert (unknown.returncode, len(unknown.stderr.splitlines())) == (2, 1)


def test_inspect_gives_the_fate_of_every_column_and_makes_no_home(
    command: Callable[..., Any], contacts_csv: Callable[..., Path], tmp_path: Path
) -> None:
    (review,) = _facts(command("inspect", contacts_csv(*LINES), "--json"))
    assert set(review) == {"file", "status", "reason", "ignored_sheets", "tables"}
    (table,) = review["tables"]
    assert set(table) >= {
        "sheet",
        "kind",
        "encoding",
        "delimiter",
        "header_row",
        "rows",
        "problems",
        "missing",
        "columns",
    }
    assert [column["field"] for column in table["columns"]] == ["email", "first_name", "company"]
    assert set(table["columns"][0]) == {
        "header", "action", "field", "confidence", "reason", "alternatives", "type", "filled", "distinct", "issues",
    }  # fmt: skip
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("run", "{missing}"), 2),
        (("run", "{no_table}"), 1),
        (("run", "{folder}"), 1),
        (("inspect", "{no_email}"), 1),
        (("rerun", "no_such_stage"), 2),
        (("rerun", "raw_file"), 2),
        (("rerun", "raw_file", "nothing@0"), 2),
        (("run", "--policy", "merge", "{missing}"), 2),
    ],
)
def test_an_error_is_one_line_and_its_own_exit_status(tmp_path: Path, arguments: tuple[str, ...], status: int) -> None:
    """Within this process: that the shell gets the status is seen in the other tests."""
    (tmp_path / "no_table.csv").write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 9)
    (tmp_path / "no_email.csv").write_text("Name,Town\nAnn,Leeds\n")
    (tmp_path / "folder.csv").mkdir()
    places = {
        "missing": tmp_path / "missing.csv",
        "no_table": tmp_path / "no_table.csv",
        "no_email": tmp_path / "no_email.csv",
        "folder": tmp_path / "folder.csv",
    }
    done = CliRunner().invoke(
        main,
        [argument.format(**places) for argument in arguments],
        env={"CONTACT_PIPELINE_HOME": str(tmp_path / "home")},
        catch_exceptions=False,
    )
    assert done.exit_code == status, done.stderr
    last = done.stderr.strip().splitlines()
    assert last, "an error says something"
    assert len(last) == 1 or last[0].startswith("Usage:")


def test_a_refused_file_stops_no_other(command: Callable[..., Any], contacts_csv: Callable[..., Path]) -> None:
    bad = contacts_csv("Name,Town", "Ann,Leeds", name="people.csv")
    done = command("run", bad, contacts_csv(*LINES), "--json")
    assert done.returncode == 1
    assert [one["status"] for one in json.loads(done.stdout)["imports"]] == ["refused", "imported"]


def test_a_rerun_and_the_history_agree_with_the_first_run(imported: Imported) -> None:
    command, first = imported.command, imported.said["imports"][0]
    before = _facts(command("imports", "--json"))
    assert command("rerun", "mapped_contacts", first["import_id"]).returncode == 0
    assert _facts(command("imports", "--json")) == before
    assert before[0]["rows"] == first["rows"]


def test_a_setting_that_cannot_be_used_is_named_with_its_place(command: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "settings.toml").write_text("[scoring]\nhot_from = 'very'\n")
    done = command("imports")
    assert done.returncode == 2
    assert "scoring.hot_from" in done.stderr

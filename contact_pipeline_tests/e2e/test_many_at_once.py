"""Twenty files at once, by two commands and the daemon: each waits its turn, and none is lost, refused or taken twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb

from contact_pipeline.home import Home
from contact_pipeline_tests.e2e.served_product import Server, product, until

FILES_A_COMMAND, DROPPED = 9, 2  # the daemon starts a process for each file, 10 s apart
PEOPLE_A_FILE = 3
SIGNS_OF_A_LOCK = ("lock", "Conflict", "HomeBusy", "Another process", "Another run has been", "Traceback")
RUNS = "{ runsOrError { ... on Runs { results { status } } } }"


def test_two_commands_and_the_daemon_import_twenty_files_at_once(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    files = [_file(tmp_path, number) for number in range(2 * FILES_A_COMMAND + DROPPED)]
    with product(home) as server:
        for path in files[:DROPPED]:
            path.rename(home.drop / path.name)
        commands = [_command(home, files[DROPPED::2]), _command(home, files[DROPPED + 1 :: 2])]
        said = [command.communicate(timeout=300) for command in commands]
        until(lambda: _imports(home) == len(files), "all files are imported")
        until(lambda: _runs_have_ended(server), "all runs have ended")
        log = (home.root / "product.log").read_text(
            encoding="utf-8"
        )  # before the server is stopped in the middle of a look
    assert [command.returncode for command in commands] == [0, 0], said
    assert {one["status"] for output, _ in said for one in json.loads(output)["imports"]} == {"imported"}
    assert not [line for line in (log + said[0][1] + said[1][1]).splitlines() if _tells_of_a_lock(line)]
    _assert_totals(home, len(files))


def test_the_same_bytes_by_two_commands_at_once_are_one_import(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    first, second = _file(tmp_path, 1), tmp_path / "other name.csv"
    second.write_bytes(first.read_bytes())
    commands = [_command(home, [first]), _command(home, [second])]
    said = [command.communicate(timeout=300) for command in commands]
    assert [command.returncode for command in commands] == [0, 0], said
    outcomes = [json.loads(output)["imports"][0] for output, _ in said]
    assert sorted(one["status"] for one in outcomes) == ["already_imported", "imported"]
    assert len({one["import_id"] for one in outcomes}) == 1
    _assert_totals(home, 1)


def _file(folder: Path, number: int) -> Path:
    """People of its own, and one whom every file has."""
    people = [f"p{number}-{one}@acme{number}.example,Ann" for one in range(PEOPLE_A_FILE)]
    path = folder / f"list{number}.csv"
    path.write_text("\n".join(["Email,First Name", *people, "everywhere@acme.example,Bo"]) + "\n", encoding="utf-8")
    return path


def _command(home: Home, files: list[Path]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "contact_pipeline", "run", *map(str, files), "--json"],
        env=os.environ | {"CONTACT_PIPELINE_HOME": str(home.root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _imports(home: Home) -> int:
    try:
        with duckdb.connect(str(home.crm), read_only=True) as connection:
            return len(connection.execute("SELECT 1 FROM imports WHERE status = 'imported'").fetchall())
    except duckdb.Error:  # a run holds the file
        return 0


def _runs_have_ended(server: Server) -> bool:
    statuses = [run["status"] for run in server.graphql(RUNS)["runsOrError"]["results"]]
    assert not {"FAILURE", "CANCELED"} & set(statuses)
    return set(statuses) == {"SUCCESS"}


def _tells_of_a_lock(line: str) -> bool:
    return any(sign in line for sign in SIGNS_OF_A_LOCK)


def _assert_totals(home: Home, files: int) -> None:
    with duckdb.connect(str(home.crm), read_only=True) as connection:
        counts = connection.execute("SELECT count(*), count(DISTINCT sequence), sum(total), sum(failed) FROM imports")
        assert counts.fetchall() == [(files, files, files * (PEOPLE_A_FILE + 1), 0)]
        contacts = connection.execute("SELECT count(*), count(DISTINCT email), count(lead_score) FROM contacts")
        assert contacts.fetchall() == [(files * PEOPLE_A_FILE + 1,) * 3]

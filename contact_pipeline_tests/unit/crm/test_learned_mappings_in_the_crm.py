"""Mappings that imports leave in the CRM: for the next file, for a rerun, and until they are forgotten."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from contact_pipeline import stages
from contact_pipeline.cli import main
from contact_pipeline.crm.mappings import forget, learned_mappings, note_custom_fields
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.errors import UsageError
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import read_receipt
from contact_pipeline.mapping.plan import TablePlan
from contact_pipeline.reruns import renew_options
from contact_pipeline.settings import ImportOptions
from contact_pipeline_tests.unit.whole_way import bring_file

Csv = Callable[..., Path]
_HEADER = "Email,Wer,Seats,Password"


def _mapped(home: Home, import_id: str) -> TablePlan:
    (table,), _ = stages.stage_mapped_contacts(home, read_receipt(home, import_id))
    return table.plan


def _import(home: Home, path: Path, **mapping: str) -> str:
    receipt, _ = bring_file(home, path, ImportOptions(mapping=mapping))
    return receipt.import_id


def _run(home: Home, *arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, env={"CONTACT_PIPELINE_HOME": str(home.root)})


def _said(home: Home, *arguments: str) -> str:
    done = _run(home, *arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def _owner_of(plan: TablePlan) -> str | None:
    return plan.columns[1].field


def test_the_next_file_of_a_kind_is_mapped_as_the_last_completed_import(home: Home, contacts_csv: Csv) -> None:
    _import(home, contacts_csv(_HEADER, "a@x.org,Ann,1,s", name="one.csv"), Wer="owner")
    later = _import(home, contacts_csv(_HEADER, "b@x.org,Bob,2,s", name="two.csv"))
    plan = _mapped(home, later)
    assert _owner_of(plan) == "owner"
    assert plan.columns[1].reason.startswith("as in the import of ")


def test_a_forgotten_mapping_teaches_nothing_any_more(home: Home, contacts_csv: Csv) -> None:
    _import(home, contacts_csv(_HEADER, "a@x.org,Ann,1,s", name="one.csv"), Wer="owner")
    with open_crm(home) as connection:
        (learned,) = learned_mappings(connection)
        forget(connection, learned.signature)
    later = _import(home, contacts_csv(_HEADER, "b@x.org,Bob,2,s", name="two.csv"))
    assert _owner_of(_mapped(home, later)) is None


def test_the_command_line_shows_and_forgets_what_was_learned(home: Home, contacts_csv: Csv) -> None:
    _import(home, contacts_csv(_HEADER, "a@x.org,Ann,1,s", name="one.csv"), Wer="owner")
    next_file = contacts_csv(_HEADER, "b@x.org,Bob,2,s", name="two.csv")
    (learned,) = json.loads(_said(home, "mappings", "--json"))
    assert learned["targets"] == {"email": "email", "wer": "owner"}
    assert learned["signature"] in _said(home, "mappings")
    assert "as in the import of" in _said(home, "inspect", "--json", str(next_file))
    _said(home, "mappings", "forget", learned["signature"])
    assert json.loads(_said(home, "mappings", "--json")) == []


def test_a_review_does_not_wait_for_an_import_under_way(home: Home, contacts_csv: Csv) -> None:
    _import(home, contacts_csv(_HEADER, "a@x.org,Ann,1,s", name="one.csv"), Wer="owner")
    next_file = contacts_csv(_HEADER, "b@x.org,Bob,2,s", name="two.csv")
    holding = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(home.crm)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        said = _run(home, "inspect", str(next_file))
        other.communicate("")
    assert said.exit_code == 0
    assert "An import is under way" in said.stderr


def test_forgetting_what_was_never_learned_is_an_error_that_says_so(home: Home) -> None:
    with pytest.raises(UsageError, match="headers-0"), open_crm(home) as connection:
        forget(connection, "headers-0")


def test_a_rerun_keeps_the_mapping_of_the_import_until_it_is_asked_for_anew(home: Home, contacts_csv: Csv) -> None:
    import_id = _import(home, contacts_csv(_HEADER, "a@x.org,Ann,1,s"), Wer="owner")
    before = _mapped(home, import_id)
    assert _mapped(home, import_id) == before
    renew_options(home, [import_id])
    assert _owner_of(_mapped(home, import_id)) is None


def test_an_older_import_run_again_does_not_unteach_a_newer_one(home: Home, contacts_csv: Csv) -> None:
    older = _import(home, contacts_csv(_HEADER, "a@x.org,Ann,1,s", name="one.csv"), Wer="owner")
    newer = _import(home, contacts_csv(_HEADER, "b@x.org,Bob,2,s", name="two.csv"), Wer="notes")
    stages.take_into_crm(home, read_receipt(home, older))
    with read_crm(home) as connection:
        (learned,) = learned_mappings(connection)
    assert (learned.import_id, learned.targets["wer"]) == (newer, "notes")


def test_custom_fields_are_counted_and_typed_and_excluded_cells_reported(home: Home, contacts_csv: Csv) -> None:
    import_id = _import(home, contacts_csv(_HEADER, "a@x.org,Ann,12,s", "b@x.org,Bob,7,", "c@x.org,Cy,1,t"))
    with read_crm(home) as connection:
        fields = connection.execute("SELECT name, filled, type FROM custom_fields ORDER BY name").fetchall()
        excluded = connection.execute(
            "SELECT mapping->'$[0].excluded'->>'Password' FROM imports WHERE import_id = ?", [import_id]
        ).fetchall()
    assert fields == [("Seats", 3, "number"), ("Wer", 3, "text")]
    assert excluded == [("2",)]


def test_a_custom_field_may_be_called_anything(home: Home) -> None:
    with open_crm(home) as connection:
        connection.execute(
            """INSERT INTO records BY NAME SELECT 'a@1' AS import_id, '{"a\\"b.$":"1"}'::JSON AS custom_fields"""
        )
        note_custom_fields(connection, "a@1", {'a"b.$': "number"})
        assert connection.execute("SELECT name, type FROM custom_fields").fetchall() == [('a"b.$', "number")]

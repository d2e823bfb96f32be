"""A dry run counts what the real run then does, and leaves no trace."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact_pipeline.crm.differences import CHANGES_SHOWN
from contact_pipeline.crm.ledger import Ledger
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.errors import FileRefused
from contact_pipeline.fields import FIELDS
from contact_pipeline.home import Home
from contact_pipeline.imports import try_files
from contact_pipeline.intake.receipt import receive
from contact_pipeline.settings import FileRule, ImportOptions, Policy, Settings
from contact_pipeline.trial import try_import
from contact_pipeline_tests.effort import examples
from contact_pipeline_tests.unit.whole_way import bring_file, write_rows

HEADER = "Email,First Name,Company,Favourite colour"
FIRST = (HEADER, "ann@acme.example,Ann,Acme,blue", "bob@acme.example,Bob,Acme,", "cy@acme.example,Cy,Acme,red")
SECOND = (
    HEADER,
    "ann@acme.example,Anna,Acme Ltd,blue",
    "bob@acme.example,,,",
    "bob@acme.example,Eve,Other,green",
    "di@acme.example,Di,Acme,",
    "no-address,Ed,Acme,",
    "ann@acme.example,,,",
)


def _import(home: Home, path: Path, policy: Policy = "update") -> Ledger:
    return bring_file(home, path, ImportOptions(policy=policy))[1]


def _tree(folder: Path) -> dict[str, tuple[int, str]]:
    """Every file and folder below, with its time of change and the hash of its bytes."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in [folder, *folder.rglob("*")]
    }


@pytest.mark.parametrize("policy", ["update", "skip", "create"])
def test_a_dry_run_counts_what_the_real_run_then_does_and_writes_nothing(
    home: Home, contacts_csv: Callable[..., Path], policy: Policy
) -> None:
    _import(home, contacts_csv(*FIRST, name="first.csv"))
    second = contacts_csv(*SECOND, name="second.csv")
    before = _tree(home.root)
    tried = try_import(home, second, ImportOptions(policy=policy))
    assert _tree(home.root) == before
    assert tried.ledger == _import(home, second, policy)
    assert tried.ledger is not None
    assert tried.ledger.total == 6
    assert tried.receipt.import_id.startswith("second@")


def test_a_dry_run_without_a_home_makes_none(tmp_path: Path, contacts_csv: Callable[..., Path]) -> None:
    home = Home(tmp_path / "nowhere")
    tried = try_import(home, contacts_csv(*FIRST), ImportOptions())
    assert tried.ledger is not None
    assert tried.ledger.created == 3
    assert not home.root.exists()


def test_bytes_that_are_in_the_crm_have_no_counts(home: Home, contacts_csv: Callable[..., Path]) -> None:
    _import(home, contacts_csv(*FIRST, name="first.csv"))
    tried = try_import(home, contacts_csv(*FIRST, name="another name.csv"), ImportOptions())
    assert tried.ledger is None


def test_bytes_that_come_again_under_a_name_that_opts_out_say_whom_they_would(
    home: Home, contacts_csv: Callable[..., Path]
) -> None:
    _import(home, contacts_csv("Email,Unsubscribed", "ann@acme.example,yes", "bob@acme.example,no", name="first.csv"))
    again = contacts_csv("Email,Unsubscribed", "ann@acme.example,yes", "bob@acme.example,no", name="unsubscribed.csv")
    before = _tree(home.root)
    (outcome,) = try_files(home, [again], None).imports
    assert _tree(home.root) == before
    assert outcome.status == "already_imported"
    assert "would opt 1 contacts out" in str(outcome.reason)
    (change,) = outcome.as_json()["changes"]
    assert (change["email"], change["field"], change["after"]) == ("bob@acme.example", "Opted Out", True)


def test_bytes_of_a_refused_import_keep_the_moment_they_came_first(
    home: Home, contacts_csv: Callable[..., Path]
) -> None:
    path = contacts_csv(*FIRST)
    first = receive(home, path, ImportOptions())
    assert try_import(home, path, ImportOptions()).receipt.received_at == first.received_at


def test_a_file_without_addresses_is_refused_as_the_real_run_would(
    home: Home, contacts_csv: Callable[..., Path]
) -> None:
    with pytest.raises(FileRefused, match="e-mail"):
        try_import(home, contacts_csv("Colour,Size", "blue,1", "red,2"), ImportOptions())


def test_changes_are_told_field_by_field_with_the_row_that_brings_them(
    home: Home, contacts_csv: Callable[..., Path]
) -> None:
    _import(home, contacts_csv(*FIRST, name="first.csv"))
    found = try_import(home, contacts_csv(*SECOND, name="second.csv"), ImportOptions()).differences
    assert found is not None
    assert (found.created, found.changed, found.removed) == (1, 1, 0)
    assert [tuple(change.as_json().values()) for change in found.changes] == [
        ("", 2, "ann@acme.example", "First Name", "Ann", "Anna"),
        ("", 2, "ann@acme.example", "Full Name", "Ann", "Anna"),
        ("", 2, "ann@acme.example", "Company", "Acme", "Acme Ltd"),
    ]


def test_a_change_is_told_at_the_last_row_that_says_the_new_value(
    home: Home, contacts_csv: Callable[..., Path]
) -> None:
    _import(home, contacts_csv("Email,City,Colour", "ann@acme.example,Ulm,red", name="first.csv"))
    lines = ("ann@acme.example,Bonn,", "ann@acme.example,Köln,blue", "ann@acme.example,,<clear>", "ann@acme.example,,")
    found = try_import(home, contacts_csv("Email,City,Colour", *lines), ImportOptions()).differences
    assert found is not None
    told = {change.field: (change.line, change.before, change.after) for change in found.changes}
    assert told == {"City": (3, "Ulm", "Köln"), "Colour": (4, "red", None)}


def test_an_import_that_must_be_approved_says_so_and_tells_its_counts(
    home: Home, contacts_csv: Callable[..., Path]
) -> None:
    careful = Home(home.root, Settings(files=(FileRule(match="*", review="hold"),)))
    (outcome,) = try_files(careful, [contacts_csv(*FIRST)], None).imports
    assert outcome.status == "would_import"
    assert "approval" in str(outcome.reason)
    assert outcome.ledger.created == 3


def test_people_who_opted_out_before_are_known_to_be(home: Home, contacts_csv: Callable[..., Path]) -> None:
    with open_crm(home) as connection:
        connection.execute("INSERT INTO opt_outs VALUES ('ann@acme.example', now()::TIMESTAMP, 'undone@0')")
    _import(home, contacts_csv("Email,City", "ann@acme.example,Ulm", name="first.csv"))
    second = contacts_csv("Email,City", "ann@acme.example,Bonn")
    found = try_import(home, second, ImportOptions()).differences
    assert found is not None
    assert [change.field for change in found.changes] == ["City"]


ROW = st.fixed_dictionaries(
    {
        "Email": st.sampled_from(["ann@acme.example", "bob@acme.example", "info@acme.example", "nobody"]),
        "First Name": st.sampled_from(["Ann", "Anna", "Bob", "", "<clear>"]),
        "Company": st.sampled_from(["Acme", "Acme Ltd", "", "<clear>"]),
        "Phone": st.sampled_from(["+49 30 1234567", "+49 30 7654321", ""]),
        "Notes": st.sampled_from(["met", "called", ""]),
        "Last Activity Date": st.sampled_from(["2026-01-05", "2025-05-01", ""]),
        "Last Modified Date": st.sampled_from(["2026-02-01", "2024-02-01", ""]),
        "Unsubscribed": st.sampled_from(["yes", "no", ""]),
        "Company (Custom)": st.sampled_from(["x", "y", "", "<clear>"]),
    }
)
FILES = st.lists(st.lists(ROW, min_size=1, max_size=8), min_size=2, max_size=3)


@settings(max_examples=examples(3), deadline=None, suppress_health_check=list(HealthCheck))
@given(FILES, st.sampled_from(["update", "update", "skip", "create"]))
def test_the_real_run_then_counts_and_changes_exactly_what_the_dry_run_said(
    files: list[list[dict[str, str]]], policy: Policy
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home")
        home.set_up()
        anybody = {"Email": "zoe@acme.example"}  # else a file of rows without an address would be refused
        paths = [write_rows(Path(folder) / f"{at}.csv", [*rows, rows[0] | anybody]) for at, rows in enumerate(files)]
        for path in dict.fromkeys(path.read_bytes() for path in paths[:-1]):
            _import(home, _written(Path(folder) / "earlier.csv", path))
        before, bytes_before = _contacts(home), _tree(home.root)
        tried = try_import(home, paths[-1], ImportOptions(policy=policy))
        assert _tree(home.root) == bytes_before
        if tried.ledger is None or tried.differences is None:
            assert paths[-1].read_bytes() in {path.read_bytes() for path in paths[:-1]}
            return
        assert _import(home, paths[-1], policy) == tried.ledger
        after = _contacts(home)
        changes = _changes(before, after)
        told = {(one.email, one.field, _text(one.before), _text(one.after)) for one in tried.differences.changes}
        assert told <= changes
        assert len(tried.differences.changes) == min(CHANGES_SHOWN, len(changes))
        assert tried.differences.contacts == {
            "created": len(after.keys() - before.keys()),
            "changed": sum(before[key] != after[key] for key in before.keys() & after.keys()),
            "removed": len(before.keys() - after.keys()),
        }


def _written(path: Path, data: bytes) -> Path:
    """A file of these bytes."""
    path.write_bytes(data)
    return path


Values = dict[tuple[str, str], str]


def _contacts(home: Home) -> dict[str, Values]:
    """Contact by id: its address and what it shows, by kind and name of the field."""
    with read_crm(home) as connection:
        rows = (
            connection.sql("SELECT * REPLACE (custom_fields::VARCHAR AS custom_fields) FROM contacts").pl().to_dicts()
        )
    return {row["contact_id"]: _values(row) for row in rows}


def _values(row: dict[str, Any]) -> Values:
    given = {("field", field.label): row[field.name] for field in FIELDS}
    custom = {("custom", name): value for name, value in json.loads(row["custom_fields"] or "{}").items()}
    return {key: _text(value) for key, value in {**given, **custom}.items() if value is not None}


def _changes(before: dict[str, Values], after: dict[str, Values]) -> set[tuple[str, str, str, str]]:
    """Address, field, value before and after of everything that differs in contacts that stayed."""
    return {
        (
            after[key]["field", "Email (Primary)"],
            field[1],
            before[key].get(field, "None"),
            after[key].get(field, "None"),
        )
        for key in before.keys() & after.keys()
        for field in before[key].keys() | after[key].keys()
        if before[key].get(field) != after[key].get(field)
    }


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)

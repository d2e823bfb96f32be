"""The same bytes again through `run`: nothing changes, but for an opt-out that their new name asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contact_pipeline.crm.session import read_crm
from contact_pipeline.defs.running import Runner, runner
from contact_pipeline.home import Home
from contact_pipeline.imports import FileOutcome, import_files
from contact_pipeline.intake.receipt import read_receipt
from contact_pipeline.reruns import renew_options
from contact_pipeline.settings import Policy
from contact_pipeline.turning_back import undo

LINES = ("Email,Job Title,Opted Out", "ann@acme.example,Buyer,", "bob@acme.example,Clerk,yes", "cy@acme.example,Owner,")


@pytest.fixture
def running(home: Home) -> Iterator[Runner]:
    with runner(home, lambda _: None) as made:
        yield made


def _run(running: Runner, path: Path, policy: Policy | None = None) -> FileOutcome:
    return import_files(running, [path], policy).imports[0]


def _opted_out(home: Home) -> list[str]:
    with read_crm(home) as connection:
        rows = connection.execute("SELECT email FROM contacts WHERE opted_out ORDER BY email").fetchall()
    return [row[0] for row in rows]


def test_bytes_that_are_live_keep_the_options_they_were_imported_with(
    running: Runner, contacts_csv: Callable[..., Path]
) -> None:
    first = _run(running, contacts_csv(*LINES), "skip")
    again = _run(running, contacts_csv(*LINES, name="again.csv"), "create")
    assert (again.status, again.import_id) == ("already_imported", first.import_id)
    assert read_receipt(running.home, str(first.import_id)).options.policy == "skip"


def test_a_new_name_that_says_so_opts_everybody_out_at_the_old_place(
    running: Runner, contacts_csv: Callable[..., Path]
) -> None:
    first = _run(running, contacts_csv(*LINES))
    _run(running, contacts_csv("Email,Job Title", "ann@acme.example,Head of Sales", name="later.csv"))
    assert _opted_out(running.home) == ["bob@acme.example"]
    again = _run(running, contacts_csv(*LINES, name="unsubscribed_2026.csv"))
    assert (again.status, again.import_id) == ("already_imported", first.import_id)
    assert "2 contacts were opted out now" in (again.reason or "")
    assert _opted_out(running.home) == ["ann@acme.example", "bob@acme.example", "cy@acme.example"]
    with read_crm(running.home) as connection:
        titles = connection.execute("SELECT job_title FROM contacts WHERE email = 'ann@acme.example'").fetchall()
    assert titles == [("Head of Sales",)], "the later import is still the later one"
    third = _run(running, contacts_csv(*LINES, name="unsubscribed_2026.csv"))
    assert "nothing was changed" in (third.reason or "")


def test_an_opt_out_by_name_stays_for_good(running: Runner, contacts_csv: Callable[..., Path]) -> None:
    import_id = str(_run(running, contacts_csv(*LINES)).import_id)
    _run(running, contacts_csv(*LINES, name="unsubscribed_2026.csv"))
    renew_options(running.home, [import_id])
    running.rerun("raw_file", [import_id], only=False)
    assert len(_opted_out(running.home)) == 3
    undo(running.home, import_id)
    assert _run(running, contacts_csv(*LINES)).status == "imported"
    assert read_receipt(running.home, import_id).options.opted_out
    assert len(_opted_out(running.home)) == 3


def test_bytes_that_were_undone_come_again_under_new_options(
    running: Runner, contacts_csv: Callable[..., Path]
) -> None:
    import_id = str(_run(running, contacts_csv(*LINES)).import_id)
    undo(running.home, import_id)
    again = _run(running, contacts_csv(*LINES), "create")
    assert (again.status, again.import_id, again.ledger.created) == ("imported", import_id, 3)
    assert read_receipt(running.home, import_id).options.policy == "create"

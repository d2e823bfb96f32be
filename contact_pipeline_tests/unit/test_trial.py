"""A dry run counts what the real run then does, and leaves no trace."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from contact_pipeline import stages
from contact_pipeline.crm.ledger import Ledger
from contact_pipeline.errors import FileRefused
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import receive
from contact_pipeline.settings import ImportOptions, Policy
from contact_pipeline.trial import try_import

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
    receipt = receive(home, path, ImportOptions(policy=policy))
    stages.stage_raw_file(home, receipt)
    stages.stage_mapped_contacts(home, receipt)
    stages.stage_validated_contacts(home, receipt)
    return stages.take_into_crm(home, receipt)


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
    receipt, tried = try_import(home, second, ImportOptions(policy=policy))
    assert _tree(home.root) == before
    assert tried == _import(home, second, policy)
    assert tried is not None
    assert tried.total == 6
    assert receipt.import_id.startswith("second@")


def test_a_dry_run_without_a_home_makes_none(tmp_path: Path, contacts_csv: Callable[..., Path]) -> None:
    home = Home(tmp_path / "nowhere")
    _, tried = try_import(home, contacts_csv(*FIRST), ImportOptions())
    assert tried is not None
    assert tried.created == 3
    assert not home.root.exists()


def test_bytes_that_are_in_the_crm_have_no_counts(home: Home, contacts_csv: Callable[..., Path]) -> None:
    _import(home, contacts_csv(*FIRST, name="first.csv"))
    _, tried = try_import(home, contacts_csv(*FIRST, name="another name.csv"), ImportOptions())
    assert tried is None


def test_a_file_without_addresses_is_refused_as_the_real_run_would(
    home: Home, contacts_csv: Callable[..., Path]
) -> None:
    with pytest.raises(FileRefused, match="e-mail"):
        try_import(home, contacts_csv("Colour,Size", "blue,1", "red,2"), ImportOptions())

"""Receiving a file: the bytes are kept, and an import means those bytes under whatever name."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline.errors import FileRefused, UnknownImport
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import file_digest, read_receipt, receive, slug_of
from contact_pipeline.settings import ImportOptions, Limits, Settings

CONTENT = b"Email\nann@acme.example\n"


def _file(folder: Path, name: str, content: bytes = CONTENT) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_the_bytes_are_copied_and_the_receipt_says_what_came(home: Home, tmp_path: Path) -> None:
    source = _file(tmp_path, "Spring Fair.CSV")
    receipt = receive(home, source, ImportOptions(policy="skip"))
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert receipt.import_id == f"spring-fair@{digest[:12]}"
    assert (receipt.file_name, receipt.sha256, receipt.size) == ("Spring Fair.CSV", digest, len(CONTENT))
    assert receipt.bytes_path(home).read_bytes() == CONTENT == source.read_bytes()
    assert receipt.bytes_path(home).name == "original.csv"
    assert file_digest(receipt.bytes_path(home)) == digest
    assert read_receipt(home, receipt.import_id) == receipt


def test_nobody_else_may_read_the_copy(home: Home, tmp_path: Path) -> None:
    source = _file(tmp_path, "open.csv")
    source.chmod(0o644)
    copy = receive(home, source, ImportOptions()).bytes_path(home)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700


def test_the_same_bytes_under_another_name_are_the_same_import_under_its_own_options(
    home: Home, tmp_path: Path
) -> None:
    first = receive(home, _file(tmp_path, "first.csv"), ImportOptions(), dropped=True)
    again = receive(home, _file(tmp_path, "second.txt"), ImportOptions(policy="create"), dropped=True)
    assert (again.import_id, again.file_name, again.received_at) == (first.import_id, "first.csv", first.received_at)
    assert again.options == first.options
    assert again.dropped_as == ("first.csv", "second.txt")
    assert [item.name for item in home.inbox.iterdir()] == [first.import_id]


def test_other_bytes_under_the_same_name_are_another_import(home: Home, tmp_path: Path) -> None:
    first = receive(home, _file(tmp_path, "list.csv"), ImportOptions())
    second = receive(home, _file(tmp_path, "list.csv", CONTENT + b"bob@acme.example\n"), ImportOptions())
    assert first.import_id != second.import_id
    assert first.bytes_path(home).read_bytes() == CONTENT


def test_a_link_is_not_followed(home: Home, tmp_path: Path) -> None:
    link = tmp_path / "link.csv"
    link.symlink_to(_file(tmp_path, "real.csv"))
    _assert_refused(home, link, "is a link")


def test_a_pipe_is_refused_without_waiting_for_it(home: Home, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    _assert_refused(home, tmp_path / "pipe.csv", "is not a regular file")


def test_a_folder_and_a_missing_file_are_refused(home: Home, tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    _assert_refused(home, tmp_path / "folder.csv", "is a folder")
    _assert_refused(home, tmp_path / "missing.csv", "is gone", reason="gone")


def _assert_refused(home: Home, path: Path, why: str, reason: str = "not_a_regular_file") -> None:
    with pytest.raises(FileRefused, match=why) as refusal:
        receive(home, path, ImportOptions())
    assert refusal.value.reason == reason
    assert list(home.inbox.iterdir()) == []


def test_a_file_over_the_limit_is_refused_and_leaves_nothing(home: Home, tmp_path: Path) -> None:
    small = Home(home.root, Settings(limits=Limits(file_bytes=len(CONTENT) - 1)))
    with pytest.raises(FileRefused, match="larger than 22 bytes") as refusal:
        receive(small, _file(tmp_path, "large.csv"), ImportOptions())
    assert refusal.value.reason == "too_large"
    assert list(home.inbox.iterdir()) == []
    exact = Home(home.root, Settings(limits=Limits(file_bytes=len(CONTENT))))
    assert receive(exact, _file(tmp_path, "exact.csv"), ImportOptions()).size == len(CONTENT)


@pytest.mark.parametrize("name", ["連" * 80 + ".csv", "a." + "b" * 250, ".csv", "no suffix"])
def test_no_file_name_is_too_odd_to_be_received(home: Home, tmp_path: Path, name: str) -> None:
    receipt = receive(home, _file(tmp_path, name), ImportOptions())
    assert receipt.file_name == name
    assert receipt.bytes_path(home).read_bytes() == CONTENT


@pytest.mark.parametrize("import_id", ["nobody@000000000000", "..", "", "../inbox", "a/b"])
def test_an_import_that_was_never_received_is_unknown(home: Home, import_id: str) -> None:
    with pytest.raises(UnknownImport):
        read_receipt(home, import_id)


@given(st.text(min_size=1))
def test_a_slug_is_short_plain_and_never_empty(name: str) -> None:
    slug = slug_of(name)
    assert 1 <= len(slug) <= 40
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize(
    "name", ["ann.lee@acme.example.csv", "+44 20 7946 0001.csv", "4917612345678.xlsx", "...", "連絡先.csv"]
)
def test_a_name_that_may_tell_of_a_person_gives_a_neutral_slug(name: str) -> None:
    assert slug_of(name) == "contacts"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Leads 2026-03-31.csv", "leads-2026-03-31"),
        ("export_20260331.csv", "export-20260331"),
        ("Q1 2026.xlsx", "q1-2026"),
    ],
)
def test_a_date_in_a_name_is_no_telephone_number(name: str, slug: str) -> None:
    assert slug_of(name) == slug

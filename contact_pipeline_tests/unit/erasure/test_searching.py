"""Files of many kinds are looked into; one that cannot be says so."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from contact_pipeline.erasure import searching
from contact_pipeline.erasure.searching import names_one
from contact_pipeline.erasure.traces import Traces

ADDRESS = "ann@acme.example"
TRACES = Traces([ADDRESS])
LIMIT = 1_000_000


def _named(path: Path, limit_bytes: int = LIMIT) -> bool | None:
    return names_one(path, TRACES, limit_bytes=limit_bytes)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252", "mac-roman"])
def test_text_is_searched_in_its_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(f"Müller,{ADDRESS.upper()},1".encode(encoding))
    assert _named(path) is True
    path.write_bytes(f"Müller,jo{ADDRESS},1".encode(encoding))
    assert _named(path) is False


def test_wide_text_is_found_at_odd_places_of_a_binary_file(tmp_path: Path) -> None:
    path = tmp_path / "old.xls"
    path.write_bytes(b"\xd0\xcf\x11" + f" {ADDRESS} ".encode("utf-16-le") + b"\x00")
    assert _named(path) is True


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_files_are_unpacked(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "packed"
    path.write_bytes(pack(f"{ADDRESS} ".encode() * 50))
    assert _named(path) is True


def test_members_of_a_zip_file_are_searched(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("other.xml", "<t>bob@acme.example</t>")
        archive.writestr("strings.xml", f"<t>{ADDRESS}</t>")
    assert _named(path) is True


def test_an_address_across_two_pieces_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "_CHUNK", 101)
    path = tmp_path / "list.csv"
    for before in range(85, 102):
        path.write_bytes(b" " * before + ADDRESS.encode() + b" " * 300)
        assert _named(path) is True


def test_what_cannot_be_unpacked_is_neither_found_nor_clean(tmp_path: Path) -> None:
    damaged, huge = tmp_path / "damaged.gz", tmp_path / "huge.gz"
    damaged.write_bytes(gzip.compress(b"x" * 10_000)[:30])
    huge.write_bytes(gzip.compress(b"x" * 10_000))
    assert (_named(damaged), _named(huge, 9_999), _named(huge)) == (None, None, False)


def test_a_link_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text(ADDRESS)
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    assert _named(tmp_path / "link.csv") is False

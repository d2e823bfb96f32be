"""Receiving a file: its bytes are copied to the inbox first, so that an import means those bytes for ever.

Belongs here: copying, hashing, the import's id, the receipt beside the copy. Does not belong: when a dropped file is
ready (`drop_folder`) and what is in it (`reading`).
"""

from __future__ import annotations

import getpass
import hashlib
import os
import re
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from contact_pipeline.atomic import draft_beside, write_text
from contact_pipeline.errors import FileRefused, UnknownImport
from contact_pipeline.hardships import explained
from contact_pipeline.home import Home
from contact_pipeline.intake.files import open_regular, raise_if_changed
from contact_pipeline.private_files import new_private
from contact_pipeline.settings import ImportOptions
from contact_pipeline.turns import turn

# Mended rows are of contacts; mended activities are activities, mended outcomes a workbook.
ImportKind = Literal["contacts", "mended", "decisions", "activities", "workbook"]
BRINGS_NO_CONTACTS: Final = frozenset({"decisions", "activities", "workbook"})

_CHUNK_BYTES = 1 << 20
RECEIPT = "receipt.json"
MANGLED = "mangled-"
_LONGEST_SUFFIX = 10
_DATE = re.compile(r"(?:19|20)\d\d([-_. ]?)[01]\d\1[0-3]\d")
_TELEPHONE = re.compile(r"(?:\d[ .()/_-]*){6}")


class Receipt(BaseModel):
    """What was received, when, from whom and under which options. Lies beside the bytes in the inbox."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    import_id: str
    file_name: str
    sha256: str
    size: int
    received_at: datetime  # UTC, without a zone, as everywhere in the CRM
    who: str
    options: ImportOptions
    kind: ImportKind = "contacts"  # known once its tables were read
    approved: bool = False  # released by a person, where its options make it wait
    mapped_anew: int = 0  # how often its mapping was asked for anew, instead of the one it was imported with
    dropped_as: tuple[str, ...] = ()  # names in the drop folder that hold these bytes
    mangled_sha256: str | None = None  # of the text tables that are kept instead of the bytes since a person was erased

    def bytes_path(self, home: Home) -> Path:
        """Where the received bytes lie."""
        suffix = Path(self.file_name).suffix.lower()
        return home.inbox / self.import_id / f"original{suffix if len(suffix) <= _LONGEST_SUFFIX else ''}"

    def kept_path(self, home: Home) -> Path:
        """Where what is kept of the file lies: the received bytes, or the tables of it without a person who was erased."""
        if self.mangled_sha256 is None:
            return self.bytes_path(home)
        return home.inbox / self.import_id / f"{MANGLED}{self.mangled_sha256[:12]}.parquet"

    def is_kept(self, home: Home) -> bool:
        """Is the file still there, so that the import can be run again from its beginning?"""
        return self.kept_path(home).is_file()

    @property
    def kept_sha256(self) -> str:
        """The digest of what lies at `kept_path`, in hex."""
        return self.mangled_sha256 or self.sha256


def receive(home: Home, path: Path, options: ImportOptions, *, dropped: bool = False) -> Receipt:
    """Copy a file into the inbox and write its receipt. Known bytes keep their import, its name and its options.

    One process at a time decides which bytes are known, so that the same bytes never become two imports. Raises
    FileRefused where `path` is no regular file, is too large, cannot be opened or is written to
    meanwhile; HomeBusy; StorageFailed.
    """
    home.inbox.mkdir(mode=0o700, parents=True, exist_ok=True)
    with explained(home.root):
        staging = draft_beside(home.inbox / "receiving")
        try:
            digest, size = _copy(path, staging, home.settings.limits.file_bytes)
            with _inbox_turn(home):
                receipt = _receipt(home, path, options, digest, size, dropped=dropped)
                target = receipt.bytes_path(home)
                target.parent.mkdir(mode=0o700, exist_ok=True)
                write_receipt(
                    home, receipt
                )  # before the bytes: a process killed in between leaves none without a receipt
                if receipt.mangled_sha256 is None:  # in place of known bytes too: from now on they are kept anew
                    staging.replace(target)
        finally:
            staging.unlink(missing_ok=True)
    return receipt


def amend(home: Home, import_id: str, **changes: object) -> Receipt:
    """The receipt with other values in some of its fields, written. Raises UnknownImport, HomeBusy."""
    with _inbox_turn(home):
        receipt = read_receipt(home, import_id).model_copy(update=changes)
        write_receipt(home, receipt)
    return receipt


def take_as_new(home: Home, receipt: Receipt) -> None:
    """Take these bytes as they come, should they come again, where nothing of them is kept and none of them is in the CRM.

    People who were erased from them before are kept out anew.
    """
    if receipt.mangled_sha256 is not None:
        amend(home, receipt.import_id, mangled_sha256=None)


def read_receipt(home: Home, import_id: str) -> Receipt:
    """The receipt of an import. Raises UnknownImport."""
    path = home.inbox / import_id / RECEIPT
    if "/" in import_id or not path.is_file():
        raise UnknownImport(import_id)
    return Receipt.model_validate_json(path.read_text(encoding="utf-8"))


def write_receipt(home: Home, receipt: Receipt) -> None:
    """Write the receipt beside the bytes, atomically."""
    write_text(home.inbox / receipt.import_id / RECEIPT, receipt.model_dump_json(indent=1))


def file_digest(path: Path) -> str:
    """sha256 of a regular file, in hex. Raises FileRefused."""
    digest = hashlib.sha256()
    with open_regular(path, name=path.name) as source:
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def slug_of(file_name: str) -> str:
    """A short plain name for an import: [a-z0-9_-]{1,40}; neutral where the file name could tell of a person."""
    stem = Path(file_name).stem
    if "@" in stem or _TELEPHONE.search(_DATE.sub(" to ", stem)):
        return "contacts"
    slug = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:40].strip("-")
    return slug or "contacts"


def _inbox_turn(home: Home) -> AbstractContextManager[None]:
    busy = "Another process has been receiving files for too long. Wait until it has ended and try again."
    return turn(home.turn_file("inbox"), home.settings.lock_wait_seconds, busy=busy)


def _receipt(home: Home, path: Path, options: ImportOptions, digest: str, size: int, *, dropped: bool) -> Receipt:
    names = (path.name,) if dropped else ()
    known = _known(home, digest)
    if known:
        return known.model_copy(update={"dropped_as": tuple(sorted({*known.dropped_as, *names}))})
    return Receipt(
        import_id=f"{slug_of(path.name)}@{digest[:12]}",
        file_name=path.name,
        sha256=digest,
        size=size,
        received_at=datetime.now(UTC).replace(tzinfo=None),
        who=_who(),
        options=options,
        dropped_as=names,
    )


def _who() -> str:
    """The login name; the number of the user where the system has no name for it, as in containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _known(home: Home, digest: str) -> Receipt | None:
    """The receipt of the same bytes, under whatever name they came first."""
    for path in home.inbox.glob(f"*@{digest[:12]}/{RECEIPT}"):
        receipt = Receipt.model_validate_json(path.read_text(encoding="utf-8"))
        if receipt.sha256 == digest:
            return receipt
    return None


def _copy(path: Path, target: Path, limit_bytes: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with open_regular(path, name=path.name) as source, new_private(target) as copy:
        before = os.fstat(source.fileno())
        while chunk := source.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > limit_bytes:
                raise FileRefused(
                    "too_large",
                    f"{path.name} is larger than {limit_bytes:,} bytes. Split it, or raise limits.file_bytes.",
                )
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
        raise_if_changed(source, before, name=path.name)
    return digest.hexdigest(), size

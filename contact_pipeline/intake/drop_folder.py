"""The drop folder: which files are ready to be received, and where they go afterwards.

Belongs here: reading the folder, the decision what is ready, putting files away. Does not belong: copying bytes
(`receipt`) and starting runs (`defs`). A file is ready when nobody has touched it for a while, it stood still between two
looks and nobody has it open for writing; a name that programs give to files they still write is never looked at.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from contact_pipeline.errors import FileRefused
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import Receipt, file_digest
from contact_pipeline.private_files import keep_to_owner

DONE, REFUSED = "done", "refused"
NOT_KEPT_DONE = "Not kept: a person in this file was erased. Everybody else in it is in the CRM; nothing is to be done."
NOT_KEPT_REFUSED = "Not kept: a person in this file was erased. Nobody in it is in the CRM; export the others again."
_NOTE = ".why.txt"
_LONGEST_NAME_BYTES = 200
_LONGEST_SUFFIX = 10
_UNFINISHED_PREFIXES = (".", "~$", "~")
_UNFINISHED_SUFFIXES = (".part", ".tmp", ".temp", ".crdownload", ".download", ".partial", ".filepart", ".swp", "~")


@dataclass(frozen=True, slots=True)
class Seen:
    """A file of the drop folder at one look; times in seconds since 1970.

    `modified` is told by whoever wrote the file, and copying may keep an old one; `changed` is told by the file system.
    """

    name: str
    size: int
    modified: float
    changed: float


def look(drop: Path) -> list[Seen]:
    """Regular files directly in the drop folder, sorted by name; links, pipes, folders and unfinished names left out."""
    paths = (path for path in sorted(drop.iterdir()) if not is_unfinished(path.name))
    return [seen for path in paths if (seen := look_at(path))]


def look_at(path: Path) -> Seen | None:
    """One file; None where it is gone, or no regular file."""
    try:
        status = path.lstat()
    except FileNotFoundError:  # moved away between two calls: not ours any more
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return Seen(path.name, status.st_size, status.st_mtime, status.st_ctime)


def is_unfinished(name: str) -> bool:
    """Is this a name that a program gives to a file it is still writing, or hides?"""
    return name.startswith(_UNFINISHED_PREFIXES) or name.lower().endswith(_UNFINISHED_SUFFIXES)


def settled(seen: Iterable[Seen], before: Mapping[str, Seen], now: float, settle_seconds: float) -> list[Seen]:
    """The files that have stood still: the same as at the last look, and untouched for `settle_seconds`.

    A time in the future (another machine's clock) counts as just touched only until the next look finds it the same.
    """

    def is_past(moment: float) -> bool:
        return now - moment >= settle_seconds or moment > now

    return [file for file in seen if before.get(file.name) == file and is_past(file.modified) and is_past(file.changed)]


def is_open_for_writing(path: Path) -> bool:
    """Does a process of this machine hold the file open for writing? No, where the system does not tell.

    Linux grants a lease for reading only where nobody does. It is given back at once; a writer that comes in between waits
    that long.
    """
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:  # gone, or not for us: receiving it will tell
        return False
    try:
        fcntl.fcntl(
            descriptor, fcntl.F_SETSIG, signal.SIGURG
        )  # of a writer that waits we hear by a signal that is ignored
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:  # anything else: not our file, or a file system without leases
        return error.errno == errno.EAGAIN
    finally:
        os.close(descriptor)
    return False


def put_away_imported(home: Home, receipt: Receipt) -> None:
    """Move what was dropped with these bytes to drop/done/; bytes with a person who was erased are not kept."""
    for path in _still_there(home, receipt):
        if receipt.mangled_sha256 is None:
            _move(path, home.drop / DONE)
        else:
            leave_note(home.drop / DONE / path.name, NOT_KEPT_DONE)
            path.unlink()


def put_away_refused(home: Home, receipt: Receipt, message: str) -> None:
    """Move what was dropped with these bytes to drop/refused/, with a note beside it that says why."""
    for path in _still_there(home, receipt):
        if receipt.mangled_sha256 is None:
            refuse(home, path, message)
        else:
            leave_note(home.drop / REFUSED / path.name, f"{message}\n{NOT_KEPT_REFUSED}")
            path.unlink()


def refuse(home: Home, path: Path, message: str) -> None:
    """Move one dropped file to drop/refused/, with its note."""
    leave_note(_move(path, home.drop / REFUSED), message)


def leave_note(path: Path, message: str) -> None:
    """Say beside a file, or in its place, what became of it."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.with_name(_cut(path.name) + _NOTE).write_text(message + "\n", encoding="utf-8")


def _still_there(home: Home, receipt: Receipt) -> list[Path]:
    """Dropped files that still hold the bytes of the receipt; one that was written again since is a new file."""
    there = []
    for name in receipt.dropped_as:
        path = home.drop / name
        try:
            if path.lstat().st_size == receipt.size and file_digest(path) == receipt.sha256:
                there.append(path)
        except (FileNotFoundError, FileRefused):  # moved, or replaced by something that is no file
            continue
    return there


def _move(path: Path, folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / path.name
    number = 1
    while target.exists():
        number += 1
        target = folder / f"{_cut(path.stem)} ({number}){path.suffix[:_LONGEST_SUFFIX]}"
    moved = path.rename(target)
    keep_to_owner(moved)
    return moved


def _cut(name: str) -> str:
    """The name with room for what is put behind it: file systems take 255 bytes."""
    return name.encode()[:_LONGEST_NAME_BYTES].decode(errors="ignore")

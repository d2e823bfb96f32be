"""From what the system says to what a user can do: a full disk, a permission that is gone.

Belongs here: recognising these in the words of the system, of DuckDB, of SQLite and of the writers of files, which all
quote the system. Does not belong: what is kept of the work that met them (`defs.running`).
"""

from __future__ import annotations

import errno
import os
import resource
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from contact_pipeline.errors import PipelineError, StorageFailed

_FULL = (*(os.strerror(code) for code in (errno.ENOSPC, errno.EDQUOT)), "database or disk is full")
_TOO_LARGE = (os.strerror(errno.EFBIG),)
_FORBIDDEN = (*(os.strerror(code) for code in (errno.EACCES, errno.EPERM, errno.EROFS)), "readonly database")
_UNCLEAR = ("unable to open database file", "disk I/O error")  # SQLite's words for each of these
_FULL_BELOW_BYTES = 1 << 20


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turns an error inside the block that comes from the disk of `folder` into StorageFailed; others pass as they are."""
    try:
        yield
    except PipelineError:
        raise
    except Exception as error:
        trouble = hardship(words_of(error), folder)
        if trouble is None:
            raise
        raise trouble from error


def words_of(error: BaseException | None) -> Iterator[str]:
    """What an error says, and each error that led to it."""
    while error is not None:
        yield str(error)
        error = error.__cause__ or error.__context__


def hardship(words: Iterable[str], folder: Path) -> StorageFailed | None:
    """The error that says what is wrong with the disk of `folder` and what to do; None where the words tell of neither."""
    said = "\n".join(words)
    if _says(said, _FULL) or (_says(said, _UNCLEAR) and _is_full(folder)):
        return StorageFailed(f"The disk of {folder} is full: free some space and run it again.")
    if _says(said, _TOO_LARGE) or (_says(said, _UNCLEAR) and _is_limited()):
        return StorageFailed(
            f"A file in {folder} would grow past the size that this user may write: raise the limit "
            "('ulimit -f unlimited') and run it again."
        )
    if _says(said, _FORBIDDEN + _UNCLEAR):
        return StorageFailed(
            f"A file or folder in {folder} cannot be used: permission denied{_place(said, folder)}. "
            "Give yourself the right to read and write everything in it and run it again."
        )
    return None


def _says(said: str, signs: tuple[str, ...]) -> bool:
    return any(sign in said for sign in signs)


def _is_full(folder: Path) -> bool:
    return shutil.disk_usage(folder).free < _FULL_BELOW_BYTES


def _is_limited() -> bool:
    return resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY


def _place(said: str, folder: Path) -> str:
    """Which one, where it is named."""
    for line in said.splitlines():
        _, named, rest = line.partition(f"{folder}{os.sep}")
        if named and _says(line, _FORBIDDEN):
            return f" ({rest.split(chr(39))[0].split(chr(34))[0]})"
    return ""

"""Files that are either the old one or the new one, whole, also after a crash.

Belongs here: replacing one file by another. Does not belong: what is written.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# With the number of the process; DuckDB adds .wal, and a folder .tmp for what does not fit its memory.
_DRAFT = re.compile(r"\..+\.(\d+)-[0-9a-f]{8}\.tmp(?:\.wal|\.tmp)?")


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends without an error.

    The folder is created where it is missing. On an error the temporary file goes and `path` stays as it was; what a
    killed process left behind is removed by the next write into the same folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = draft_beside(path)
    try:
        yield temporary
        _flush_to_disk(temporary)
        temporary.replace(path)
        _flush_to_disk(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a whole text file as UTF-8, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def draft_beside(path: Path) -> Path:
    """A hidden name beside `path` for a file that is still being written; drafts of processes that died are removed."""
    _sweep_leftovers(path.parent)
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")


def _flush_to_disk(path: Path) -> None:
    """Without it a power cut may leave the new name on empty content."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep_leftovers(folder: Path) -> None:
    for path in folder.glob(".*.tmp*"):
        match = _DRAFT.fullmatch(path.name)
        if match and not _is_alive(int(match.group(1))):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it belongs to somebody else, so it lives
        return True
    return True

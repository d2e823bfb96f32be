"""Opening a stranger's file: only a regular file, never through a link, never past the size limit.

Belongs here: the way from a path to bytes. Does not belong: what the bytes are (`signatures`, `encoding`).
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from contact_pipeline.errors import FileRefused
from contact_pipeline.intake.refusals import refusal
from contact_pipeline.settings import Limits

# O_NOFOLLOW: a link may lead out of the folder. O_NONBLOCK: opening a pipe would wait for ever.
_OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

CHANGED = "changed"  # the reason of a file that somebody writes to: another look may find it whole


def read_bytes(path: Path, limits: Limits, *, name: str) -> bytes:
    """The whole content of a regular file.

    Raises FileRefused: not_a_regular_file, not_readable, gone, too_large, empty, changed.
    """
    with open_regular(path, name=name) as stream:
        before = os.fstat(stream.fileno())
        _check_size(before, limits, name)
        data = stream.read(before.st_size + 1)  # asks for no more memory than the file needs
        raise_if_changed(stream, before, name=name)
    return data


def raise_if_changed(stream: BinaryIO, before: os.stat_result, *, name: str) -> None:
    """Refuse an open file that was written to since it was in the state `before`. Raises FileRefused: changed."""
    after = os.fstat(stream.fileno())
    if (before.st_size, before.st_mtime_ns, before.st_ctime_ns) != (
        after.st_size,
        after.st_mtime_ns,
        after.st_ctime_ns,
    ):
        raise refusal(name, CHANGED, "changed while it was read. Try again when it is written completely.")


def open_regular(path: Path, *, name: str) -> BinaryIO:
    """Open a regular file and nothing else: no link is followed, no pipe is waited on.

    Raises FileRefused: not_a_regular_file, not_readable, gone.
    """
    try:
        descriptor = os.open(path, _OPEN_FLAGS)
    except OSError as error:
        raise _cannot_open(error, path, name) from error
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise refusal(name, "not_a_regular_file", "is a folder. Name a file in it.")
    raise refusal(name, "not_a_regular_file", "is not a regular file (a pipe, socket or device). Copy it to a file.")


def _check_size(status: os.stat_result, limits: Limits, name: str) -> None:
    if status.st_size == 0:
        raise refusal(name, "empty", "is empty (0 bytes), not a table. Export it again.")
    if status.st_size > limits.file_bytes:
        size, limit = f"{status.st_size:,} bytes", f"{limits.file_bytes:,}"
        raise refusal(name, "too_large", f"is too large: {size}, the limit is {limit}. Split it.")


def _cannot_open(error: OSError, path: Path, name: str) -> FileRefused:
    if error.errno in (errno.ELOOP, errno.EMLINK) or path.is_symlink():
        return refusal(name, "not_a_regular_file", "is a link, and links are not followed. Copy the file itself.")
    if error.errno == errno.ENOENT:
        return refusal(name, "gone", "is gone: there is no such file. Check the name.")
    if error.errno in (errno.EACCES, errno.EPERM):
        return refusal(name, "not_readable", "cannot be read: permission denied. Change its permissions.")
    if error.errno == errno.ENXIO:
        return refusal(name, "not_a_regular_file", "is not a regular file (a socket). Copy it to a file.")
    return refusal(name, "not_readable", f"cannot be read: {error.strerror}.")

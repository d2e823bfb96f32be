"""Who may read what lies in a home: its owner, and nobody else.

Belongs here: the rights that new files get, and taking rights away from what an older version left. Does not belong: what the
folders are (`home`). What an operator loosens afterwards, such as a drop folder that a transfer service of another user
writes into, stays as they set it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

_OF_OTHERS = stat.S_IRWXO
_OF_GROUP_AND_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def create_privately() -> None:
    """From now on nobody else may read what this process and those it starts create: files 0600, folders 0700."""
    os.umask(_OF_GROUP_AND_OTHERS)


def new_private(path: Path) -> BinaryIO:
    """A new file to write that nobody else may read, whatever the umask. Raises FileExistsError."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def make_private(folders: Iterable[Path], files: Iterable[Path], shared: Iterable[Path]) -> None:
    """Take all rights of others and of the group from `folders`, with all that is in them, and from `files`.

    From the folders `shared` themselves only those of others are taken: a group may have been let in on purpose. What belongs
    to somebody else, is a link, or goes meanwhile stays as it is.
    """
    for folder in shared:
        _take_away(folder, _OF_OTHERS)
    for path in files:
        _take_away(path, _OF_GROUP_AND_OTHERS)
    for folder in folders:
        for place, _, names in os.walk(folder):
            _take_away(Path(place), _OF_GROUP_AND_OTHERS)
            for name in names:
                _take_away(Path(place, name), _OF_GROUP_AND_OTHERS)


def keep_to_owner(path: Path) -> None:
    """Take the rights of group and others from one file that came with its own."""
    _take_away(path, _OF_GROUP_AND_OTHERS)


def _take_away(path: Path, rights: int) -> None:
    with suppress(FileNotFoundError, PermissionError):
        status = path.lstat()
        if status.st_mode & rights and not stat.S_ISLNK(status.st_mode):
            path.chmod(stat.S_IMODE(status.st_mode) & ~rights)

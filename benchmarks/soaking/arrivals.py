"""How a file comes into the drop folder: at once, slowly, under another name first, with the time of its original.

Belongs here: the ways in which people and programs write files. Does not belong: what is in them (`files`).
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

SETTLE_SECONDS = 4
_PAUSE_SECONDS = (0.2, 1.5)  # well below the settling time: a pause longer than that cannot be told from the end
_LONG_AGO = 1_577_836_800  # 2020-01-01

Way = Callable[[Path, bytes, random.Random], None]


def at_once(path: Path, data: bytes, _: random.Random) -> None:
    """Written in one go."""
    path.write_bytes(data)


def slowly(path: Path, data: bytes, dice: random.Random) -> None:
    """In pieces, with pauses between them."""
    _write_in_pieces(path, data, dice, lambda: None)


def as_an_old_file_slowly(path: Path, data: bytes, dice: random.Random) -> None:
    """In pieces, by a program that sets the time of the original after each of them."""
    _write_in_pieces(path, data, dice, lambda: os.utime(path, (_LONG_AGO, _LONG_AGO)))


def as_an_old_file(path: Path, data: bytes, _: random.Random) -> None:
    """Copied with its time, as `cp -p` does."""
    path.write_bytes(data)
    os.utime(path, (_LONG_AGO, _LONG_AGO))


def under_another_name(path: Path, data: bytes, dice: random.Random) -> None:
    """Slowly under a name of its own, then renamed, as browsers and rsync do."""
    draft = path.with_name(dice.choice((f"{path.name}.part", f".{path.name}.a1B2c3", f"{path.name}.crdownload")))
    _write_in_pieces(draft, data, dice, lambda: None)
    draft.rename(path)


def moved_in(path: Path, data: bytes, _: random.Random) -> None:
    """Written beside the drop folder, then moved into it."""
    outside = path.parent.with_name(f"outside-{path.name}")
    outside.write_bytes(data)
    outside.rename(path)


WAYS: tuple[Way, ...] = (at_once, slowly, as_an_old_file, as_an_old_file_slowly, under_another_name, moved_in)


def _write_in_pieces(path: Path, data: bytes, dice: random.Random, after_each: Callable[[], None]) -> None:
    pieces = dice.randint(2, 5)
    size = len(data) // pieces + 1
    with path.open("wb", buffering=0) as target:
        for start in range(0, max(len(data), 1), size):
            target.write(data[start : start + size])
            after_each()
            time.sleep(dice.uniform(*_PAUSE_SECONDS))

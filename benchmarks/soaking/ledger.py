"""What a soak did, in a ledger of its own that owes nothing to the product: what was dropped when, given, taken back.

Belongs here: that record and what must have become of it. Does not belong: what did (`judgement`).
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from dataclasses import dataclass, field

from benchmarks.soaking.files import Outcome, SoakFile


def digest_of(data: bytes) -> str:
    """sha256 in hex."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class Drop:
    """A file that lay whole in the drop folder from `at` (seconds since 1970) on, under `name`."""

    file: SoakFile
    name: str
    way: str
    at: float


@dataclass
class Ledger:
    """Everything that was done to the product from outside. Written by several threads, read at the end."""

    drops: list[Drop] = field(default_factory=list)
    given: list[SoakFile] = field(default_factory=list)
    files: dict[str, SoakFile] = field(default_factory=dict)
    undone: set[str] = field(default_factory=set)
    harms: list[tuple[float, str]] = field(default_factory=list)  # seconds since 1970, and what was done
    commands: Counter[str] = field(default_factory=Counter)
    failed_commands: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def dropped(self, drop: Drop) -> None:
        """A file lies in the drop folder."""
        with self._lock:
            self.drops.append(drop)
            self._came(drop.file)

    def was_given(self, file: SoakFile) -> None:
        """A file was imported by the command line."""
        with self._lock:
            self.given.append(file)
            self._came(file)

    def was_undone(self, digest: str) -> None:
        """An import of these bytes was taken back by the command line."""
        with self._lock:
            self.undone.add(digest)

    def expected(self, digest: str) -> Outcome | str:
        """What must have become of these bytes in the end: imported, refused, either, undone."""
        return "undone" if digest in self.undone else self.files[digest].outcome

    def _came(self, file: SoakFile) -> None:
        """Bytes keep what was first known of them; those that were undone are live once they come again."""
        digest = digest_of(file.data)
        self.files.setdefault(digest, file)
        self.undone.discard(digest)

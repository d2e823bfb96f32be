"""What a backup says of itself: which version made it, when, of how much, and the digest of each file in it.

Belongs here: its shape, and reading it with care. Does not belong: the files (`archive`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Final

from contact_pipeline.errors import PipelineError

FORMAT: Final = 1
NAME: Final = "manifest.json"  # the first file of a backup


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a home: its size in bytes, and its sha256 in hex."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`members` by their place in the home, with forward slashes; `made_at` is UTC; `counts` are of imports and contacts."""

    version: str
    schema_version: int
    made_at: datetime
    counts: Mapping[str, int]
    members: Mapping[str, Member]
    format: int = FORMAT

    @property
    def size(self) -> int:
        """Bytes of all members."""
        return sum(member.size for member in self.members.values())

    def as_bytes(self) -> bytes:
        """What `manifest_of` reads."""
        return json.dumps(asdict(self), default=datetime.isoformat).encode()


def manifest_of(text: bytes) -> Manifest:
    """The manifest in a backup. Raises BackupUnusable for one that is damaged, or of a newer version."""
    try:
        stored = json.loads(text)
        if stored["format"] > FORMAT:
            raise BackupUnusable(f"was made by version {stored['version']}, in a newer form. Use that version.")
        members = {str(_safe(place)): _member(facts) for place, facts in stored.pop("members").items()}
        return Manifest(**{**stored, "made_at": datetime.fromisoformat(stored["made_at"])}, members=members)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BackupUnusable("is damaged: its manifest cannot be read. Take another backup.") from error


class BackupUnusable(PipelineError):
    """A backup that is damaged, too new, or none. The words follow its name."""


def _safe(place: str) -> PurePosixPath:
    path = PurePosixPath(place)
    if path.is_absolute() or not path.parts or ".." in path.parts or str(path) != place or "\0" in place:
        raise BackupUnusable("names a file outside of a home. It was not made by contact-pipeline; do not use it.")
    return path


def _member(facts: Mapping[str, Any]) -> Member:
    return Member(int(facts["size"]), str(facts["sha256"]))

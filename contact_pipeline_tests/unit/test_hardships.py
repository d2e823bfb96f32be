"""What the system says of its disk, put into words that tell what to do."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from contact_pipeline.errors import FileRefused, StorageFailed
from contact_pipeline.hardships import explained, hardship


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        (str(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "x")), "is full: free some space"),
        ("FATAL Error: Failed to create checkpoint: No space left on device", "is full: free some space"),
        ("(sqlite3.OperationalError) database or disk is full", "is full: free some space"),
        ("Failed to commit: Could not write file: File too large", "would grow past"),
        ("PermissionError: [Errno 13] Permission denied: '{home}/inbox/list'", r"permission denied \(inbox/list\)"),
        ("(sqlite3.OperationalError) attempt to write a readonly database", "permission denied"),
    ],
)
def test_each_hardship_is_told_in_one_line_with_what_to_do(tmp_path: Path, said: str, meaning: str) -> None:
    with pytest.raises(StorageFailed, match=meaning) as told, explained(tmp_path):
        raise RuntimeError("a step failed") from RuntimeError(said.format(home=tmp_path))
    assert "\n" not in str(told.value)
    assert str(tmp_path) in str(told.value)


def test_other_errors_pass_as_they_are(tmp_path: Path) -> None:
    assert hardship(["Binder Error: no such column"], tmp_path) is None
    with pytest.raises(KeyError), explained(tmp_path):
        raise KeyError("x")
    refusal = FileRefused("not_readable", "list.csv cannot be read: permission denied. Change its permissions.")
    with pytest.raises(FileRefused) as raised, explained(tmp_path):
        raise refusal
    assert raised.value is refusal

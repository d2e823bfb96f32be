"""What `make audit` says: an index that knows nothing of vulnerabilities must never pass for a clean bill."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

AUDIT = Path(__file__).parents[2] / ".ci" / "audit.py"
CLEAN = {"name": "anyio", "version": "4.16.0", "vulns": []}
BAD = {"name": "h11", "version": "0.14.0", "vulns": [{"id": "GHSA-vqfr-h8mv-ghfj", "fix_versions": ["0.16.0"]}]}
UNKNOWN = {"name": "starlette", "skip_reason": "Dependency not found on PyPI and could not be audited"}


@pytest.fixture(scope="module")
def verdict() -> Callable[[Any], tuple[int, list[str]]]:
    found: Callable[[Any], tuple[int, list[str]]] = runpy.run_path(str(AUDIT))["verdict"]
    return found


@pytest.mark.parametrize(
    ("packages", "status", "words"),
    [
        ([CLEAN], 0, "audited 1 of 1 packages: no known vulnerabilities"),
        ([CLEAN, BAD], 1, "h11 0.14.0: GHSA-vqfr-h8mv-ghfj, fixed in 0.16.0"),
        ([CLEAN, UNKNOWN], 2, "NOT AUDITED: 1 packages"),
        ([UNKNOWN, BAD], 1, "NOT AUDITED: 1 packages"),
        ([], 2, "NOT AUDITED: 0 packages"),
    ],
)
def test_none_known_is_told_from_not_audited(
    verdict: Callable[[Any], tuple[int, list[str]]], packages: list[Any], status: int, words: str
) -> None:
    told, lines = verdict({"dependencies": packages})
    assert told == status
    assert words in "\n".join(lines)

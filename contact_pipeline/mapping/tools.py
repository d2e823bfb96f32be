"""Which tool wrote a table, told from its headers, and what the tool means by headers that others use differently.

Belongs here: reading and matching `tools.toml`, the signature of a table. Does not belong: headers whose words say enough
(`spellings`, `grammar`) and mappings learned from imports (`learned`).
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from contact_pipeline.mapping.normalise import normalise_header


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool's export. `headers` identify it; `fields` are its meanings of ambiguous headers, "" for no CRM field."""

    key: str
    name: str
    required: frozenset[str]
    typical: frozenset[str]
    least: int
    fields: dict[str, str]
    is_fixed: bool

    def matches(self, plain_headers: frozenset[str]) -> int:
        """How many of its headers are there; 0 where they do not identify it."""
        typical = len(self.typical & plain_headers)
        return len(self.required) + typical if self.required <= plain_headers and typical >= self.least else 0

    def drift(self, plain_headers: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
        """Headers that are gone and that are new, in plain form; both empty for an export that users may shape."""
        usual = self.required | self.typical
        return (usual - plain_headers, plain_headers - usual) if self.is_fixed else (frozenset(), frozenset())


@cache
def _tools() -> tuple[Tool, ...]:
    text = files("contact_pipeline.mapping").joinpath("tools.toml").read_text(encoding="utf-8")
    return tuple(_tool(key, entry) for key, entry in tomllib.loads(text).items())


def _tool(key: str, entry: dict[str, Any]) -> Tool:
    return Tool(
        key,
        entry["name"],
        _plain(entry.get("all", ())),
        _plain(entry.get("any", ())),
        entry.get("least", 0),
        {normalise_header(header): field for header, field in entry.get("fields", {}).items()},
        entry.get("fixed", False),
    )


def _plain(headers: Sequence[str]) -> frozenset[str]:
    return frozenset(normalise_header(header) for header in headers)


def recognise_tool(plain_headers: Sequence[str]) -> Tool | None:
    """The tool most of whose headers are there, or None. Headers in plain form."""
    there = frozenset(plain_headers)
    matches = [(tool.matches(there), tool) for tool in _tools()]
    best = max(matches, key=lambda match: match[0])
    return best[1] if best[0] else None


def signature_of(plain_headers: Sequence[str], tool: Tool | None) -> str:
    """A stable id of the kind of table: the tool's key, else a hash of the set of headers, whatever their order."""
    if tool is not None:
        return tool.key
    joined = "\n".join(sorted({header for header in plain_headers if header}))
    return f"headers-{hashlib.sha256(joined.encode()).hexdigest()[:12]}"

"""The playbook: how to approach the leads of a category.

Belongs here: reading `playbook.toml` (the text itself is data). Does not belong: the next action of a single lead,
which scoring decides.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Play:
    """Recommended outreach for one category. `message` may hold {factor}."""

    category: str
    channel: str
    first_step: str
    cadence: str
    message: str


@cache
def load_playbook() -> tuple[Play, ...]:
    """The plays, best category first."""
    text = files("contact_pipeline.reporting").joinpath("playbook.toml").read_text(encoding="utf-8")
    return tuple(Play(**entry) for entry in tomllib.loads(text)["play"])

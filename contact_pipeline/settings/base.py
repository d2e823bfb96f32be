"""What all settings share.

Belongs here: the class they build on, and kinds of values. Does not belong: any setting.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Score = Annotated[float, Field(ge=0, le=100)]


class Frozen(BaseModel):
    """A mistyped key is an error, never silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

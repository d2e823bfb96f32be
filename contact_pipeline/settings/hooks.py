"""Settings of hooks: whom to tell what happened, and how.

Belongs here: what a user may say about a hook. Does not belong: telling (`hooks`). No secret stands in the settings: each is
named by the environment variable that has it.
"""

from __future__ import annotations

import re
from typing import Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from contact_pipeline.settings.base import Frozen

EventName = Literal["imported", "refused", "waiting", "scored", "failed", "undone", "stale", "stuck"]
EVENT_NAMES: tuple[EventName, ...] = get_args(EventName)

_VARIABLE = r"\$[A-Z_][A-Z0-9_]*"
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")
_HEADER_VALUE = re.compile(rf"([A-Za-z]+ )?{_VARIABLE}")
_OURS = {"content-type", "content-length", "host"}


class HookSettings(Frozen):
    """Somebody who is told what happened: a web address, or a command of this machine. [hooks.md](hooks.md) says what they get."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    """What you call it; each hook has its own name."""
    on: tuple[EventName, ...] = EVENT_NAMES
    """The events it is told of: `imported`, `refused`, `waiting`, `scored`, `failed`, `undone`, `stale`, `stuck`."""
    url: str | None = None
    """Address that gets the event by POST, beginning with http:// or https://; or `$NAME`, an environment variable that has it:
    so for an address that is a secret itself, or has a query."""
    command: tuple[str, ...] | None = None
    """Program and its arguments, instead of `url`; started without a shell, with the event on its stdin."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Headers of the request. A value is `$NAME`, an environment variable, and may have one word before it:
    `"Bearer $HOOK_TOKEN"`. Values themselves are refused here: they would be secrets."""
    sign_with: str | None = Field(default=None, pattern=rf"^{_VARIABLE}$")
    """`$NAME` of the environment variable with the secret that requests are signed with (HMAC-SHA256)."""
    timeout_seconds: float = Field(default=10, gt=0, le=30)
    """Longest time that one try may take."""

    @field_validator("url")
    @classmethod
    def _plain_address(cls, url: str | None) -> str | None:
        if url is None or re.fullmatch(_VARIABLE, url):
            return url
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"\s", url):
            raise ValueError("must begin with http:// or https:// and a host, or be $NAME of an environment variable")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("an address with a user, a query or a fragment may hold a secret: give it as $NAME")
        return url

    @field_validator("command")
    @classmethod
    def _startable(cls, command: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if command is None:
            return None
        if not command or not command[0] or ("/" in command[0] and not command[0].startswith("/")):
            raise ValueError("must begin with a program: its whole path, or a name that is found on the PATH")
        return command

    @field_validator("headers")
    @classmethod
    def _without_secrets(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not _HEADER_NAME.fullmatch(name) or name.lower() in _OURS:
                raise ValueError(f"{name!r} is no header that may be set")
            if not _HEADER_VALUE.fullmatch(value):  # the value is not repeated: it may be a secret
                raise ValueError(f"{name}: give $NAME of an environment variable, such as '$HOOK_TOKEN'")
        return headers

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.url is None) == (self.command is None):
            raise ValueError("give either url or command")
        if self.command and (self.headers or self.sign_with):
            raise ValueError("headers and sign_with belong to a url; a command has the environment")
        return self

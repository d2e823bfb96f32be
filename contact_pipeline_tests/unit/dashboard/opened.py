"""A browser that opened a link, without a browser: the application over a home, asked in this process."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from starlette.testclient import TestClient

from contact_pipeline.dashboard.app import build_app
from contact_pipeline.dashboard.links import Clock, Links, utc_now
from contact_pipeline.home import Home

_INLINE = re.compile(r"<style|\bstyle\s*=|\bon[a-z]+\s*=|<script(?![^>]*\bsrc=)|javascript:", re.IGNORECASE)

ADDRESS = "http://127.0.0.1:3080"


@dataclass
class Hands:
    """A clock that a test moves; so far ahead that no client takes a cookie by it for one of the past."""

    now: datetime = datetime(2100, 1, 1, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        """On by so many days, hours, minutes, seconds."""
        self.now += timedelta(**by)


def client_of(home: Home, clock: Clock = utc_now, address: str = ADDRESS) -> TestClient:
    """A client that opened nothing yet."""
    return TestClient(build_app(home, clock), base_url=address, follow_redirects=False)


def opened_client(
    home: Home,
    only: Mapping[str, tuple[str, ...]] | None = None,
    *,
    days: float = 14,
    clock: Clock = utc_now,
    address: str = ADDRESS,
) -> TestClient:
    """A client that opened a new link with that scope; everything where none is given."""
    client = client_of(home, clock, address)
    _, token = Links(home, clock).make("a test", days, only or {})
    assert client.post("/open", data={"token": token}).status_code == 204
    return client


def inline_parts(html: str) -> list[str]:
    """Scripts and styles that stand in a page itself, which its policy forbids."""
    return _INLINE.findall(html)

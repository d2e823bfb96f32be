"""Links to the dashboard: made, looked up, revoked, and the sessions of browsers that opened one.

Belongs here: who may look, at what, until when. Does not belong: HTTP (`guard`, `opening`) and where the facts are kept
(`link_file`). A token and the id of a session are 256 random bits; only their SHA-256 is kept, so who reads the file
cannot open anything. Looking one up by its digest takes the same time whichever bits are wrong.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from contact_pipeline.dashboard.access import Access
from contact_pipeline.dashboard.link_file import reading, writing
from contact_pipeline.errors import UsageError
from contact_pipeline.home import Home

Clock = Callable[[], datetime]

_ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that are taken for one another
_ID_LENGTH = 6
_SESSIONS_OF_A_LINK = 500  # at once
_USE_NOTED_EVERY = timedelta(minutes=1)
_LINK = "link_id, label, scope, created_at, expires_at, revoked_at, last_used_at"


class Refusal(Enum):
    """Why somebody may not look."""

    UNKNOWN = "unknown"  # no such token or session
    ENDED = "ended"  # the session is over; the link may still be opened
    EXPIRED = "expired"
    REVOKED = "revoked"


class UnknownLink(UsageError):
    """No link of that id was made."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link, without its token; times are UTC. `only` is the scope of `Access`."""

    link_id: str
    label: str
    only: Mapping[str, tuple[str, ...]]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None

    @property
    def access(self) -> Access:
        """What who opened it may see."""
        return Access(self.link_id, self.label, self.only)

    def refusal(self, now: datetime) -> Refusal | None:
        """Why it does not hold at that moment; None where it does."""
        if self.revoked_at is not None:
            return Refusal.REVOKED
        return Refusal.EXPIRED if now >= self.expires_at else None

    def as_json(self, now: datetime) -> dict[str, Any]:
        """What `dashboard links --json` prints."""
        refusal = self.refusal(now)
        return {
            "link_id": self.link_id,
            "label": self.label,
            "only": {name: list(values) for name, values in self.only.items()},
            "created_at": self.created_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "last_used_at": self.last_used_at.isoformat() if self.last_used_at else None,
            "state": refusal.value if refusal else "valid",
        }


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that opened a link: the secret that it is given, and until when it holds."""

    secret: str
    expires_at: datetime


def utc_now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


class Links:
    """The links of a home. Every call is one short visit to the file, so that what one process does, all see at once."""

    def __init__(self, home: Home, clock: Clock = utc_now) -> None:
        self._file = home.links
        self._session_length = timedelta(hours=home.settings.dashboard.session_hours)
        self.now = clock

    def make(self, label: str, days: float, only: Mapping[str, Collection[str]]) -> tuple[Link, str]:
        """A new link and its token, which is known here and now only."""
        token, now = secrets.token_urlsafe(32), self.now()
        scope = {name: tuple(values) for name, values in only.items()}
        with writing(self._file) as connection:
            link = Link(_unused_id(connection), label, scope, now, now + timedelta(days=days), None, None)
            connection.execute(
                "INSERT INTO links (link_id, token_digest, label, scope, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    link.link_id,
                    _digest(token),
                    label,
                    json.dumps(scope),
                    now.timestamp(),
                    link.expires_at.timestamp(),
                ),
            )
        return link, token

    def all(self) -> list[Link]:
        """Every link that was made, the newest first; nothing is made by looking."""
        if not self._file.exists():
            return []
        with reading(self._file) as connection:
            rows = connection.execute(f"SELECT {_LINK} FROM links ORDER BY created_at DESC, link_id").fetchall()
        return [_link(row) for row in rows]

    def revoke(self, link_ids: Collection[str]) -> list[Link]:
        """Refuse them from now on, also to who looks already. Raises UnknownLink, and then revokes none."""
        known = {link.link_id for link in self.all()}
        for link_id in link_ids:
            if link_id not in known:
                raise UnknownLink(f"No link '{link_id}' was made. 'contact-pipeline dashboard links' lists them.")
        with writing(self._file) as connection:
            for link_id in link_ids:
                connection.execute(
                    "UPDATE links SET revoked_at = ? WHERE link_id = ? AND revoked_at IS NULL",
                    (self.now().timestamp(), link_id),
                )
                connection.execute("DELETE FROM views WHERE link_id = ?", (link_id,))
        return [link for link in self.all() if link.link_id in set(link_ids)]

    def open_session(self, token: str) -> Session | Refusal:
        """Let a browser in that has the token; its session ends with the link at the latest."""
        now = self.now()
        with writing(self._file) as connection:
            row = connection.execute(f"SELECT {_LINK} FROM links WHERE token_digest = ?", (_digest(token),)).fetchone()
            if row is None:
                return Refusal.UNKNOWN
            link = _link(row)
            if refusal := link.refusal(now):
                return refusal
            session = Session(secrets.token_urlsafe(32), min(now + self._session_length, link.expires_at))
            _make_room(connection, link.link_id, now)
            connection.execute(
                "INSERT INTO sessions VALUES (?, ?, ?)",
                (_digest(session.secret), link.link_id, session.expires_at.timestamp()),
            )
        return session

    def look_up(self, secret: str) -> Link | Refusal:
        """Whose session it is, where it holds; notes that the link is used, once a minute."""
        now = self.now()
        with reading(self._file) as connection:
            row = connection.execute(
                f"SELECT sessions.expires_at AS session_ends, links.* FROM (SELECT {_LINK} FROM links) links"
                " JOIN sessions USING (link_id) WHERE session_digest = ?",
                (_digest(secret),),
            ).fetchone()
        if row is None:
            return Refusal.UNKNOWN
        session_ends, link = _moment(row[0]), _link(row[1:])
        if refusal := link.refusal(now):
            return refusal
        if now >= session_ends:
            return Refusal.ENDED
        if link.last_used_at is None or now - link.last_used_at >= _USE_NOTED_EVERY:
            self._note_use(link.link_id, now)
        return link

    def end_session(self, secret: str) -> None:
        """Forget the session; the link stays as it is."""
        with writing(self._file) as connection:
            connection.execute("DELETE FROM sessions WHERE session_digest = ?", (_digest(secret),))

    def note_served(self, address: str) -> None:
        """Where the dashboard listens, for links that are made from now on."""
        with writing(self._file) as connection:
            connection.execute("DELETE FROM served")
            connection.execute("INSERT INTO served VALUES (?)", (address,))

    def served(self) -> str | None:
        """Where the dashboard listened last; None where it never did."""
        with reading(self._file) as connection:
            row = connection.execute("SELECT address FROM served").fetchone()
        return row[0] if row else None

    def _note_use(self, link_id: str, now: datetime) -> None:
        with writing(self._file) as connection:
            connection.execute("UPDATE links SET last_used_at = ? WHERE link_id = ?", (now.timestamp(), link_id))


def _make_room(connection: sqlite3.Connection, link_id: str, now: datetime) -> None:
    """For one more session of the link: those that are over go, and the oldest where somebody opens it without end."""
    connection.execute("DELETE FROM sessions WHERE expires_at <= ?", (now.timestamp(),))
    connection.execute(
        """DELETE FROM sessions WHERE session_digest IN (
            SELECT session_digest FROM sessions WHERE link_id = ? ORDER BY expires_at DESC LIMIT -1 OFFSET ?)""",
        (link_id, _SESSIONS_OF_A_LINK - 1),
    )


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def _unused_id(connection: sqlite3.Connection) -> str:
    taken = {link_id for (link_id,) in connection.execute("SELECT link_id FROM links")}
    while (link_id := "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))) in taken:
        pass
    return link_id


def _link(row: tuple[Any, ...]) -> Link:
    """Of a row of the columns _LINK."""
    link_id, label, scope, created_at, expires_at, revoked_at, last_used_at = row
    only = {name: tuple(values) for name, values in json.loads(scope).items()}
    moments = (_moment(created_at), _moment(expires_at))
    return Link(link_id, label, only, *moments, _known_moment(revoked_at), _known_moment(last_used_at))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _known_moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else _moment(seconds)

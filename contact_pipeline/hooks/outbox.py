"""The outbox: events that hooks are to be told, and what came of telling them.

Belongs here: the file `hooks.sqlite` of a home. Does not belong: what an event says (`events`) and how it is sent (`sending`).
The daemon and every command share it, so whoever comes first tells and nobody tells twice. It holds no personal data.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from contact_pipeline.home import Home
from contact_pipeline.hooks.events import Event
from contact_pipeline.small_database import SmallDatabase

WAITING, DELIVERED, GIVEN_UP = "waiting", "delivered", "given up"
PAUSES_SECONDS: Final = (30, 120, 600, 1800, 7200)  # before each further try; after the last try an event is given up
_KEPT_SECONDS = 30 * 86_400
_TABLES = (
    "CREATE TABLE looked (up_to REAL NOT NULL) STRICT",
    "CREATE TABLE runs_seen (run_id TEXT PRIMARY KEY, at REAL NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE events (event_id TEXT PRIMARY KEY, noted_at REAL NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL) STRICT",
    """CREATE TABLE deliveries (
        event_id TEXT NOT NULL REFERENCES events ON DELETE CASCADE, hook TEXT NOT NULL, state TEXT NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0, last_try REAL, next_try REAL NOT NULL, trouble TEXT,
        PRIMARY KEY (event_id, hook)) STRICT, WITHOUT ROWID""",
)


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that is to be tried now."""

    event_id: str
    event: str
    body: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery on record. `last_try` is UTC, None before the first; `trouble` is why the last try failed."""

    event_id: str
    event: str
    noted_at: datetime
    hook: str
    state: str
    tries: int
    last_try: datetime | None
    trouble: str | None

    def as_json(self) -> dict[str, Any]:
        """One entry of `hooks --json`."""
        return {
            "id": self.event_id,
            "event": self.event,
            "noted_at": self.noted_at.isoformat(),
            "hook": self.hook,
            "state": self.state,
            "tries": self.tries,
            "last_try": self.last_try.isoformat() if self.last_try else None,
            "trouble": self.trouble,
        }


class Outbox:
    """The outbox of one home, made where it is missing. Every visit is short. Raises StorageFailed."""

    def __init__(self, home: Home) -> None:
        self._path, self._settings = home.root / "hooks.sqlite", home.settings

    def looked_up_to(self) -> float:
        """Up to which moment ended runs were looked at; what ended before the outbox was made is not told."""
        with _FILE.reading(self._path) as connection:
            return float(connection.execute("SELECT up_to FROM looked").fetchone()[0])

    def unseen(self, run_ids: Iterable[str]) -> set[str]:
        """The runs among these that were not looked at yet."""
        with _FILE.reading(self._path) as connection:
            seen = {row[0] for row in connection.execute("SELECT run_id FROM runs_seen")}
        return set(run_ids) - seen

    def note(self, events: Sequence[Event]) -> None:
        """Add what happened, for each hook that wants to be told."""
        with _FILE.writing(self._path) as connection:
            self._add(connection, events, time.time())

    def note_runs(self, events: Sequence[Event], run_ids: Iterable[str], up_to: float) -> None:
        """Add what ended runs did, and that they were looked at."""
        now = time.time()
        with _FILE.writing(self._path) as connection:
            self._add(connection, events, now)
            connection.executemany("INSERT OR IGNORE INTO runs_seen VALUES (?, ?)", [(one, now) for one in run_ids])
            connection.execute("UPDATE looked SET up_to = max(up_to, ?)", [up_to])

    def due(self, hook: str) -> list[Due]:
        """What a hook is to be told now, the oldest first; nothing for a while after a try that failed."""
        now = time.time()
        with _FILE.reading(self._path) as connection:
            last = connection.execute(
                "SELECT trouble FROM deliveries WHERE hook = ? AND last_try > ? ORDER BY last_try DESC LIMIT 1",
                [hook, now - PAUSES_SECONDS[0]],
            ).fetchone()
            if last and last[0]:
                return []
            rows = connection.execute(
                """SELECT event_id, name, body FROM deliveries JOIN events USING (event_id)
                WHERE hook = ? AND state = ? AND next_try <= ? ORDER BY noted_at, events.rowid""",
                [hook, WAITING, now],
            ).fetchall()
        return [Due(*row) for row in rows]

    def record(self, hook: str, event_id: str, trouble: str | None) -> None:
        """Write how a try went: `trouble` says why it failed, None that it was delivered."""
        now = time.time()
        with _FILE.writing(self._path) as connection:
            tries = connection.execute(
                "SELECT tries + 1 FROM deliveries WHERE event_id = ? AND hook = ?", [event_id, hook]
            ).fetchone()[0]
            is_last = tries > len(PAUSES_SECONDS)
            state = DELIVERED if trouble is None else GIVEN_UP if is_last else WAITING
            pause = 0 if state != WAITING else PAUSES_SECONDS[tries - 1]
            connection.execute(
                """UPDATE deliveries SET state = ?, tries = ?, last_try = ?, next_try = ?, trouble = ?
                WHERE event_id = ? AND hook = ?""",
                [state, tries, now, now + pause, trouble, event_id, hook],
            )

    def latest(self, count: int) -> list[Delivery]:
        """The latest deliveries, the newest first."""
        with _FILE.reading(self._path) as connection:
            rows = connection.execute(
                """SELECT event_id, name, noted_at, hook, state, tries, last_try, trouble
                FROM deliveries JOIN events USING (event_id) ORDER BY noted_at DESC, events.rowid DESC, hook LIMIT ?""",
                [count],
            ).fetchall()
        return [_delivery(*row) for row in rows]

    def in_trouble(self, since: float) -> dict[str, int]:
        """By hook, how many deliveries were given up since a moment, or failed more than once and wait."""
        with _FILE.reading(self._path) as connection:
            rows = connection.execute(
                """SELECT hook, count(*) FROM deliveries
                WHERE (state = ? AND last_try >= ?) OR (state = ? AND tries > 1) GROUP BY hook ORDER BY hook""",
                [GIVEN_UP, since, WAITING],
            ).fetchall()
        return dict(rows)

    def _add(self, connection: sqlite3.Connection, events: Sequence[Event], now: float) -> None:
        hooks = self._settings.hooks
        for event in events:
            body = event.as_text(self._settings)
            connection.execute(
                "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?)", [event.event_id, now, event.name, body]
            )
            connection.executemany(
                "INSERT OR IGNORE INTO deliveries (event_id, hook, state, next_try) VALUES (?, ?, ?, ?)",
                [(event.event_id, hook.name, WAITING, now) for hook in hooks if event.name in hook.on],
            )
        _tidy(connection, [hook.name for hook in hooks], now)


def _tidy(connection: sqlite3.Connection, hooks: Sequence[str], now: float) -> None:
    """Forget what is a month old, and what waits for a hook that is no more."""
    connection.execute("DELETE FROM events WHERE noted_at < ?", [now - _KEPT_SECONDS])
    connection.execute("DELETE FROM runs_seen WHERE at < ?", [now - _KEPT_SECONDS])
    known = ", ".join("?" for _ in hooks)
    connection.execute(f"DELETE FROM deliveries WHERE state = ? AND hook NOT IN ({known})", [WAITING, *hooks])


def _delivery(  # in the order of the query
    event_id: str,
    event: str,
    noted_at: float,
    hook: str,
    state: str,
    tries: int,
    last_try: float | None,
    trouble: str | None,
) -> Delivery:
    tried_at = None if last_try is None else _moment(last_try)
    return Delivery(event_id, event, _moment(noted_at), hook, state, tries, tried_at, trouble)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def _make(connection: sqlite3.Connection) -> None:
    for table in _TABLES:
        connection.execute(table)
    connection.execute("INSERT INTO looked VALUES (?)", [time.time()])


_FILE = SmallDatabase("The deliveries to hooks", 1, _make)

"""How often wrong tokens may be tried.

Belongs here: counting them by the address they come from. Does not belong: tokens (`links`). It is held in memory and
bounded: 256 random bits are not guessed anyway, this keeps the log and the disk quiet.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

_WINDOW = timedelta(minutes=1)
_ADDRESSES_KEPT = 10_000


class Tries:
    """Wrong tries of the last minute by client address; those of one IPv6 network count together."""

    def __init__(self, a_minute: int) -> None:
        self._a_minute = a_minute
        self._wrong: OrderedDict[str, list[datetime]] = OrderedDict()
        self._lock = Lock()

    def seconds_to_wait(self, client: str, now: datetime) -> int:
        """0 where another try is allowed, else how long until it is."""
        with self._lock:
            recent = self._recent(_network(client), now)
            if len(recent) < self._a_minute:
                return 0
            return max(1, round((recent[-self._a_minute] + _WINDOW - now).total_seconds()))

    def note_wrong(self, client: str, now: datetime) -> None:
        """One more that was wrong; where too many addresses are kept, the one that was quiet longest is forgotten."""
        with self._lock:
            network = _network(client)
            self._wrong[network] = [*self._recent(network, now), now][-self._a_minute :]
            self._wrong.move_to_end(network)
            if len(self._wrong) > _ADDRESSES_KEPT:
                self._wrong.popitem(last=False)

    def _recent(self, network: str, now: datetime) -> list[datetime]:
        return [moment for moment in self._wrong.get(network, ()) if now - moment < _WINDOW]


def _network(client: str) -> str:
    """Whoever has an IPv6 address has 2^64 of them."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    return str(ipaddress.ip_network((client, 64), strict=False)) if address.version == 6 else client

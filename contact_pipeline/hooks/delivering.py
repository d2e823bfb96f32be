"""Telling hooks what waits in the outbox.

Belongs here: whose turn it is to tell, and how long one round may take. Does not belong: a single try (`sending`) and what is
on record (`outbox`). Hooks are told beside each other, each its events in order. Who does not answer holds up no import: this
happens outside the turn of runs, and a round ends whatever the other side does.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from contact_pipeline.errors import HomeBusy, StorageFailed
from contact_pipeline.home import Home
from contact_pipeline.hooks.outbox import Due, Outbox
from contact_pipeline.hooks.sending import NotDelivered, send
from contact_pipeline.settings.hooks import HookSettings
from contact_pipeline.turns import turn

_ROUND_SECONDS = 5  # after that no further try begins in this round
_GRACE_SECONDS = 1
_OTHERS_SECONDS = 3  # for another process that is telling hooks just now


def deliver(home: Home, *, wait_seconds: float = 0) -> None:
    """Tell each hook what waits for it. Where another process is at it for longer than `wait_seconds`, that one goes on.

    Raises StorageFailed.
    """
    if not home.settings.hooks:
        return
    try:
        with turn(home.turn_file("hooks"), wait_seconds, busy="Hooks are being told.", in_line=False):
            _tell_all(home)
    except HomeBusy:
        return


@contextmanager
def delivered_after(home: Home) -> Iterator[None]:
    """Tells hooks what the block did, once it has ended; what cannot be told now is told next time."""
    try:
        yield
    finally:
        with suppress(StorageFailed):
            deliver(home, wait_seconds=_OTHERS_SECONDS)


@dataclass(slots=True)
class _Round:
    """One hook in one round: what it is to be told, and how each try went (None: delivered)."""

    hook: HookSettings
    due: Sequence[Due]
    outcomes: list[str | None] = field(default_factory=list)

    def run(self) -> None:
        """Try one after the other, up to the first failure."""
        began = time.monotonic()
        for one in self.due:
            if time.monotonic() - began > _ROUND_SECONDS:
                return
            try:
                send(self.hook, one.event, one.event_id, one.body)
            except NotDelivered as error:
                self.outcomes.append(str(error))
                return
            self.outcomes.append(None)


def _tell_all(home: Home) -> None:
    outbox = Outbox(home)
    rounds = [_Round(hook, due) for hook in home.settings.hooks if (due := outbox.due(hook.name))]
    # Daemon threads: an answer that drips in without an end holds up neither us nor the end of the process.
    threads = [(one, threading.Thread(target=one.run, daemon=True)) for one in rounds]
    for _, thread in threads:
        thread.start()
    for one, thread in threads:
        thread.join(_ROUND_SECONDS + one.hook.timeout_seconds + _GRACE_SECONDS)
        outcomes = [*one.outcomes, "timed out"] if thread.is_alive() else one.outcomes
        for told, trouble in zip(one.due, outcomes, strict=False):
            outbox.record(one.hook.name, told.event_id, trouble)

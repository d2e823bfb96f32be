"""From the outbox to the hooks: each event once, in order, again after failures, and nobody held up."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contact_pipeline.home import Home
from contact_pipeline.hooks import delivering, outbox
from contact_pipeline.hooks.delivering import deliver
from contact_pipeline.hooks.events import Event, event_of_now
from contact_pipeline.hooks.outbox import DELIVERED, GIVEN_UP, PAUSES_SECONDS, WAITING, Outbox
from contact_pipeline.settings import HookSettings, Settings
from contact_pipeline_tests.unit.hooks.receiver import Receiver, receiving


class Clock:
    """The time as the outbox has it."""

    def __init__(self) -> None:
        self.now = time.time()

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(outbox, "time", made)
    return made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def _home(folder: Path, *hooks: HookSettings) -> Home:
    made = Home(folder / "home", Settings(hooks=hooks))
    made.set_up()
    return made


def _view(receiver: Receiver, name: str = "view", **settings: object) -> HookSettings:
    return HookSettings.model_validate({"name": name, "url": receiver.address, **settings})


def _states(home: Home) -> list[tuple[str, str, int]]:
    return [(one.event, one.state, one.tries) for one in reversed(Outbox(home).latest(100))]


def test_events_come_once_and_in_the_order_they_happened(tmp_path: Path, receiver: Receiver) -> None:
    home = _home(tmp_path, _view(receiver))
    events = [event_of_now(name) for name in ("refused", "scored", "undone", "stale")]
    Outbox(home).note(events[:2])
    Outbox(home).note([*events[:2], *events[2:]])  # who else found out about the first two
    deliver(home)
    deliver(home)
    assert [event["id"] for event in receiver.events] == [event.event_id for event in events]
    assert {state for _, state, _ in _states(home)} == {DELIVERED}


def test_a_hook_is_told_only_of_what_it_asked_for(tmp_path: Path, receiver: Receiver) -> None:
    home = _home(tmp_path, _view(receiver, on=["scored"]))
    Outbox(home).note([event_of_now("refused"), event_of_now("scored")])
    deliver(home)
    assert receiver.names == ["scored"]


def test_many_who_deliver_at_the_same_time_tell_each_event_once(tmp_path: Path, receiver: Receiver) -> None:
    home = _home(tmp_path, _view(receiver))
    Outbox(home).note([event_of_now("scored") for _ in range(20)])
    with ThreadPoolExecutor(4) as several:
        list(several.map(lambda _: deliver(home, wait_seconds=5), range(4)))
    assert len(receiver.events) == len({event["id"] for event in receiver.events}) == 20


def test_a_hook_that_failed_is_told_again_after_growing_pauses_and_given_up_at_last(
    tmp_path: Path, clock: Clock
) -> None:
    with receiving(status=500) as receiver:
        home = _home(tmp_path, _view(receiver))
        Outbox(home).note([event_of_now("failed")])
        for tries, pause in enumerate(PAUSES_SECONDS, start=1):
            deliver(home)
            clock.now += pause - 1
            deliver(home)
            assert (_states(home), len(receiver.events)) == ([("failed", WAITING, tries)], tries)
            clock.now += 2
        deliver(home)
        assert _states(home) == [("failed", GIVEN_UP, len(PAUSES_SECONDS) + 1)]
        assert Outbox(home).latest(1)[0].trouble == "answered 500"
        clock.now += 86_400
        deliver(home)
        assert len(receiver.events) == len(PAUSES_SECONDS) + 1
        assert len({event["id"] for event in receiver.events}) == 1


def test_once_the_other_side_is_back_it_gets_all_that_waited(tmp_path: Path, clock: Clock) -> None:
    with receiving(status=503) as receiver:
        home = _home(tmp_path, _view(receiver))
        Outbox(home).note([event_of_now("refused"), event_of_now("scored")])
        deliver(home)
        assert receiver.names == ["refused"], "after a failure the others wait too"
        receiver.status = 200
        clock.now += PAUSES_SECONDS[0] + 1
        deliver(home)
    assert receiver.names == ["refused", "refused", "scored"]
    assert {state for _, state, _ in _states(home)} == {DELIVERED}


def test_a_hook_that_fails_does_not_keep_others_from_being_told(tmp_path: Path, receiver: Receiver) -> None:
    with receiving(status=500) as broken:
        home = _home(tmp_path, _view(broken, "broken"), _view(receiver))
        Outbox(home).note([event_of_now("scored"), event_of_now("undone")])
        deliver(home)
    assert receiver.names == ["scored", "undone"]
    assert Outbox(home).in_trouble(0) == {}, "one failure is no trouble yet"


def test_an_answer_that_never_comes_holds_nobody_up(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the other side keeps the connection busy, so that no single wait is too long."""
    monkeypatch.setattr(delivering, "_ROUND_SECONDS", 0.1)
    monkeypatch.setattr(delivering, "_GRACE_SECONDS", 0.1)
    never = threading.Event()
    monkeypatch.setattr(delivering, "send", lambda hook, *_: hook.name == "silent" and never.wait(30))
    home = _home(tmp_path, _view(receiver, "silent", timeout_seconds=0.1), _view(receiver))
    Outbox(home).note([event_of_now("scored")])
    deliver(home)
    never.set()
    found = {one.hook: (one.state, one.trouble) for one in Outbox(home).latest(10)}
    assert found == {"silent": (WAITING, "timed out"), "view": (DELIVERED, None)}


def test_what_waits_for_a_hook_that_is_no_more_is_forgotten(tmp_path: Path, receiver: Receiver) -> None:
    Outbox(_home(tmp_path, _view(receiver, "old"))).note([event_of_now("scored")])
    home = _home(tmp_path, _view(receiver, "new"))
    Outbox(home).note([event_of_now("undone")])
    assert [(one.hook, one.event) for one in Outbox(home).latest(10)] == [("new", "undone")]


def test_deliveries_are_forgotten_after_a_month(tmp_path: Path, receiver: Receiver, clock: Clock) -> None:
    home = _home(tmp_path, _view(receiver))
    Outbox(home).note([event_of_now("scored")])
    clock.now += 31 * 86_400
    Outbox(home).note([event_of_now("undone")])
    assert [event for event, *_ in _states(home)] == ["undone"]


def test_without_hooks_nothing_is_made(home: Home) -> None:
    deliver(home)
    assert not (home.root / "hooks.sqlite").exists()


def test_nobody_but_the_owner_may_read_what_was_told(tmp_path: Path, receiver: Receiver) -> None:
    home = _home(tmp_path, _view(receiver))
    Outbox(home).note([event_of_now("scored")])
    assert (home.root / "hooks.sqlite").stat().st_mode & 0o077 == 0


def test_an_event_has_every_key_whatever_it_tells(home: Home) -> None:
    import json

    bare: Event = event_of_now("test")
    keys = {"schema", "id", "event", "at", "product", "reason", "import", "scores", "run", "dashboard"}
    assert set(json.loads(bare.as_text(home.settings))) == keys

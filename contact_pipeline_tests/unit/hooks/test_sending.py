"""One try: what the other side gets, and what is said when it does not work. Real servers, real commands."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from contact_pipeline.hooks.sending import NotDelivered, send
from contact_pipeline.settings import HookSettings
from contact_pipeline_tests.unit.hooks.receiver import Receiver, receiving

BODY = json.dumps({"event": "test"})
SECRET = "a shared secret"  # noqa: S105  of this test


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def _send(hook: HookSettings) -> None:
    send(hook, "test", "an-id", BODY)


def _trouble(hook: HookSettings) -> str:
    with pytest.raises(NotDelivered) as raised:
        _send(hook)
    return str(raised.value)


def test_the_event_is_posted_with_headers_and_a_signature_that_the_receiver_can_check(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_TOKEN", "letmein\n")
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    hook = HookSettings(
        name="view", url=receiver.address, headers={"Authorization": "Bearer $HOOK_TOKEN"}, sign_with="$HOOK_SECRET"
    )
    _send(hook)
    ((path, headers, body),) = receiver.requests
    assert (path, body) == ("/events", BODY.encode())
    assert headers["Content-Type"] == "application/json"
    assert headers["Authorization"] == "Bearer letmein"
    assert (headers["X-Contact-Pipeline-Event"], headers["X-Contact-Pipeline-Event-Id"]) == ("test", "an-id")
    expected = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Contact-Pipeline-Signature"] == f"sha256={expected}"


def test_an_address_that_is_a_secret_itself_comes_from_the_environment(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_ADDRESS", f"{receiver.address}?code=secret")
    _send(HookSettings(name="view", url="$HOOK_ADDRESS"))
    assert receiver.requests[0][0] == "/events?code=secret"
    monkeypatch.setenv("HOOK_ADDRESS", "file:///etc/passwd")
    assert _trouble(HookSettings(name="view", url="$HOOK_ADDRESS")) == (
        "$HOOK_ADDRESS does not begin with http:// or https://"
    )


def test_a_variable_that_is_not_set_is_named_and_nothing_is_sent(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOOK_TOKEN", raising=False)
    hook = HookSettings(name="view", url=receiver.address, headers={"Authorization": "$HOOK_TOKEN"})
    assert _trouble(hook) == "$HOOK_TOKEN is not set"
    assert not receiver.requests


def test_a_secret_that_would_break_the_request_is_not_repeated(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_TOKEN", "let\nme: in")
    trouble = _trouble(HookSettings(name="view", url=receiver.address, headers={"Authorization": "$HOOK_TOKEN"}))
    assert "let" not in trouble
    assert not receiver.requests


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_an_answer_that_says_no_is_told_by_its_status(status: int) -> None:
    with receiving(status=status) as receiver:
        assert _trouble(HookSettings(name="view", url=receiver.address)) == f"answered {status}"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    with receiving(status=status, location=receiver.address) as first:
        assert _trouble(HookSettings(name="view", url=first.address)) == f"answered {status}"
        assert len(first.requests) == 1
    assert not receiver.requests


def test_who_does_not_listen_or_does_not_answer_is_told_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert _trouble(HookSettings(name="view", url=nobody)) == "no connection: Connection refused"
    with receiving(silent=threading.Event()) as receiver:
        assert _trouble(HookSettings(name="view", url=receiver.address, timeout_seconds=0.1)) == "timed out"


def test_a_proxy_of_the_environment_is_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", receiver.address)
    monkeypatch.setenv("no_proxy", "")
    _send(HookSettings(name="view", url="http://elsewhere.example/hook"))
    assert receiver.requests[0][0] == "http://elsewhere.example/hook"


def test_a_command_gets_the_event_on_its_stdin_and_its_name_in_the_environment(tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = f'cat > {told}; echo " $CONTACT_PIPELINE_EVENT $CONTACT_PIPELINE_EVENT_ID $1" >> {told}'
    _send(HookSettings(name="report", command=("sh", "-c", script, "sh", "$HOME; and more")))
    assert told.read_text() == f"{BODY} test an-id $HOME; and more\n"


@pytest.mark.parametrize(
    ("command", "trouble"),
    [
        (("sh", "-c", "exit 3"), "exit status 3"),
        (("sh", "-c", "kill -9 $$"), "exit status -9"),
        (("/nowhere/at/all",), "cannot be started: No such file or directory"),
        (("/etc/passwd",), "cannot be started: Permission denied"),
    ],
)
def test_a_command_that_fails_is_told_by_its_status(command: tuple[str, ...], trouble: str) -> None:
    assert _trouble(HookSettings(name="report", command=command)) == trouble


def test_a_command_that_does_not_read_its_stdin_has_been_told_all_the_same() -> None:
    send(HookSettings(name="report", command=("true",)), "test", "an-id", "x" * 1_000_000)


def test_a_command_that_takes_too_long_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"sleep 600 & echo $$ $! > {pids}; wait"
    assert _trouble(HookSettings(name="report", command=("sh", "-c", script), timeout_seconds=0.5)) == "timed out"
    assert not [pid for pid in pids.read_text().split() if _is_alive(int(pid))]


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    os.kill(pid, 0)
    return state != "Z"

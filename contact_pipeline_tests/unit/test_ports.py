"""A port that is taken is told in one line that names the way out, and somebody who is just leaving is waited for."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from contact_pipeline import programs
from contact_pipeline.cli import main
from contact_pipeline.home import Home
from contact_pipeline.ports import CannotListen, listener, wait_until_free

HOST = "127.0.0.1"


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    with socket.create_server((HOST, 0)) as made:
        yield made


def _port(of: socket.socket) -> int:
    return int(of.getsockname()[1])


def test_a_port_that_is_taken_is_told_with_the_way_out(taken: socket.socket) -> None:
    with pytest.raises(CannotListen, match=rf"Cannot listen on {HOST}, port {_port(taken)} .*\(--port\)"):
        listener(HOST, _port(taken), way_out="--port")


def test_whoever_is_just_leaving_is_waited_for(taken: socket.socket) -> None:
    port = _port(taken)
    leaving = threading.Timer(0.3, taken.close)
    leaving.start()
    wait_until_free(HOST, port, 30, way_out="--port")
    assert not leaving.is_alive()
    listener(HOST, port, way_out="--port").close()


def test_an_address_of_another_machine_is_not_waited_for() -> None:
    with pytest.raises(CannotListen, match=r"192\.0\.2\.1"):
        wait_until_free("192.0.2.1", 3000, 3600, way_out="--port")


@pytest.mark.parametrize("command", ["start", "dev"])
def test_neither_starts_anything_where_the_port_of_the_ui_is_taken(
    command: str, taken: socket.socket, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "_WAITS_FOR_PORT_SECONDS", 0)
    monkeypatch.chdir(home.root)  # the command changes the folder that this process is in
    env = {"CONTACT_PIPELINE_HOME": str(home.root)}
    done = CliRunner().invoke(main, [command, "--port", str(_port(taken))], env=env)
    assert done.exit_code == 1
    assert [line for line in done.stderr.splitlines() if "--port" in line] == done.stderr.splitlines()

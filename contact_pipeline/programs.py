"""The programs of an installation: which there are, with which words each is started, and what they share.

Belongs here: command lines, what a program needs before it starts, and the file by which programs find each other. Does not
belong: keeping them running (`together`) and what they do. The definitions are loaded once, by the code server: web server
and daemon ask it, over a socket that nobody but the owner of the home can reach.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from contact_pipeline.atomic import write_text
from contact_pipeline.errors import HomeBusy, UsageError
from contact_pipeline.home import Home
from contact_pipeline.ports import wait_until_free
from contact_pipeline.turns import hold, holder

TITLES = {"code": "The code server", "daemon": "The daemon", "web": "The Dagster UI", "dashboard": "The dashboard"}
OF_START = "CONTACT_PIPELINE_OF_START"  # in the environment of what `start` keeps running
_NEED_THE_CODE_SERVER = {"daemon", "web"}
_STAND_ALONE = {"code", "daemon"}  # two of a kind over one home would take each other's socket, or tick twice

_DEFINITIONS = "contact_pipeline.definitions"
_LONGEST_SOCKET_BYTES = 100  # systems take 104 to 108 for the name of a socket
_WAITS_FOR_CODE_SECONDS = 60.0
_WAITS_FOR_PREDECESSOR_SECONDS = 60.0
_WAITS_FOR_PORT_SECONDS = 10.0
_PAUSE_SECONDS = 0.1
_LONGEST_TICK_SECONDS = "600"  # a dropped file of gigabytes is copied within one tick
_QUIET = ("--dagster-log-level", "warning")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the Dagster UI listens, and the port of the dashboard."""

    host: str
    port: int
    dashboard_port: int

    def as_options(self) -> tuple[str, ...]:
        """As the command line takes them."""
        return ("--host", self.host, "--port", str(self.port), "--dashboard-port", str(self.dashboard_port))


def kept_programs(at: Addresses) -> dict[str, tuple[str, ...]]:
    """What `start` keeps running, by what a person calls it: each is `start` with the name of that program."""
    return {title: _python("contact_pipeline", "start", name, *at.as_options()) for name, title in TITLES.items()}


def dev_programs(at: Addresses) -> dict[str, tuple[str, ...]]:
    """What `dev` runs: the UI, with a daemon and a code server of its own that load the definitions anew on request."""
    ui = _python("dagster", "dev", "-m", _DEFINITIONS, "-h", at.host, "-p", str(at.port))
    return {TITLES["web"]: ui, TITLES["dashboard"]: _dashboard(at)}


def need_port(at: Addresses) -> None:
    """Make sure that the Dagster UI can listen: it would say why it cannot only among lines of its own. Raises CannotListen."""
    wait_until_free(at.host, at.port, _WAITS_FOR_PORT_SECONDS, way_out="--port")


def become(name: str, home: Home, at: Addresses) -> NoReturn:
    """Go on as that program, in place of this process, once what it needs is there.

    Raises HomeBusy, UsageError, CannotListen.
    """
    if name in _STAND_ALONE:
        stand_alone(name, home)
    if name == "code":
        _write_workspace(home)
    elif name in _NEED_THE_CODE_SERVER:
        _wait_for_code_server(home)
    if name == "web":
        need_port(at)
    words = _words(name, home, at)
    os.execve(words[0], words, environment_of(home))  # noqa: S606  our own program


def stand_alone(name: str, home: Home) -> None:
    """Hold the place of that program over the home until this process ends, once a predecessor has left it. Raises HomeBusy.

    Dagster's code server stays for ever after it was told to stop, where a full disk has ended the thread that clears away its
    runs. So a predecessor that a `start` which has died left behind is killed; runs that it began go on.
    """
    path, busy = home.turn_file(name), f"{TITLES[name]} of {home.root} runs already. Stop it first."
    try:
        hold(path, _WAITS_FOR_PREDECESSOR_SECONDS, busy=busy)
    except HomeBusy:
        left = _left_behind(path)
        if left is None:
            raise
        os.kill(left, signal.SIGKILL)
        hold(path, _WAITS_FOR_PREDECESSOR_SECONDS, busy=busy)


def _left_behind(path: Path) -> int | None:
    """The process that holds a place, where a `start` began it and another one begins us: over a home only one lives."""
    process_id = holder(path)
    if process_id is None or not os.environ.get(OF_START):
        return None
    try:
        began = Path(f"/proc/{process_id}/environ").read_bytes().split(b"\0")
    except OSError:  # it has just ended, or is somebody else's
        return None
    return process_id if f"{OF_START}=1".encode() in began else None


def environment_of(home: Home) -> Mapping[str, str]:
    """By what every program finds the home."""
    return {
        "DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS": _LONGEST_TICK_SECONDS,
        **os.environ,
        "DAGSTER_HOME": str(home.dagster),
        "CONTACT_PIPELINE_HOME": str(home.root),
    }


def _words(name: str, home: Home, at: Addresses) -> tuple[str, ...]:
    workspace = ("-w", str(_workspace(home)))
    at_socket = ("--socket", str(_socket(home)))
    return {
        "code": _python("dagster", "api", "grpc", *at_socket, "-m", _DEFINITIONS, "--log-level", "warning"),
        "daemon": _python("dagster._daemon", "run", *workspace, "--log-level", "warning"),
        "web": _python("dagster_webserver", *workspace, "-h", at.host, "-p", str(at.port), *_QUIET),
        "dashboard": _dashboard(at),
    }[name]


def _dashboard(at: Addresses) -> tuple[str, ...]:
    return _python("contact_pipeline", "dashboard", "serve", "--port", str(at.dashboard_port))


def _python(*module_and_words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *module_and_words)


def _write_workspace(home: Home) -> None:
    """Tell web server and daemon where the code server is, under the name by which runs on record know it."""
    path = str(_socket(home))
    if len(os.fsencode(path)) > _LONGEST_SOCKET_BYTES:
        raise UsageError(f"The path {home.root} is too long for a socket in it. Move the home to a shorter path.")
    quoted = path.replace("'", "''")
    server = f"{{host: localhost, socket: '{quoted}', location_name: {_DEFINITIONS}}}"
    write_text(_workspace(home), f"# Written at each start.\nload_from:\n  - grpc_server: {server}\n")


def _wait_for_code_server(home: Home) -> None:
    deadline = time.monotonic() + _WAITS_FOR_CODE_SECONDS
    while not _listens(_socket(home)):
        if time.monotonic() >= deadline:
            raise HomeBusy(f"No code server answers in {home.dagster}. Start it: 'contact-pipeline start code'.")
        time.sleep(_PAUSE_SECONDS)


def _listens(path: Path) -> bool:
    """A socket may be left of a server that was killed."""
    with socket.socket(socket.AF_UNIX) as end:
        return end.connect_ex(str(path)) == 0


def _workspace(home: Home) -> Path:
    return home.dagster / "workspace.yaml"


def _socket(home: Home) -> Path:
    return home.dagster / "code.sock"

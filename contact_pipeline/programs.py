"""The programs of an installation: which there are, with which words each is started, and what they share.

Belongs here: command lines and the file by which the programs find each other. Does not belong: keeping them running
(`together`) and what they do. The definitions are loaded once, by the code server: web server and daemon ask it, over a
socket that nobody but the owner of the home can reach.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from contact_pipeline.atomic import write_text
from contact_pipeline.errors import UsageError
from contact_pipeline.home import Home

DEFINITIONS = "contact_pipeline.definitions"
_LONGEST_SOCKET_BYTES = 100  # systems take 104 to 108 for the name of a socket


@dataclass(frozen=True, slots=True)
class Program:
    """What a person calls it, and the words that start it."""

    title: str
    words: tuple[str, ...]


def production_programs(home: Home, port: int, dashboard_port: int) -> dict[str, Program]:
    """The programs of a production start, by the name that `start` takes, in the order in which they are started."""
    workspace = str(home.dagster / "workspace.yaml")
    socket = str(_socket(home))
    code = ("dagster", "api", "grpc", "--socket", socket, "-m", DEFINITIONS, "--location-name", DEFINITIONS)
    web = ("dagster_webserver", "-w", workspace, "-h", "127.0.0.1", "-p", str(port))
    return {
        "code": Program("The code server", _module(*code, "--log-level", "warning")),
        "daemon": Program("The daemon", _module("dagster._daemon", "run", "-w", workspace)),
        "web": Program("The Dagster UI", _module(*web)),
        "dashboard": dashboard_program(dashboard_port),
    }


def dev_programs(port: int, dashboard_port: int) -> dict[str, Program]:
    """The programs of `dev`, by name: the UI and the daemon with it reload the definitions on request."""
    ui = ("dagster", "dev", "-m", DEFINITIONS, "-h", "127.0.0.1", "-p", str(port))
    return {"ui": Program("The Dagster UI", _module(*ui)), "dashboard": dashboard_program(dashboard_port)}


def dashboard_program(port: int) -> Program:
    """The dashboard, which needs none of the others."""
    return Program("The dashboard", _module("contact_pipeline", "dashboard", "serve", "--port", str(port)))


def environment_of(home: Home) -> Mapping[str, str]:
    """By what every program finds the home."""
    return {**os.environ, "DAGSTER_HOME": str(home.dagster), "CONTACT_PIPELINE_HOME": str(home.root)}


def write_workspace(home: Home) -> None:
    """Tell web server and daemon where the code server is. Raises UsageError."""
    socket = _socket(home)
    if len(os.fsencode(socket)) > _LONGEST_SOCKET_BYTES:
        raise UsageError(f"The path {home.root} is too long for a socket in it. Move the home to a shorter path.")
    lines = (
        "# Written by each start: where web server and daemon find the code server.",
        "load_from:",
        f"  - grpc_server: {{host: localhost, socket: '{str(socket).replace(chr(39), chr(39) * 2)}', location_name: {DEFINITIONS}}}",
    )
    write_text(home.dagster / "workspace.yaml", "\n".join(lines) + "\n")


def _socket(home: Home) -> os.PathLike[str]:
    return home.dagster / "code.sock"


def _module(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *words)

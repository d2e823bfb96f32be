"""The commands that keep an installation running.

Belongs here: declaring these commands. Does not belong: what they do (`programs`, `together`).
"""

from __future__ import annotations

import os

import click

from contact_pipeline.command_tools import given_home, opened_runner
from contact_pipeline.home import Home
from contact_pipeline.turns import hold

_THIS_MACHINE = "127.0.0.1"
_PORT = click.option("--port", default=3000, show_default=True, help="Port of the Dagster UI on this machine.")
_DASHBOARD_PORT = click.option(
    "--dashboard-port",
    type=click.IntRange(1, 65_535),
    metavar="PORT",
    help="Port of the dashboard. [default: dashboard.port]",
)


@click.command()
@_PORT
@_DASHBOARD_PORT
def dev(port: int, dashboard_port: int | None) -> None:
    """Start the Dagster UI and daemon and the dashboard, until Ctrl-C.

    Files put into the drop folder of the home are imported.
    """
    from contact_pipeline.programs import Addresses, dev_programs, environment_of, need_port
    from contact_pipeline.together import run_together

    home = _prepared_home()
    at = Addresses(_THIS_MACHINE, port, dashboard_port or home.settings.dashboard.port)
    _stand_alone(home)
    need_port(at)
    _tell_where(home, port)
    run_together(dev_programs(at), environment_of(home))


@click.command()
@click.argument("program", required=False, type=click.Choice(["code", "daemon", "web", "dashboard"]))
@click.option(
    "--host",
    default=_THIS_MACHINE,
    show_default=True,
    help="Address of the Dagster UI. It has no login: who reaches it can do everything.",
)
@_PORT
@_DASHBOARD_PORT
def start(program: str | None, host: str, port: int, dashboard_port: int | None) -> None:
    """Run everything that an installation needs, and start again what ends by itself, until SIGTERM or Ctrl-C.

    That is a code server, the Dagster daemon, the Dagster UI and the dashboard. With PROGRAM it is that one alone, in place of
    this process: for a service manager that keeps it running.
    """
    from contact_pipeline.programs import OF_START, Addresses, become, environment_of, kept_programs, need_port
    from contact_pipeline.together import keep_running

    home = _prepared_home()
    at = Addresses(host, port, dashboard_port or home.settings.dashboard.port)
    if program:
        become(program, home, at)
    _stand_alone(home)
    need_port(at)
    _tell_where(home, port)
    keep_running(kept_programs(at), {**environment_of(home), OF_START: "1"}, _tell)


def _prepared_home() -> Home:
    """The home, made where it is missing, once it is known that it can be used; this process goes on in it.

    Python takes modules from the folder that a program is started in, and in a folder of downloads strangers put files.
    """
    home = given_home()
    home.set_up()
    os.chdir(home.root)
    if not home.is_complete:
        with opened_runner(home):  # Dagster's own storage
            pass
    return home


def _stand_alone(home: Home) -> None:
    """Until this process ends nobody else starts everything over this home. Raises HomeBusy."""
    hold(
        home.turn_file("start"),
        0,
        busy=f"'contact-pipeline start' or 'dev' runs already over {home.root}. Stop it first.",
    )


def _tell_where(home: Home, port: int) -> None:
    _tell(f"Drop files into {home.drop}. The Dagster UI is at http://127.0.0.1:{port}.")


def _tell(line: str) -> None:
    click.echo(line, err=True)

"""The commands that keep an installation running.

Belongs here: declaring these commands. Does not belong: what they do (`together`).
"""

from __future__ import annotations

import sys

import click

from contact_pipeline.command_tools import given_home, opened_runner


@click.command()
@click.option("--port", default=3000, show_default=True, help="Port of the Dagster UI on this machine.")
@click.option(
    "--dashboard-port",
    type=click.IntRange(1, 65_535),
    metavar="PORT",
    help="Port of the dashboard. [default: dashboard.port]",
)
def dev(port: int, dashboard_port: int | None) -> None:
    """Start the Dagster UI and daemon and the dashboard, until Ctrl-C.

    Files put into the drop folder of the home are imported.
    """
    from contact_pipeline.together import run_together

    home = given_home()
    with opened_runner(home):  # makes the home, and finds out that it can be used
        pass
    click.echo(f"Drop files into {home.drop}. The Dagster UI is at http://127.0.0.1:{port}.", err=True)
    dagster = ["dagster", "dev", "-m", "contact_pipeline.definitions", "-h", "127.0.0.1", "-p", str(port)]
    dashboard_port = dashboard_port or home.settings.dashboard.port
    programs = {
        "The Dagster UI": [sys.executable, "-m", *dagster],
        "The dashboard": [
            sys.executable,
            "-m",
            "contact_pipeline",
            "dashboard",
            "serve",
            "--port",
            str(dashboard_port),
        ],
    }
    run_together(programs, {"DAGSTER_HOME": str(home.dagster), "CONTACT_PIPELINE_HOME": str(home.root)})

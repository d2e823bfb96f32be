"""The commands of the group `models`: which versions there are, what stands behind one, and going back.

Belongs here: declaring these commands. Does not belong: what they do (`crm.models`) and how facts are laid out (`model_display`).
"""

from __future__ import annotations

from datetime import UTC, datetime

import click

from contact_pipeline import model_display
from contact_pipeline.command_tools import JSON_OPTION, given_home, opened_runner, print_facts
from contact_pipeline.errors import UsageError
from contact_pipeline.home import Home


@click.group(invoke_without_command=True)
@JSON_OPTION
@click.pass_context
def models(context: click.Context, *, as_json: bool) -> None:
    """Show the versions of the lead model, the newest first, with what was decided about each and why."""
    if context.invoked_subcommand is None:
        from contact_pipeline.crm.model_versions import versions
        from contact_pipeline.crm.session import read_crm

        with read_crm(given_home()) as connection:
            found = versions(connection)
        print_facts([one.as_json() for one in found], as_json=as_json, words=lambda: model_display.show_versions(found))


@models.command()
@click.argument("version")
@JSON_OPTION
def show(version: str, *, as_json: bool) -> None:
    """Show the model card of VERSION (its first characters are enough)."""
    from contact_pipeline.crm.models import version_named
    from contact_pipeline.crm.session import read_crm

    with read_crm(given_home()) as connection:
        found = version_named(connection, version)
    print_facts(found.as_json(), as_json=as_json, words=lambda: model_display.show_card(found))


@models.command()
@click.argument("version", required=False)
def rollback(version: str | None) -> None:
    """Go back to VERSION, or to the one that was in use before, and score every contact with it.

    It stays in use, whatever is learned, until `models release` or `score --retrain`.
    """
    from contact_pipeline.crm.models import roll_back
    from contact_pipeline.crm.session import open_crm

    home = _home_with_crm()
    with opened_runner(home) as runner:
        with open_crm(home) as connection:
            chosen = roll_back(connection, version, f"{datetime.now(UTC):%d %b %Y}")
        runner.score()
    click.echo(f"{chosen.version} is in use and pinned; every contact was scored with it.")


@models.command()
def release() -> None:
    """Let a version that was rolled back to be replaced again when enough outcomes are new."""
    from contact_pipeline.crm.models import release as release_model
    from contact_pipeline.crm.session import open_crm

    with open_crm(_home_with_crm()) as connection:
        was_pinned = release_model(connection)
    click.echo("Released: the next run may learn anew." if was_pinned else "No version is pinned.")


def _home_with_crm() -> Home:
    home = given_home()
    if not home.crm.exists():
        raise UsageError("There is no model yet: nothing was imported.")
    return home

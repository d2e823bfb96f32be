"""The commands about hooks: what they were told, and a test.

Belongs here: declaring these commands, and how a delivery is laid out. Does not belong: telling hooks (`hooks`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from contact_pipeline.command_tools import JSON_OPTION, given_home, print_facts
from contact_pipeline.errors import UsageError
from contact_pipeline.home import Home
from contact_pipeline.settings import HookSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contact_pipeline.hooks.outbox import Delivery

_SHOWN = 20


@click.group(invoke_without_command=True)
@JSON_OPTION
@click.pass_context
def hooks(context: click.Context, *, as_json: bool) -> None:
    """Show what the hooks of settings.toml were told last, the newest first."""
    if context.invoked_subcommand is None:
        from contact_pipeline.hooks.outbox import Outbox

        deliveries = Outbox(_home_with_hooks()).latest(_SHOWN)
        print_facts([one.as_json() for one in deliveries], as_json=as_json, words=lambda: _show(deliveries))


@hooks.command("test")
@click.argument("name", required=False)
@JSON_OPTION
def try_hooks(name: str | None, *, as_json: bool) -> None:
    """Send a test event to every hook, or to the one with NAME, and say how each answered."""
    from contact_pipeline.hooks.events import TEST, event_of_now
    from contact_pipeline.hooks.sending import NotDelivered, send

    home, found = _home_with_hooks(), dict[str, str]()
    event = event_of_now(TEST)
    for hook in _named(home, name):
        try:
            send(hook, TEST, event.event_id, event.as_text(home.settings))
        except NotDelivered as error:
            found[hook.name] = str(error)
        else:
            found[hook.name] = "delivered"
    print_facts(
        found, as_json=as_json, words=lambda: click.echo("\n".join(f"{one}: {how}" for one, how in found.items()))
    )
    sys.exit(0 if set(found.values()) == {"delivered"} else 1)


def _home_with_hooks() -> Home:
    home = given_home()
    if not home.settings.hooks:
        raise UsageError("settings.toml names no hook. docs/hooks.md says how one is named.")
    if not home.root.exists():
        raise UsageError(f"{home.root} does not exist. Set CONTACT_PIPELINE_HOME, or import a file first.")
    return home


def _named(home: Home, name: str | None) -> Sequence[HookSettings]:
    chosen = [hook for hook in home.settings.hooks if name in {None, hook.name}]
    if not chosen:
        names = ", ".join(hook.name for hook in home.settings.hooks)
        raise UsageError(f"There is no hook '{name}'. The hooks are {names}.")
    return chosen


def _show(deliveries: Sequence[Delivery]) -> None:
    if not deliveries:
        click.echo("No hook was told anything yet. 'contact-pipeline hooks test' tries them.")
    for one in deliveries:
        tries = f" after {one.tries} tries" if one.tries > 1 else ""
        why = f" ({one.trouble})" if one.trouble else ""
        click.echo(f"{one.noted_at:%Y-%m-%d %H:%M:%S} UTC  {one.event:<8}  {one.hook}: {one.state}{tries}{why}")

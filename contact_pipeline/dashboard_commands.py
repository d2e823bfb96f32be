"""The commands of the group `dashboard`: serving it, and the links that open it.

Belongs here: declaring these commands. Does not belong: what they do (`dashboard.serving`, `dashboard.links`,
`dashboard.scoping`) and how facts are laid out (`link_display`).
"""

from __future__ import annotations

import click

from contact_pipeline import link_display
from contact_pipeline.command_tools import JSON_OPTION, given_home, print_facts
from contact_pipeline.errors import UsageError
from contact_pipeline.home import Home


@click.group()
def dashboard() -> None:
    """Look at the leads in a browser, behind links that end."""


@dashboard.command()
@click.option("--host", help="Address to listen on; other machines reach it over TLS only. [default: dashboard.host]")
@click.option(
    "--port", type=click.IntRange(1, 65_535), metavar="PORT", help="Port to listen on. [default: dashboard.port]"
)
def serve(host: str | None, port: int | None) -> None:
    """Serve the dashboard until Ctrl-C. It shows each new scoring as soon as it is done."""
    from contact_pipeline.dashboard.serving import serve as serve_dashboard

    serve_dashboard(_home_served_at(host, port), lambda address: click.echo(link_display.listening(address), err=True))


@dashboard.command()
@click.option("--label", required=True, help="Whom it is for; shown in the list of links and on every page.")
@click.option(
    "--days",
    type=click.FloatRange(0, 3650, min_open=True),
    metavar="DAYS",
    help="Ends after so many. [default: dashboard.link_days]",
)
@click.option(
    "--only", multiple=True, metavar="NAME=VALUE", help="Only leads with that value of a filter; may be repeated."
)
@JSON_OPTION
def link(label: str, days: float | None, only: tuple[str, ...], *, as_json: bool) -> None:
    """Make a link and print it. It is shown this once: what is kept does not open anything.

    A link made with --only shows those leads and their counts and nothing else, no import and no number over all leads.
    Several values of one NAME mean any of them, several names all of them.
    """
    from contact_pipeline.dashboard.links import Links
    from contact_pipeline.dashboard.scoping import scope_of
    from contact_pipeline.dashboard.whereabouts import link_address

    home = given_home()
    scope = scope_of(home, only)
    home.set_up()
    links = Links(home)
    made, token = links.make(_label(label), days or home.settings.dashboard.link_days, scope)
    address = link_address(home.settings.dashboard, links.served(), token)
    facts = {**made.as_json(links.now()), "address": address}
    print_facts(facts, as_json=as_json, words=lambda: link_display.show_made(made, address))


@dashboard.command()
@JSON_OPTION
def links(*, as_json: bool) -> None:
    """Show the links that were made, the newest first: for whom, what they show, until when, and when they were used."""
    from contact_pipeline.dashboard.links import Links

    store = Links(given_home())
    found, now = store.all(), store.now()
    facts = [one.as_json(now) for one in found]
    print_facts(facts, as_json=as_json, words=lambda: link_display.show_links(found, now))


@dashboard.command()
@click.argument("link_ids", nargs=-1, metavar="[LINK_ID]...")
@click.option("--all", "every", is_flag=True, help="Every link that holds.")
@JSON_OPTION
def revoke(link_ids: tuple[str, ...], *, every: bool, as_json: bool) -> None:
    """Let links open nothing any more, at once, also where they are open now."""
    from contact_pipeline.dashboard.links import Links

    if bool(link_ids) == every:
        raise UsageError("Name the links to revoke, or give --all. 'contact-pipeline dashboard links' lists them.")
    store = Links(given_home())
    holding = [one.link_id for one in store.all() if one.refusal(store.now()) is None]
    revoked = store.revoke(holding if every else link_ids)
    facts = [one.as_json(store.now()) for one in revoked]
    print_facts(facts, as_json=as_json, words=lambda: link_display.show_revoked(revoked))


def _home_served_at(host: str | None, port: int | None) -> Home:
    """The home, with what the command line says in place of its settings."""
    home = given_home()
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = home.settings.dashboard.model_copy(update=given)
    return Home(home.root, home.settings.model_copy(update={"dashboard": settings}))


def _label(text: str) -> str:
    label = " ".join(text.split())
    if not label or len(label) > 100 or not label.isprintable():
        raise UsageError("A label is 1 to 100 printable characters.")
    return label

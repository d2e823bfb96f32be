"""Words and tables for the terminal about links to the dashboard.

Belongs here: laying them out for a person. Does not belong: facts (`dashboard.links`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click
from rich.table import Table
from rich.text import Text

from contact_pipeline.display import console

if TYPE_CHECKING:
    from contact_pipeline.dashboard.links import Link

MAKE_A_LINK = "contact-pipeline dashboard link --label NAME"


def listening(address: str) -> str:
    """What `dashboard serve` says once it answers."""
    return f"The dashboard is at {address}. Who should look needs a link: {MAKE_A_LINK}"


def show_made(link: Link, address: str) -> None:
    """The address alone on stdout, so that it can be piped; the rest on stderr."""
    click.echo(address)
    click.echo(f"Link {link.link_id} shows {_scope(link.only)} until {_moment(link.expires_at)}.", err=True)
    click.echo(f"It is not shown again. To take it back: contact-pipeline dashboard revoke {link.link_id}", err=True)


def show_links(found: Sequence[Link], now: datetime) -> None:
    """A line a link."""
    out = console()
    if not found:
        out.print(f"No link was made yet. To make one: {MAKE_A_LINK}")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("link", "label", "shows", "made", "expires", "last used", "state"):
        table.add_column(name, no_wrap=name not in {"label", "shows"})
    for one in found:
        refusal = one.refusal(now)
        used = _moment(one.last_used_at) if one.last_used_at else "never"
        texts = (one.label, _scope(one.only), _moment(one.created_at), _moment(one.expires_at), used)
        table.add_row(one.link_id, *(Text(text) for text in texts), refusal.value if refusal else "valid")
    out.print(table)


def show_revoked(revoked: Sequence[Link]) -> None:
    """What opens nothing any more."""
    for one in revoked:
        click.echo(f"{one.link_id} ({one.label}): revoked. It opens nothing any more.")
    if not revoked:
        click.echo("No link holds; nothing was to revoke.")


def _scope(only: Mapping[str, tuple[str, ...]]) -> str:
    """In words; what files put into values must not steer the terminal."""
    limits = [f"{name} {' or '.join(value or 'no value' for value in values)}" for name, values in only.items()]
    return (
        "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in ", ".join(limits))
        or "every lead"
    )


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"

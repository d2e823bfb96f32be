"""The command that obeys the settings of keeping.

Belongs here: declaring it and showing what went. Does not belong: what goes (`retention`, `defs.past_runs`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from contact_pipeline.command_tools import JSON_OPTION, given_home, opened_runner, print_facts

if TYPE_CHECKING:
    from contact_pipeline.retention.tidied import Tidied

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would go, remove nothing.")
@JSON_OPTION
def tidy(*, dry_run: bool, as_json: bool) -> None:
    """Remove what was kept as long as the settings under [retention] say: files, runs and records, never contacts.

    The same is done daily while 'contact-pipeline dev' or 'start' runs.
    """
    from contact_pipeline.defs.housekeeping import tidy_home

    home = given_home()
    with opened_runner(home) as runner:
        gone = tidy_home(home, runner.instance, dry_run=dry_run)
    facts = {"removed": not dry_run, "bytes": sum(one.bytes for one in gone), "kinds": [one.as_json() for one in gone]}
    print_facts(facts, as_json=as_json, words=lambda: _show(gone, dry_run=dry_run))


def _show(gone: Sequence[Tidied], *, dry_run: bool) -> None:
    for one in gone:
        click.echo(f"{one.what}: {one.count:,}" + (f" ({_in_words(one.bytes)})" if one.bytes else ""))
    total = _in_words(sum(one.bytes for one in gone))
    if not gone:
        click.echo("Nothing is past keeping.")
    else:
        click.echo(f"{total} would be freed; nothing was removed." if dry_run else f"{total} freed.")


def _in_words(size: int) -> str:
    """As people say it, with at most three digits before the point."""
    value, unit = float(size), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.{int(unit > 0)}f} {_UNITS[unit]}"

"""The commands that keep a copy of a home, and put it back.

Belongs here: declaring these commands, and asking before a home is replaced. Does not belong: what they do (`backing_up`).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from contact_pipeline.command_tools import JSON_OPTION, given_home, opened_runner, print_facts
from contact_pipeline.errors import UsageError
from contact_pipeline.home import Home
from contact_pipeline.progress import progress

if TYPE_CHECKING:
    from contact_pipeline.backing_up.making import BackupMade
    from contact_pipeline.backing_up.manifest import Manifest
    from contact_pipeline.backing_up.restoring import Restored


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@JSON_OPTION
def backup(target: Path, *, as_json: bool) -> None:
    """Copy the whole home into one file: TARGET, or one named for the moment where that is a folder.

    Everything may go on running; runs wait while the home is copied. Only the owner may read the file: it holds all contacts.
    """
    from contact_pipeline.backing_up.making import back_up

    home = given_home()
    with progress() as told:
        made = back_up(home, target, told.begin)
    facts = {
        "file": str(made.path),
        "bytes": made.size,
        "files": len(made.manifest.members),
        **made.manifest.counts,
        "seconds_runs_waited": round(made.seconds_held, 2),
    }
    print_facts(facts, as_json=as_json, words=lambda: click.echo(_made(made)))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask before a home that is in use is replaced.")
@JSON_OPTION
def restore(file: Path, *, yes: bool, as_json: bool) -> None:
    """Put the home back as the backup FILE has it. What came in since then is gone from it.

    Programs may go on running. Who was erased since the backup stays erased, and a link that was revoked stays revoked.
    """
    from contact_pipeline.backing_up.restoring import opened_backup
    from contact_pipeline.backing_up.restoring import restore as put_back
    from contact_pipeline.defs.restored import align_partitions

    home = Home.from_environment()
    with opened_backup(home, file, _tell) as (manifest, unpacked):
        _ask(home, manifest, yes=yes)
        restored = put_back(home, manifest, unpacked, _tell)
    with opened_runner(Home(home.root)) as runner:  # with the settings that came back
        align_partitions(runner.home, runner.instance)
        if restored.erased_again:
            runner.score(due_only=True)
    facts = {**manifest.counts, "made_at": manifest.made_at.isoformat(), "erased_again": restored.erased_again}
    print_facts(facts, as_json=as_json, words=lambda: click.echo(_restored(home, restored)))


def _tell(step: str) -> None:
    click.echo(f"{step} ...", err=True)


def _ask(home: Home, manifest: Manifest, *, yes: bool) -> None:
    from contact_pipeline.backing_up.restoring import is_in_use

    if yes or not is_in_use(home):
        return
    question = (
        f"{home.root} is in use. Replace what it holds by the backup of {manifest.made_at:%d %b %Y %H:%M} UTC with "
        f"{manifest.counts['imports']:,} imports and {manifest.counts['contacts']:,} contacts?"
    )
    if not sys.stdin.isatty():
        raise UsageError(f"{home.root} is in use. Say --yes to replace what it holds.")
    click.confirm(question, abort=True, err=True)


def _made(made: BackupMade) -> str:
    counts = made.manifest.counts
    return (
        f"{made.path}: {counts['imports']:,} imports and {counts['contacts']:,} contacts in {made.size:,} bytes. "
        f"Runs waited for {made.seconds_held:.1f} s. Keep it where nobody else can read it."
    )


def _restored(home: Home, restored: Restored) -> str:
    manifest = restored.manifest
    told = f"{home.root} is as it was on {manifest.made_at:%d %b %Y %H:%M} UTC: {manifest.counts['imports']:,} imports."
    if restored.erased_again is None:
        return f"{told} Its CRM could not be read, so who was erased since then is not known: erase them again."
    if restored.erased_again:
        return f"{told} {restored.erased_again:,} addresses of people who were erased since then were erased again."
    return told

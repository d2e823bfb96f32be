"""The commands that take what came in through again, take it back or let it go on.

Belongs here: declaring these commands. Does not belong: what they do (`reruns`, `turning_back`, `approvals`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contact_pipeline import display
from contact_pipeline.command_tools import JSON_OPTION, given_home, opened_runner, print_facts

if TYPE_CHECKING:
    from contact_pipeline.reruns import Followed


@click.command()
@click.argument("stage", default="raw_file")
@click.argument("import_id", required=False)
@click.option("--all", "every", is_flag=True, help="Every import, in the order they came.")
@click.option(
    "--stale", is_flag=True, help="Every import that settings.toml would make otherwise now, with these settings."
)
@click.option("--only", is_flag=True, help="This stage alone, not what follows from it.")
@click.option("--new-settings", is_flag=True, help="With mapping, policy and options of settings.toml as it is now.")
def rerun(stage: str, import_id: str | None, *, every: bool, stale: bool, only: bool, new_settings: bool) -> None:
    """Run STAGE again, and what follows from it, for one import, --all or all that are --stale.

    An import keeps the mapping and options it came with, unless --new-settings or --stale is given; a policy that was given
    as a flag it keeps in any case. Several imports are scored once, at the end.
    """
    from contact_pipeline.reruns import first_stage, follow_settings, imports_to_rerun, staleness_now, still_kept

    home = given_home()
    with opened_runner(home) as runner:
        chosen = imports_to_rerun(home, import_id, every=every, stale=stale) if runner.is_partitioned(stage) else []
        if stale:
            click.echo(_followed(follow_settings(runner, stage, only=only)))
            return
        kept = still_kept(home, chosen) if every else chosen
        if new_settings:
            stage = first_stage(stage, kept, staleness_now(home))
        if kept or not chosen:
            runner.rerun(stage, kept, only=only, new_settings=new_settings)
    click.echo(
        f"{stage}: done" + (f" for {_imports(len(kept))}." if chosen else ".") + _left_out(len(chosen) - len(kept))
    )


def _followed(done: Followed) -> str:
    if not done.imports and done.contacts is None and not done.not_kept:
        return "Every import is as settings.toml says."
    anew = (
        ""
        if done.contacts is None
        else f" {done.contacts:,} contacts were computed anew, by the rules as they are now."
    )
    return f"{_imports(len(done.imports))} run again with settings.toml as it is now.{anew}{_left_out(done.not_kept)}"


def _left_out(count: int) -> str:
    return f" {_imports(count)} left as they are: their files are no longer kept (retention.inbox_days)." * bool(count)


def _imports(count: int) -> str:
    return f"{count:,} import{'s' * (count != 1)}"


@click.command()
@click.argument("import_id")
@JSON_OPTION
def undo(import_id: str, *, as_json: bool) -> None:
    """Take the import IMPORT_ID back: contacts become what they would be without it, and are scored again."""
    from contact_pipeline import turning_back

    with opened_runner(given_home()) as runner:
        undone = turning_back.undo(runner.home, import_id)
        runner.score(due_only=True)
    print_facts(undone.as_json(), as_json=as_json, words=lambda: display.show_undone(undone))


@click.command()
def rebuild() -> None:
    """Compute every contact anew from the records of all imports, and score them."""
    from contact_pipeline import turning_back

    with opened_runner(given_home()) as runner:
        contacts = turning_back.rebuild(runner.home)
        runner.score(due_only=True)
    click.echo(f"{contacts:,} contacts were computed anew.")


@click.command()
@click.argument("import_id")
@JSON_OPTION
def approve(import_id: str, *, as_json: bool) -> None:
    """Let the import IMPORT_ID, which waits after its duplicate report, go on."""
    from contact_pipeline.approvals import approve as release
    from contact_pipeline.imports import import_released

    with opened_runner(given_home()) as runner:
        release(runner.home, import_id)
        outcome = import_released(runner)
    print_facts(outcome.as_json(), as_json=as_json, words=lambda: display.show_run(outcome))

"""The command line: arguments in, words out. Results go to stdout, progress and errors to stderr.

Belongs here: declaring commands and turning errors into one line and an exit status. Does not belong: what a command
does (`imports`, `inspection`, `defs.running`), how facts are laid out (`display`) and the commands that have a module of
their own (`again_commands`, `model_commands`, `dashboard_commands`, `operating_commands`). Slow imports happen inside the commands that need them: `inspect` must
answer within a second.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from contact_pipeline import display
from contact_pipeline.again_commands import approve, rebuild, rerun, undo
from contact_pipeline.backup_commands import backup, restore
from contact_pipeline.command_tools import JSON_OPTION, given_home, opened_runner, print_facts
from contact_pipeline.dashboard_commands import dashboard
from contact_pipeline.errors import HomeBusy, PipelineError, UsageError
from contact_pipeline.hardships import explained
from contact_pipeline.home import Home
from contact_pipeline.hook_commands import hooks
from contact_pipeline.model_commands import models
from contact_pipeline.operating_commands import dev, start
from contact_pipeline.private_files import create_privately
from contact_pipeline.settings import Policy
from contact_pipeline.tidy_commands import tidy

if TYPE_CHECKING:
    from contact_pipeline.mapping.learned import LearnedMapping

_FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))


class _Commands(click.Group):
    """Turns what goes wrong into one line on stderr and the exit status of the error."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            with explained(Home.from_environment().root):
                return super().invoke(ctx)
        except PipelineError as error:
            click.echo(f"contact-pipeline: {error}", err=True)
            sys.exit(error.exit_status)
        except (KeyboardInterrupt, click.Abort):
            click.echo("contact-pipeline: stopped. What was not finished was not written; run it again.", err=True)
            sys.exit(130)
        except (click.ClickException, click.exceptions.Exit):
            raise  # wrong usage and --help, which click puts into words itself
        except Exception as error:
            if os.environ.get("CONTACT_PIPELINE_DEBUG"):
                raise
            click.echo(f"contact-pipeline: {_fault(error)}", err=True)
            sys.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="contact-pipeline")
def main() -> None:
    """Drop a contact file, get a clean CRM and a ranked, explained call list.

    Data lives in $CONTACT_PIPELINE_HOME (default ./data).
    """
    create_privately()


@main.command()
@_FILES
@click.option("--policy", type=click.Choice(get_args(Policy)), help="What to do with contacts that are known already.")
@click.option("--dry-run", is_flag=True, help="Count what would happen, write nothing.")
@JSON_OPTION
def run(files: tuple[Path, ...], policy: Policy | None, *, dry_run: bool, as_json: bool) -> None:
    """Import FILES, score every contact, write workbook and report."""
    from contact_pipeline.imports import import_files, try_files

    home, paths = given_home(), _existing(files)
    if dry_run:
        outcome = try_files(home, paths, policy)
    else:
        with opened_runner(home) as runner:
            outcome = import_files(runner, paths, policy)
    print_facts(outcome.as_json(), as_json=as_json, words=lambda: display.show_run(outcome))
    for one in outcome.imports:
        if one.status == "refused":
            click.echo(f"contact-pipeline: {one.reason}", err=True)
    sys.exit(1 if outcome.any_refused else 0)


@main.command()
@_FILES
@click.option("--why", is_flag=True, help="Say for each column why it would go there.")
@JSON_OPTION
def inspect(files: tuple[Path, ...], *, why: bool, as_json: bool) -> None:
    """Review FILES without writing anything: how they are read, where each column would go, and what is wrong with them."""
    from contact_pipeline.inspection import inspect_file

    home = given_home()
    learned = _learned_by_now(home) if home.crm.exists() else []
    reviews = [inspect_file(path, home, learned) for path in _existing(files)]
    print_facts(reviews, as_json=as_json, words=lambda: display.show_reviews(reviews, why=why))
    for review in reviews:
        if review["status"] == "refused":
            click.echo(f"contact-pipeline: {review['reason']}", err=True)
    sys.exit(1 if any(review["status"] == "refused" for review in reviews) else 0)


@main.command()
@JSON_OPTION
def imports(*, as_json: bool) -> None:
    """Show the history of imports, the newest first, and which of them the settings of today would make otherwise."""
    from contact_pipeline.crm.history import past_imports
    from contact_pipeline.crm.session import read_crm
    from contact_pipeline.terms.stale import staleness

    home = given_home()
    with read_crm(home) as connection:
        past, found = past_imports(connection), staleness(connection, home.settings)
    facts = [{**one.as_json(), "stale": found.of(one.import_id)} for one in past]
    print_facts(facts, as_json=as_json, words=lambda: display.show_imports(past, found))


@main.command()
@click.argument("email")
@click.option("--field", metavar="NAME", help="Only this field: its name or label, or the column of a custom field.")
@JSON_OPTION
def trace(email: str, field: str | None, *, as_json: bool) -> None:
    """Say of each value of the contact EMAIL which file, line and raw text it came from, and what other rows say.

    Ends with the scores it had.
    """
    from contact_pipeline.crm.provenance import trace as trace_contacts
    from contact_pipeline.crm.session import read_crm

    home = given_home()
    with read_crm(home) as connection:
        traced = trace_contacts(home, connection, email, field)
    print_facts([one.as_json() for one in traced], as_json=as_json, words=lambda: display.show_trace(traced))


@main.group(invoke_without_command=True)
@JSON_OPTION
@click.pass_context
def mappings(context: click.Context, *, as_json: bool) -> None:
    """Show the mappings learned from imports, the newest first; each is used for the next file of its kind."""
    if context.invoked_subcommand is None:
        learned = _learned(given_home())
        print_facts([one.as_json() for one in learned], as_json=as_json, words=lambda: display.show_mappings(learned))


@mappings.command("forget")
@click.argument("signature")
def forget_mapping(signature: str) -> None:
    """Forget what was learned about the kind of table with SIGNATURE."""
    from contact_pipeline.crm.mappings import forget
    from contact_pipeline.crm.session import open_crm

    home = given_home()
    if not home.crm.exists():
        raise UsageError("No mapping was learned yet: nothing was imported.")
    with open_crm(home) as connection:
        forget(connection, signature)
    click.echo(f"{signature}: forgotten. The next file of this kind is mapped by what its headers and values tell.")


@main.command()
@click.option("--retrain", is_flag=True, help="Learn anew now, also in place of a version that was rolled back to.")
@JSON_OPTION
def score(*, retrain: bool, as_json: bool) -> None:
    """Score every contact as of today, write workbook and report; learn anew where enough outcomes are new."""
    from contact_pipeline.imports import artifacts, scores_now

    home = given_home()
    with opened_runner(home) as runner:
        runner.score(retrain=retrain)
    scores, files = scores_now(home), artifacts(home, [])
    facts = {"scores": scores, "artifacts": files}
    print_facts(facts, as_json=as_json, words=lambda: display.show_results(scores, files))


for one in (models, rerun, undo, rebuild, approve, dashboard, dev, start, hooks, tidy, backup, restore):
    main.add_command(one)


@main.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@JSON_OPTION
def erase(email: str, *, yes: bool, as_json: bool) -> None:
    """Forget the person with the address EMAIL everywhere, and never take them in again. This cannot be undone."""
    from contact_pipeline.erasure.erasing import erase as erase_person
    from contact_pipeline.erasure.person import address_of

    home, address = given_home(), address_of(email)
    if not yes and sys.stdin.isatty():
        click.confirm(f"Erase {address} from {home.root} for good?", abort=True, err=True)
    with opened_runner(home) as runner:
        erased = erase_person(home, address, runner.on_step)
        if erased.needs_scores:
            runner.score(due_only=True)
    facts = {"email": address, **erased.as_json()}
    print_facts(facts, as_json=as_json, words=lambda: display.show_erased(address, erased))


def _fault(error: Exception) -> str:
    words = f"{type(error).__name__}: {error}".splitlines()[0]
    return f"a fault of the program ({words}). Please report it, with what CONTACT_PIPELINE_DEBUG=1 prints before it."


def _learned(home: Home, *, wait_seconds: float | None = None) -> list[LearnedMapping]:
    from contact_pipeline.crm.mappings import learned_mappings
    from contact_pipeline.crm.session import read_crm

    with read_crm(home, wait_seconds=wait_seconds) as connection:
        return learned_mappings(connection)


def _learned_by_now(home: Home) -> list[LearnedMapping]:
    """What earlier imports taught; nothing, said on stderr, while an import holds the CRM: a review does not wait."""
    try:
        return _learned(home, wait_seconds=0.2)
    except HomeBusy:
        click.echo("An import is under way: what earlier imports taught is left out of this review.", err=True)
        return []


def _existing(files: tuple[Path, ...]) -> list[Path]:
    for path in files:
        if not os.path.lexists(path):
            raise UsageError(f"{path} does not exist. Check the name and the folder.")
    return list(files)

"""What every command needs: the home, a runner with its progress, and facts as JSON or in words.

Belongs here: pieces that several modules of commands use. Does not belong: commands (`cli`, `model_commands`). Slow imports
happen inside what needs them: `inspect` must answer within a second.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from contact_pipeline.home import Home
from contact_pipeline.progress import progress

if TYPE_CHECKING:
    from contact_pipeline.defs.running import Runner

JSON_OPTION = click.option("--json", "as_json", is_flag=True, help="Print facts as JSON.")


def given_home() -> Home:
    """The home; a setting that cannot be used is told before anything is done."""
    home = Home.from_environment()
    _ = home.settings
    return home


@contextmanager
def opened_runner(home: Home) -> Iterator[Runner]:
    """Runs jobs over a home and tells of each step on stderr."""
    with progress() as told:
        with _no_search_for_garbage():
            from contact_pipeline.defs.running import runner

        with runner(home, told.begin, told.end) as running:
            yield running


@contextmanager
def _no_search_for_garbage() -> Iterator[None]:
    """While libraries load: they make hundreds of thousands of objects that stay, and each search goes through them all."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def print_facts(facts: object, *, as_json: bool, words: Callable[[], None]) -> None:
    """To stdout: the facts as JSON, or what `words` prints."""
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=1))
    else:
        words()

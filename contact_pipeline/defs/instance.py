"""Dagster's own storage in a home: made whole, or not at all.

Belongs here: making it and opening it. Does not belong: what is stored. Dagster makes its tables one by one and takes
those of a process that was killed meanwhile for complete; so they are made aside and moved into place.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from contact_pipeline.home import DAGSTER_STORES, Home


@contextmanager
def opened_instance(home: Home) -> Iterator[dg.DagsterInstance]:
    """The instance of a home, which is set up where it is missing; DAGSTER_HOME is its own, whatever the shell says.

    Needs the turn of runs.
    """
    home.set_up()
    _make_stores(home)
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    with dg.DagsterInstance.get() as instance:
        yield instance


def _make_stores(home: Home) -> None:
    missing = [name for name in DAGSTER_STORES if not (home.dagster / name).exists()]
    if not missing:
        return
    draft = home.dagster / ".making"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    shutil.copy(home.dagster / "dagster.yaml", draft)
    with dg.DagsterInstance.from_config(str(draft)):
        pass
    for name in missing:
        if (draft / name).exists():  # not where dagster.yaml names another place
            (draft / name).rename(home.dagster / name)
    shutil.rmtree(draft)

"""The home as a Dagster resource, and the imports as partitions.

Belongs here: how an asset gets at its folders and at the receipt of its partition. Does not belong: assets.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from contact_pipeline import signs_of_life
from contact_pipeline.crm.history import record_refusal
from contact_pipeline.crm.session import open_crm
from contact_pipeline.errors import FileRefused
from contact_pipeline.home import Home
from contact_pipeline.intake.drop_folder import put_away_refused
from contact_pipeline.intake.receipt import Receipt, read_receipt
from contact_pipeline.intake.refusals import shown
from contact_pipeline.kept_open import kept_open
from contact_pipeline.reruns import renew_options
from contact_pipeline.turns import turn_of_runs

IMPORTS = dg.DynamicPartitionsDefinition(name="imports")


class HomeResource(dg.ConfigurableResource[Any]):
    """Where the installation keeps its data; empty means $CONTACT_PIPELINE_HOME, else ./data.

    A run shows a sign of life, and holds the turn of runs from beginning to end, unless the process that started it
    `has_the_turn` already. `within_run` is the run that this process works on a part of, if it does.
    """

    root: str = ""
    has_the_turn: bool = False
    within_run: str = ""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["HomeResource"]:
        """The home, in the turn of the run; a sensor, which is no run, takes none. Raises HomeBusy."""
        if context.run is not None:
            signs_of_life.show(self.open(), context.run.run_id, within=self.within_run)
        if self.has_the_turn or context.run is None:
            yield self
            return
        home = self.open()
        with turn_of_runs(home, on_wait=lambda: _tell_of_waiting(context)), kept_open(home.crm):
            yield self

    def open(self) -> Home:
        """The home, with its settings as they are now."""
        return Home(Path(self.root)) if self.root else Home.from_environment()


def home_of_environment() -> HomeResource:
    """The resource of the running code location."""
    return HomeResource(root=os.environ.get("CONTACT_PIPELINE_HOME", ""))


def _tell_of_waiting(context: dg.InitResourceContext) -> None:
    if context.log:
        context.log.info("Another run is at work in this home; this one waits for its turn.")


class Again(dg.Config):
    """What a run may ask of the stages that options decide on."""

    new_settings: bool = Field(
        default=False, description="Take mapping, policy and options from settings.toml as it is now, and keep them."
    )


@contextmanager
def opened_import(
    home: HomeResource, context: dg.AssetExecutionContext, *, new_settings: bool = False
) -> Iterator[tuple[Home, Receipt]]:
    """Home and receipt of the partition that runs. A refused file is recorded and put away, and its run fails for good.

    Dagster's log gets what is wrong and the import's id, but neither the name of the file, which may tell of a person, nor the
    error that has it.
    """
    opened = home.open()
    if new_settings:
        renew_options(opened, [context.partition_key])
    receipt = read_receipt(opened, context.partition_key)
    try:
        yield opened, receipt
    except FileRefused as refusal:
        with open_crm(opened) as connection:
            record_refusal(connection, receipt, str(refusal))
        put_away_refused(opened, receipt, str(refusal))
        raise dg.Failure(
            description=f"File refused ({refusal.reason}): {_without_name(str(refusal), receipt.file_name)}",
            metadata={"reason": refusal.reason, "import": receipt.import_id},
            allow_retries=False,
        ) from None


def _without_name(said: str, name: str) -> str:
    """What a refusal says, "people.csv: has no rows", in words that do not name the file."""
    for one in (name, shown(name)):
        said = said.removeprefix(f"{one}: ").replace(one, "the file")
    return said

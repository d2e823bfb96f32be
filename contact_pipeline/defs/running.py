"""Running the jobs in this process, with the instance of the home: so every run shows in the UI.

Belongs here: starting a job and saying what came of it. Does not belong: what the command line prints.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import dagster as dg

from contact_pipeline.crm.history import IMPORTED, PastImport, import_of_bytes, past_import, past_imports
from contact_pipeline.crm.session import read_crm
from contact_pipeline.definitions import build_defs
from contact_pipeline.defs.home import IMPORTS, HomeResource
from contact_pipeline.errors import PipelineError, UsageError
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import Receipt

OnStep = Callable[[str], None]
_UP_TO_CRM = dg.AssetSelection.groups("intake", "crm")


@dataclass(frozen=True)
class Runner:
    """Runs jobs over one home. `on_step` hears the name of each asset as it starts."""

    home: Home
    instance: dg.DagsterInstance
    on_step: OnStep

    def import_file(self, receipt: Receipt, *, scoring: bool) -> PastImport:
        """Import one received file, with or without scoring after it; a refusal is a result, not an error.

        Raises PipelineError where the run failed for any other reason; what it had not committed is not there.
        """
        self.instance.add_dynamic_partitions(str(IMPORTS.name), [receipt.import_id])
        selection = None if scoring else _UP_TO_CRM
        result = self._execute("import_contacts", selection, receipt.import_id)
        with read_crm(self.home) as connection:
            known = {past.import_id: past for past in past_imports(connection)}
        outcome = known.get(receipt.import_id)
        if outcome is None or (outcome.status == IMPORTED and not result.success):
            raise PipelineError(_failed(receipt.import_id, result))
        return outcome

    def imported_before(self, sha256: str) -> PastImport | None:
        """The import that brought these bytes into the CRM, or None."""
        with read_crm(self.home) as connection:
            import_id = import_of_bytes(connection, sha256)
            return past_import(connection, import_id) if import_id else None

    def score(self) -> None:
        """Learn, score every contact and hand over the results. Raises PipelineError."""
        result = self._execute("score_contacts", None, None)
        if not result.success:
            raise PipelineError(_failed("score_contacts", result))

    def rerun(self, stage: str, import_ids: list[str], *, only: bool) -> None:
        """Materialize one stage again, and unless `only` all that follows from it. Raises UsageError, PipelineError."""
        asset = self._asset(stage)
        selection = asset if only else asset.downstream()
        partitions: list[str] | list[None] = import_ids or [None]
        for import_id in partitions:
            result = self._execute("import_contacts", selection, import_id)
            if not result.success:
                raise PipelineError(_failed(stage, result))

    def is_partitioned(self, stage: str) -> bool:
        """Does this stage run once an import? Raises UsageError for an unknown stage."""
        self._asset(stage)
        return bool(self._graph.get(dg.AssetKey(stage)).is_partitioned)

    def _asset(self, stage: str) -> dg.AssetSelection:
        names = [key.to_user_string() for key in self._graph.toposorted_asset_keys]
        if stage not in names:
            raise UsageError(f"There is no stage '{stage}'. The stages are {', '.join(names)}.")
        return dg.AssetSelection.assets(stage)

    def _execute(
        self, job: str, selection: dg.AssetSelection | None, partition: str | None
    ) -> dg.ExecuteInProcessResult:
        keys = selection.resolve(self._graph) if selection else None
        return self._defs.resolve_job_def(job).execute_in_process(
            instance=self.instance,
            partition_key=partition,
            asset_selection=list(keys) if keys else None,
            run_config={"loggers": {"steps": {}}},  # instead of Dagster's own lines on the console
            raise_on_error=False,
            tags={"contact_pipeline/started_by": "command line"},
        )

    @cached_property
    def _defs(self) -> dg.Definitions:
        return build_defs(HomeResource(root=str(self.home.root)), {"steps": _step_logger(self.on_step)})

    @cached_property
    def _graph(self) -> Any:
        return self._defs.resolve_asset_graph()


def _step_logger(on_step: OnStep) -> dg.LoggerDefinition:
    """A Dagster logger that tells only which step begins."""

    class Steps(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            event = getattr(record, "dagster_meta", {}).get("dagster_event")
            if event is not None and event.event_type == dg.DagsterEventType.STEP_START:
                on_step(event.step_key)

    @dg.logger
    def steps(_: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("contact_pipeline.steps", level=logging.DEBUG)
        logger.addHandler(Steps())
        return logger

    return steps


@contextmanager
def runner(home: Home, on_step: OnStep) -> Iterator[Runner]:
    """A runner over a home that exists; DAGSTER_HOME is that of the home, whatever the shell says."""
    home.set_up()
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    with dg.DagsterInstance.get() as instance:
        yield Runner(home, instance, on_step)


def _failed(what: str, result: dg.ExecuteInProcessResult) -> str:
    errors = [event.step_failure_data.error for event in result.get_step_failure_events()]
    causes = [_root(error) for error in errors if error]
    why = causes[0] if causes else "no step says why."
    return f"{what} failed: {why} Run {result.run_id} in the Dagster UI ('contact-pipeline dev') has the details."


def _root(error: Any) -> str:
    """First line of the error at the bottom: Dagster wraps it in its own."""
    while error.cause:
        error = error.cause
    return str(error.message).strip().splitlines()[0]

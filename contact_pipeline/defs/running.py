"""Running the jobs in this process, with the instance of the home: so every run shows in the UI.

Belongs here: starting a job and saying what came of it. Does not belong: what the command line prints.
"""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TextIO, cast

import dagster as dg

from contact_pipeline.crm.history import IMPORTED, PastImport, past_imports
from contact_pipeline.crm.known import Known
from contact_pipeline.crm.session import read_crm
from contact_pipeline.definitions import build_defs
from contact_pipeline.defs.home import IMPORTS, HomeResource
from contact_pipeline.defs.instance import opened_instance
from contact_pipeline.defs.interrupted import BY_COMMAND, STARTED_BY, chain_of, fail_dead_runs, is_unfinished
from contact_pipeline.defs.listening import OnEnd, OnStep, step_logger
from contact_pipeline.defs.news import news_noted
from contact_pipeline.errors import PipelineError, StorageFailed, UsageError
from contact_pipeline.handover import withdraw_reports
from contact_pipeline.hardships import explained, hardship
from contact_pipeline.home import Home
from contact_pipeline.hooks.delivering import delivered_after
from contact_pipeline.intake.receipt import Receipt
from contact_pipeline.kept_open import kept_open
from contact_pipeline.turns import turn_of_runs

_OUR_ERRORS = {error.__name__ for error in (*PipelineError.__subclasses__(), PipelineError, dg.Failure)}
_PAST_EVERY_LOGGER = "Exception while writing logger call to event log"
_UP_TO_CRM = dg.AssetSelection.groups("intake", "crm")


@dataclass(frozen=True)
class Runner:
    """Runs jobs over one home. `on_step` hears the name of each step as it starts, `on_end` what came of it."""

    home: Home
    instance: dg.DagsterInstance
    on_step: OnStep
    on_end: OnEnd
    within_run: str = ""  # the run that these are a part of, if they are

    def import_file(self, receipt: Receipt, *, scoring: bool) -> PastImport:
        """Import one received file, with or without scoring after it; a refusal is a result, not an error.

        Raises PipelineError where the run failed for any other reason; what it had not committed is not there.
        """
        before = self._on_record(receipt.import_id)
        try:
            with explained(self.home.root):
                self.instance.add_dynamic_partitions(str(IMPORTS.name), [receipt.import_id])
            failure = self._execute("import_contacts", None if scoring else _UP_TO_CRM, receipt.import_id)
        except StorageFailed as error:
            failure = str(error)
        outcome = self._on_record(receipt.import_id)
        if outcome is None or (failure and (outcome == before or outcome.status == IMPORTED)):
            raise PipelineError(f"{failure} {_kept(receipt, outcome)}")
        return outcome

    def is_unfinished(self, known: Known) -> bool:
        """Is an import live whose run ended before all was done that follows from it?"""
        followers = dg.AssetSelection.assets("crm_contacts").downstream(include_self=False).resolve(self._graph)
        partitioned = {key for key in followers if self._graph.get(key).is_partitioned}
        return is_unfinished(self.instance, known, set(followers), partitioned)

    def score(self, *, due_only: bool = False, retrain: bool = False) -> None:
        """Learn where it is due (or at once), score everybody or who is due, hand over the results. Raises PipelineError."""
        wishes = {"lead_model": {"retrain": retrain}, "scored_leads": {"due_only": due_only}}
        failure = self._execute("score_contacts", None, None, wishes)
        if failure:
            raise PipelineError(failure)

    def rerun(self, stage: str, import_ids: list[str], *, only: bool = False, new_settings: bool = False) -> None:
        """Materialize one stage again, and unless `only` all that follows from it, with options as they were or renewed.

        Several imports are run up to the CRM, each for itself, and then scored and reported once. One that fails stops no
        other; all that failed are told at the end. Raises UsageError, PipelineError.
        """
        asset = self._asset(stage)
        selection = asset if only else asset.downstream()
        scores_apart = len(import_ids) > 1 and dg.AssetKey("scored_leads") in selection.resolve(self._graph)
        of_each = selection & _UP_TO_CRM if scores_apart else selection
        wishes = {stage: {"new_settings": True}} if new_settings else None
        partitions: list[str] | list[None] = import_ids or [None]
        with explained(self.home.root):
            self.instance.add_dynamic_partitions(str(IMPORTS.name), import_ids)
        failures = {one: told for one in partitions if (told := self._execute("import_contacts", of_each, one, wishes))}
        if scores_apart and len(failures) < len(import_ids):
            withdraw_reports(self.home, [one for one in import_ids if one not in failures])
            self.score(due_only=True)
        if failures:
            raise PipelineError(_not_done(failures, len(partitions)))

    def is_partitioned(self, stage: str) -> bool:
        """Does this stage run once an import? Raises UsageError for an unknown stage."""
        self._asset(stage)
        return bool(self._graph.get(dg.AssetKey(stage)).is_partitioned)

    def _asset(self, stage: str) -> dg.AssetSelection:
        names = [key.to_user_string() for key in self._graph.toposorted_asset_keys]
        if stage not in names:
            raise UsageError(f"There is no stage '{stage}'. The stages are {', '.join(names)}.")
        return dg.AssetSelection.assets(stage)

    def _on_record(self, import_id: str) -> PastImport | None:
        with read_crm(self.home) as connection:
            return next((past for past in past_imports(connection) if past.import_id == import_id), None)

    def _execute(
        self,
        job: str,
        selection: dg.AssetSelection | None,
        partition: str | None,
        wishes: Mapping[str, Mapping[str, object]] | None = None,
    ) -> str | None:
        """Run a job to its end, with config by asset; why it failed, in one line, or None.

        Raises StorageFailed where it cannot even be told.
        """
        keys = selection.resolve(self._graph) if selection else None
        with explained(self.home.root), redirect_stderr(cast(TextIO, _WithoutDagster(sys.stderr))):
            result = self._defs.resolve_job_def(job).execute_in_process(
                instance=self.instance,
                partition_key=partition,
                asset_selection=list(keys) if keys else None,
                run_config={
                    "loggers": {"steps": {}},  # instead of Dagster's own lines on the console
                    "ops": {asset: {"config": dict(config)} for asset, config in (wishes or {}).items()},
                },
                raise_on_error=False,
                tags={STARTED_BY: self.within_run or BY_COMMAND},
            )
        return None if result.success else _failed(partition or job, result, self.home)

    @cached_property
    def _defs(self) -> dg.Definitions:
        return build_defs(
            HomeResource(root=str(self.home.root), has_the_turn=True, within_run=self.within_run),
            {"steps": step_logger(self.on_step, self.on_end)},
        )

    @cached_property
    def _graph(self) -> Any:
        return self._defs.resolve_asset_graph()


class _WithoutDagster:
    """stderr without what Dagster writes past every logger when its storage fails: that is told in one line at the end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Pass on all but Dagster's own words."""
        return len(text) if text.startswith(_PAST_EVERY_LOGGER) else self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def runner(home: Home, on_step: OnStep, on_end: OnEnd = lambda _: None) -> Iterator[Runner]:
    """A runner over a home, which is set up where it is missing; it holds the turn of runs as long as it is open.

    Raises HomeBusy, StorageFailed.
    """
    with explained(home.root):
        home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (
            delivered_after(home),
            turn_of_runs(home, on_wait=lambda: on_step("waiting for another run")),
            kept_open(home.crm),
            opened_instance(home) as instance,
        ):
            fail_dead_runs(instance, home, time.time(), in_turn=True)
            with news_noted(home, instance):
                yield Runner(home, instance, on_step, on_end)


def _failed(what: str, result: dg.ExecuteInProcessResult, home: Home) -> str:
    """Why a run failed, in one line."""
    errors = [event.step_failure_data.error for event in result.get_step_failure_events()]
    chains = [list(chain_of(error)) for error in errors if error]
    if not chains:
        return f"{what} failed: no step says why. {_details(result)}"
    ours = [error.message for error in chains[0] if error.cls_name in _OUR_ERRORS]
    trouble = hardship([error.message for error in chains[0]], home.root)
    if ours or trouble:
        return _first_line(ours[0]).partition(": ")[2] if ours else str(trouble)
    return f"{what} failed: {_first_line(chains[0][-1].message)} {_details(result)}"


def _not_done(failures: Mapping[str | None, str], of: int) -> str:
    """What to say of the imports that could not be run again; the others were."""
    if of == 1:
        return next(iter(failures.values()))
    told = " ".join(f"{import_id}: {why}" for import_id, why in failures.items())
    return f"{len(failures)} of {of} imports could not be run again. {told}"


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0]


def _details(result: dg.ExecuteInProcessResult) -> str:
    return f"Run {result.run_id} in the Dagster UI ('contact-pipeline dev') has the details."


def _kept(receipt: Receipt, outcome: PastImport | None) -> str:
    if outcome is not None and outcome.status == IMPORTED:
        return f"The rows of {receipt.file_name} are in the CRM; the same command completes what follows from them."
    return f"Nothing of {receipt.file_name} was taken into the CRM."

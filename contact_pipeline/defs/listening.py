"""Hearing of the steps of a run while it goes on, by the events that Dagster logs.

Belongs here: turning Dagster's events into our own. Does not belong: words for the user (`progress`).
"""

import logging
from collections.abc import Callable
from typing import Any

import dagster as dg

from contact_pipeline.progress import EndedStep

OnStep = Callable[[str], None]
OnEnd = Callable[[EndedStep], None]


def step_logger(on_step: OnStep, on_end: OnEnd) -> dg.LoggerDefinition:
    """A Dagster logger that tells `on_step` the name of each step as it begins, and `on_end` what came of it."""

    @dg.logger
    def steps(_: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("contact_pipeline.steps", level=logging.DEBUG)
        logger.addHandler(_Listener(on_step, on_end))
        return logger

    return steps


class _Listener(logging.Handler):
    """Gathers what a step says of itself until it ends. Steps run one at a time."""

    def __init__(self, on_step: OnStep, on_end: OnEnd) -> None:
        super().__init__()
        self._on_step, self._on_end = on_step, on_end
        self._began, self._import_id = 0.0, None
        self._facts: dict[str, Any] = {}
        self._broken_promises: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take one of Dagster's log records; those that are no event are passed over."""
        event = getattr(record, "dagster_meta", {}).get("dagster_event")
        if event is None:
            return
        kind = event.event_type
        if kind == dg.DagsterEventType.STEP_START:
            self._began, self._import_id, self._facts, self._broken_promises = record.created, None, {}, []
            self._on_step(event.step_key)
        elif kind == dg.DagsterEventType.ASSET_MATERIALIZATION:
            self._import_id = event.partition
            self._facts |= {name: _plain(value) for name, value in event.materialization.metadata.items()}
        elif kind == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed:
                why = f" ({check.description})" if check.description else ""
                self._broken_promises.append(check.check_name + why)
        elif kind in {dg.DagsterEventType.STEP_SUCCESS, dg.DagsterEventType.STEP_FAILURE}:
            has_failed = kind == dg.DagsterEventType.STEP_FAILURE
            seconds = record.created - self._began
            ended = EndedStep(event.step_key, seconds, self._import_id, self._facts, self._broken_promises, has_failed)
            self._on_end(ended)


def _plain(value: dg.MetadataValue[Any]) -> Any:
    """A number, text or path as it is; a table as a list of rows."""
    return [record.data for record in value.records] if isinstance(value, dg.TableMetadataValue) else value.value

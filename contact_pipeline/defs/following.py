"""Sensors for those who follow from elsewhere: hooks are told what happened, and standing checks are looked at though nothing runs.

Belongs here: what these two ticks do and remember. Does not belong: what happened (`news`), telling it (`hooks`) and what a
check looks at (`checks`, `standing`).
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass

import dagster as dg

from contact_pipeline.defs import again, checks, standing
from contact_pipeline.defs.home import HomeResource
from contact_pipeline.defs.news import note_news
from contact_pipeline.errors import HomeBusy
from contact_pipeline.home import Home
from contact_pipeline.hooks.delivering import deliver
from contact_pipeline.hooks.telling import note_standing
from contact_pipeline.settings.hooks import EventName
from contact_pipeline.turns import turn_of_runs

_TOLD_EVERY_SECONDS = 10
_LOOKED_AT_EVERY_SECONDS = 300
_SHOWN_EVERY_SECONDS = 3600
_LOCK_WAIT_SECONDS = 2

Verdict = Callable[[Home, dg.DagsterInstance], dg.AssetCheckResult]

ANY_TIME: Mapping[dg.AssetCheckKey, Verdict] = {
    standing.no_file_waits_long.check_key: lambda home, _: standing.whether_a_file_waits_long(home),
    standing.every_import_ended_well.check_key: standing.whether_every_import_ended_well,
    standing.hooks_are_heard.check_key: lambda home, _: standing.whether_hooks_are_heard(home),
    again.imports_follow_settings.check_key: lambda home, _: again.whether_imports_follow_settings(home),
}
# In the midst of a run contacts are ahead of their scores, and scores of what readers see.
BETWEEN_RUNS: Mapping[dg.AssetCheckKey, Verdict] = {
    checks.scores_fresh.check_key: lambda home, _: checks.whether_scores_are_fresh(home),
    checks.snapshot_shows_the_crm.check_key: lambda home, _: checks.whether_the_snapshot_shows_the_crm(home),
}
_EVENTS: Mapping[str, EventName] = {
    checks.scores_fresh.check_key.name: "stale",
    standing.no_file_waits_long.check_key.name: "stuck",
}


@dg.sensor(
    minimum_interval_seconds=_TOLD_EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells the hooks of settings.toml what runs did, those of the command line too.",
)
def hooks_sensor(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.SkipReason:
    opened = home.open()
    if not opened.settings.hooks:
        return dg.SkipReason("settings.toml names no hook.")
    try:
        note_news(opened, context.instance, wait_seconds=_LOCK_WAIT_SECONDS)
    except HomeBusy:
        return dg.SkipReason("An import is being written; the next look is soon.")
    deliver(opened)
    return dg.SkipReason("Hooks are told; 'contact-pipeline hooks' lists what they got.")


@dg.sensor(
    minimum_interval_seconds=_LOOKED_AT_EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Looks at the checks whose answer changes though nothing runs: old scores, files that wait, hooks that fail.",
)
def standing_checks(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.SensorResult:
    opened = home.open()
    if not opened.crm.exists():
        return dg.SensorResult(skip_reason="Nothing was imported yet.", cursor=context.cursor)
    memory = _Memory.of(context.cursor)
    found = dict(_looked_at(opened, context.instance))
    for key, result in found.items():
        if key.name in _EVENTS and not result.passed and memory.passed.get(key.name, True):
            note_standing(opened, _EVENTS[key.name], key.name)
    is_time = time.time() - memory.shown_at >= _SHOWN_EVERY_SECONDS
    shown = {key: one for key, one in found.items() if is_time or memory.passed.get(key.name) != one.passed}
    failing = sorted(key.name for key, one in found.items() if not one.passed)
    now = _Memory(
        memory.passed | {key.name: bool(one.passed) for key, one in found.items()},
        time.time() if is_time else memory.shown_at,
    )
    return dg.SensorResult(
        asset_events=[_evaluation(key, one) for key, one in shown.items()],
        skip_reason=f"Not as it should be: {', '.join(failing)}." if failing else "All is as it should be.",
        cursor=json.dumps(asdict(now)),
    )


@dataclass(frozen=True, slots=True)
class _Memory:
    """What the last look found, by name of the check, and when all were shown in the UI last (seconds since 1970)."""

    passed: dict[str, bool]
    shown_at: float

    @classmethod
    def of(cls, cursor: str | None) -> "_Memory":
        """As the cursor has it."""
        return cls(**json.loads(cursor)) if cursor else cls({}, 0.0)


def _looked_at(home: Home, instance: dg.DagsterInstance) -> Iterator[tuple[dg.AssetCheckKey, dg.AssetCheckResult]]:
    """What each check finds now; those between runs are left out while a run is at work, for a later look."""
    with suppress(HomeBusy):
        yield from ((key, verdict(home, instance)) for key, verdict in ANY_TIME.items())
        with turn_of_runs(home, wait_seconds=0):
            yield from ((key, verdict(home, instance)) for key, verdict in BETWEEN_RUNS.items())


def _evaluation(key: dg.AssetCheckKey, result: dg.AssetCheckResult) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=bool(result.passed),
        metadata=result.metadata,
        severity=result.severity,
        description=result.description,
    )

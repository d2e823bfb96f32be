"""The schedules: what runs daily by itself, at the time of day that the settings say.

Belongs here: when a job runs by itself. Does not belong: what it does (`jobs`, `housekeeping`).
"""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from contact_pipeline.defs.housekeeping import housekeeping
from contact_pipeline.defs.jobs import score_contacts
from contact_pipeline.home import Home


def daily_scoring(home: Home) -> dg.ScheduleDefinition:
    """All contacts are scored again, since contacts without news cool."""
    at = home.settings.scoring.life.rescore_at
    return _daily("daily_scoring", score_contacts, at, "Scores every contact as of today: who has no news cools.")


def daily_housekeeping(home: Home) -> dg.ScheduleDefinition:
    """What was kept long enough goes."""
    at = home.settings.retention.tidy_at
    return _daily("daily_housekeeping", housekeeping, at, "Removes what was kept long enough.")


def _daily(
    name: str, job: dg.JobDefinition | UnresolvedAssetJobDefinition, at: str, description: str
) -> dg.ScheduleDefinition:
    """`at` is HH:MM in UTC, as the settings have it when the code location is loaded."""
    hour, minute = at.split(":")
    return dg.ScheduleDefinition(
        name=name,
        job=job,
        cron_schedule=f"{int(minute)} {int(hour)} * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=description,
    )

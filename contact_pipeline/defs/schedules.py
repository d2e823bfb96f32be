"""The schedule: all contacts are scored again daily, since contacts without news cool.

Belongs here: when a job runs by itself. Does not belong: what it does (`jobs`).
"""

import dagster as dg

from contact_pipeline.defs.jobs import score_contacts
from contact_pipeline.home import Home


def daily_scoring(home: Home) -> dg.ScheduleDefinition:
    """At the time of day in the settings, as they are when the code location is loaded."""
    hour, minute = home.settings.scoring.life.rescore_at.split(":")
    return dg.ScheduleDefinition(
        name="daily_scoring",
        job=score_contacts,
        cron_schedule=f"{int(minute)} {int(hour)} * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Scores every contact as of today: who has no news cools.",
    )

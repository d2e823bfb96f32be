"""Housekeeping: what was kept long enough goes, daily, and when somebody says so.

Belongs here: the job. Does not belong: what goes (`retention`, `past_runs`) and when (`schedules`).
"""

from datetime import UTC, datetime, timedelta

import dagster as dg

from contact_pipeline.defs import metadata
from contact_pipeline.defs.home import HomeResource
from contact_pipeline.defs.past_runs import tidy_runs
from contact_pipeline.home import Home
from contact_pipeline.retention.tidied import Tidied
from contact_pipeline.retention.tidying import tidy


def tidy_home(home: Home, instance: dg.DagsterInstance, *, dry_run: bool) -> list[Tidied]:
    """Remove all that is past keeping now, or only count it. Removing needs the turn of runs."""
    now = datetime.now(UTC)
    runs = tidy_runs(instance, home, now - timedelta(days=home.settings.retention.run_days), dry_run=dry_run)
    return [*tidy(home, now, dry_run=dry_run), *([runs] if runs.count else [])]


@dg.op(description="Removes what was kept as long as the settings under [retention] say.")
def remove_what_is_past_keeping(context: dg.OpExecutionContext, home: HomeResource) -> None:
    gone = tidy_home(home.open(), context.instance, dry_run=False)
    context.add_output_metadata(
        {
            "removed": metadata.table([one.as_json() for one in gone]),
            "bytes": sum(one.bytes for one in gone),
        }
    )


@dg.job(
    executor_def=dg.in_process_executor,
    description="Received files, stages, reports, put-away files, runs and records that were kept long enough go. What the CRM "
    "says of contacts is never touched.",
)
def housekeeping() -> None:
    remove_what_is_past_keeping()

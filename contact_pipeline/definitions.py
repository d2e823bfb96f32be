"""The Dagster code location: everything that `dagster dev` and the commands load."""

from collections.abc import Mapping

import dagster as dg

from contact_pipeline.defs import (
    again,
    checks,
    crm,
    following,
    housekeeping,
    intake,
    jobs,
    reports,
    schedules,
    scoring,
    sensors,
    standing,
)
from contact_pipeline.defs.freshness import expected_daily
from contact_pipeline.defs.home import HomeResource, home_of_environment
from contact_pipeline.private_files import create_privately


def build_defs(
    home: HomeResource | None = None, loggers: Mapping[str, dg.LoggerDefinition] | None = None
) -> dg.Definitions:
    """All assets, checks, jobs, sensors and schedules over one home: that of the environment unless another is given."""
    of = home or home_of_environment()
    return dg.Definitions(
        assets=list(expected_daily(dg.load_assets_from_modules([intake, crm, scoring, reports]), of.open())),
        asset_checks=dg.load_asset_checks_from_modules([checks, again, standing]),
        jobs=[jobs.import_contacts, jobs.score_contacts, again.rerun_stale_imports, housekeeping.housekeeping],
        sensors=[sensors.drop_folder_sensor, following.hooks_sensor, following.standing_checks],
        schedules=[schedules.daily_scoring(of.open()), schedules.daily_housekeeping(of.open())],
        resources={"home": of},
        executor=dg.in_process_executor,
        loggers=loggers,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions that Dagster's tools load; processes that load them, such as those of runs, write privately."""
    create_privately()
    return build_defs()

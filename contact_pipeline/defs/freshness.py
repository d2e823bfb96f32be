"""How fresh the scores and what is handed over are expected to be: Dagster shows it in the UI though nothing runs.

Belongs here: which time may pass between two materializations. Does not belong: whether each score is of the contact as it
stands (the check `scores_fresh`).
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TypeVar

import dagster as dg

from contact_pipeline.home import Home

T = TypeVar("T")
_GROUPS = {"scoring", "reports"}
_A_DAY_AND_A_RUN = timedelta(hours=26)


def expected_daily(assets: Iterable[T], home: Home) -> Iterator[T | dg.AssetsDefinition]:
    """The assets; those of scoring and what is handed over are late once the daily scoring was missed, and stale when the settings call scores stale.

    The settings count as they are when the code location is loaded.
    """
    stale = timedelta(days=home.settings.scoring.life.stale_after_days)
    if stale > _A_DAY_AND_A_RUN:
        policy = dg.FreshnessPolicy.time_window(fail_window=stale, warn_window=_A_DAY_AND_A_RUN)
    else:
        policy = dg.FreshnessPolicy.time_window(fail_window=_A_DAY_AND_A_RUN)

    def expected(spec: dg.AssetSpec) -> dg.AssetSpec:
        return dg.apply_freshness_policy(spec, policy) if spec.group_name in _GROUPS else spec

    for asset in assets:
        yield asset.map_asset_specs(expected) if isinstance(asset, dg.AssetsDefinition) else asset

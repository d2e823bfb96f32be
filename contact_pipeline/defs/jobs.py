"""Jobs: the whole way of one file, and scoring anew.

Belongs here: which assets a job runs. One process for the whole job: its steps take seconds, a process each would take
minutes, and the run is a process of its own anyway.
"""

import dagster as dg

from contact_pipeline.defs import standing
from contact_pipeline.defs.intake import raw_file
from contact_pipeline.defs.scoring import lead_model

# They are about the time between runs, and a run need not wait for them.
_STANDING = dg.AssetSelection.checks(
    standing.no_file_waits_long, standing.every_import_ended_well, standing.hooks_are_heard
)

import_contacts = dg.define_asset_job(
    "import_contacts",
    selection=dg.AssetSelection.assets(raw_file).downstream() - _STANDING,
    executor_def=dg.in_process_executor,
    description="One file, from its bytes to scored contacts and the files handed over.",
)

score_contacts = dg.define_asset_job(
    "score_contacts",
    selection=dg.AssetSelection.assets(lead_model).downstream(),
    executor_def=dg.in_process_executor,
    description="Learn from the outcomes known by now, score every contact and hand over the results.",
)

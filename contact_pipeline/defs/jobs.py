"""Jobs: the whole way of one file, and scoring anew.

Belongs here: which assets a job runs. One process for the whole job: its steps take seconds, a process each would take
minutes, and the run is a process of its own anyway.
"""

import dagster as dg

from contact_pipeline.defs.intake import raw_file
from contact_pipeline.defs.scoring import lead_model

import_contacts = dg.define_asset_job(
    "import_contacts",
    selection=dg.AssetSelection.assets(raw_file).downstream(),
    executor_def=dg.in_process_executor,
    description="One file, from its bytes to scored contacts and the files handed over.",
)

score_contacts = dg.define_asset_job(
    "score_contacts",
    selection=dg.AssetSelection.assets(lead_model).downstream(),
    executor_def=dg.in_process_executor,
    description="Learn from the outcomes known by now, score every contact and hand over the results.",
)

"""What Dagster knows of imports, brought in line with a home that was restored from a backup.

Belongs here: the partitions. Does not belong: restoring (`backing_up`). What Dagster recorded of runs stays as it is: it tells
what happened, also of imports that are not there any more.
"""

import dagster as dg

from contact_pipeline.crm.known import known_imports
from contact_pipeline.crm.session import read_crm
from contact_pipeline.defs.home import IMPORTS
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import RECEIPT


def align_partitions(home: Home, instance: dg.DagsterInstance) -> None:
    """One partition for each import that the home knows, and no other. Needs the turn of runs."""
    name = str(IMPORTS.name)
    with read_crm(home) as connection:
        wanted = {*known_imports(connection), *(path.parent.name for path in home.inbox.glob(f"*/{RECEIPT}"))}
    have = set(instance.get_dynamic_partitions(name))
    instance.add_dynamic_partitions(name, sorted(wanted - have))
    for gone in sorted(have - wanted):
        instance.delete_dynamic_partition(name, gone)

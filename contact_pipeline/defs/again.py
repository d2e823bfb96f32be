"""Imports against the settings of today: the check that tells which are stale, and the job that runs those again.

Belongs here: what Dagster's own staleness does not see, for it knows nothing of settings and passes over assets of more than
a hundred partitions. Does not belong: finding out what is stale (`terms.stale`) and running again (`reruns`).
"""

import dagster as dg

from contact_pipeline.crm.session import read_crm
from contact_pipeline.defs import metadata
from contact_pipeline.defs.crm import crm_contacts
from contact_pipeline.defs.home import HomeResource
from contact_pipeline.home import Home
from contact_pipeline.progress import EndedStep
from contact_pipeline.reruns import follow_settings
from contact_pipeline.terms.stale import Staleness, staleness

_SHOWN = 200  # differences in the table of the check
_REMEDY = "Run the job rerun_stale_imports, or 'contact-pipeline rerun --stale'."


@dg.asset_check(
    asset=crm_contacts, description="Each import, and each contact, is as the settings of today would make it."
)
def imports_follow_settings(home: HomeResource) -> dg.AssetCheckResult:
    return whether_imports_follow_settings(home.open())


def whether_imports_follow_settings(home: Home) -> dg.AssetCheckResult:
    """The answer of that check as the home is now."""
    with read_crm(home) as connection:
        found = staleness(connection, home.settings)
    return dg.AssetCheckResult(
        passed=found.is_none,
        severity=dg.AssetCheckSeverity.WARN,
        description=None if found.is_none else f"{_in_short(found)} {_REMEDY}",
        metadata={
            "stale_imports": len(found.imports),
            "differences": metadata.table(
                [{"import": one.import_id, "differs": words} for one in found.imports for words in one.in_words][
                    :_SHOWN
                ]
            ),
            "survivorship": "; ".join(found.survivorship) or "as in the settings",
        },
    )


@dg.op(description="Runs each import that is stale again, with the settings as they are now, each in a run of its own.")
def run_stale_imports_again(context: dg.OpExecutionContext, home: HomeResource) -> None:
    from contact_pipeline.defs.running import Runner  # it loads all definitions, these too

    def tell(step: EndedStep) -> None:
        if step.has_failed:
            context.log.error(f"{step.name} failed")

    running = Runner(home.open(), context.instance, context.log.info, tell, within_run=context.run_id)
    done = follow_settings(running)
    context.add_output_metadata({"imports": len(done.imports), "contacts_computed_anew": done.contacts or 0})


@dg.job(
    executor_def=dg.in_process_executor,
    description="Brings every import up to the settings as they are now, in the order they came, and scores once at the end. "
    "Where a rule of survivorship changed, all contacts are computed anew.",
)
def rerun_stale_imports() -> None:
    run_stale_imports_again()


def _in_short(found: Staleness) -> str:
    differ = "1 import differs" if len(found.imports) == 1 else f"{len(found.imports):,} imports differ"
    parts = [f"{differ} from the settings."] if found.imports else []
    return " ".join([*parts, *(["Contacts were folded by other rules."] if found.survivorship else [])])
